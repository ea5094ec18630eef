"""What higher packages register, so that this package's pages, commands and checks can use it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Draft:
    """A checked plan document that is to become the next revision."""

    source: bytes
    media_type: str
    document: dict[str, Any]
    digest: str
    author_id: int | None
    author_ref: str


verbs: Registry[Callable[..., Any]] = Registry("verb")
"""Verbs of the door, `save_plan` and `decide`, and `backtest` of the gates."""

GATE_KINDS, JUDGES, ESCALATION_POLICIES = "gate kinds", "judges", "escalation policies"
known: Registry[Callable[[], Iterable[str]]] = Registry("set of known names")
"""Names that a plan may use and only a higher package knows. What nobody registers is not checked."""
