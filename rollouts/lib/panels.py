"""Panels of the rollout page: every package registers its own, the dashboard composes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Panel:
    """Part of a page: `context(request, rollout)` feeds `template`; `place` is main, aside, top or below."""

    name: str
    place: str
    order: int
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]


panels: Registry[Panel] = Registry("panel")


def in_place(place: str) -> list[Panel]:
    """The panels of a place, in their order."""
    return sorted(
        (panel for panel in panels.values() if panel.place == place), key=lambda p: (p.order, p.name)
    )
