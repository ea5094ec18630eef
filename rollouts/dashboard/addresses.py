"""Addresses of other packages' pages: where a package is not built, its link is absent."""

from typing import Any

from django.urls import NoReverseMatch, reverse


def maybe(name: str, *args: Any) -> str:
    """The address of a named page, or nothing."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
