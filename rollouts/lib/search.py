"""Search: every package registers a finder for what it owns, the dashboard shows the hits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Hit:
    """One thing found. `state` is a state's value for a lamp, or empty."""

    title: str
    href: str
    kind: str
    note: str = ""
    state: str = ""


Finder = Callable[[Any, str, int], list[Hit]]
"""Called with the person, the text and a limit; shows only what the person may see."""

finders: Registry[Finder] = Registry("finder")


def find(person: Any, text: str, limit: int = 10) -> dict[str, list[Hit]]:
    """The hits of each finder by its name, without the empty ones."""
    words = text.strip()
    if not words:
        return {}
    found = {name: finders[name](person, words, limit) for name in finders}
    return {name: hits for name, hits in found.items() if hits}
