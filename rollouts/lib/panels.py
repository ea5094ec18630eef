"""Panels of the rollout page and of the first page: packages register theirs, the dashboard composes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Panel:
    """Part of a page: `context(request, subject)` feeds `template`; `place` is where the page has it.

    The subject is the rollout, or the reader of the first page. What a panel raises costs that panel only.
    """

    name: str
    place: str
    order: int
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]


panels: Registry[Panel] = Registry("panel")
"""Those of the rollout page: top, main, aside, below, halves, dock."""

first_page: Registry[Panel] = Registry("panel of the first page")
"""Those of the first page: top, main, below."""

readiness_page: Registry[Panel] = Registry("panel of the page about readiness")
"""Those of a contract's page about one version: below. The subject is the contract and the version's name."""


def in_place(place: str, of: Registry[Panel] = panels) -> list[Panel]:
    """The panels of a place, in their order."""
    return sorted((panel for panel in of.values() if panel.place == place), key=lambda p: (p.order, p.name))
