"""What needs a person: every package registers a source, the first page composes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Step:
    """A link of an item: `word` on a button, `look` is `go` for the one that is meant."""

    word: str
    href: str
    look: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Item:
    """One thing that needs the person. Most urgent first: `urgency` 0 is a page, 9 is reading.

    `tone` is stop, wait or none. `until` says the time limit in words, `until_note` what comes then.
    """

    urgency: int
    tone: str
    icon: str
    title: str
    href: str
    sentence: str
    until: str = ""
    until_note: str = ""
    until_at: datetime | None = None
    steps: tuple[Step, ...] = ()


Source = Callable[[Any, datetime], list[Item]]
"""Called with the person and the time; asks a constant number of queries."""

sources: Registry[Source] = Registry("inbox source")


def items_for(person: Any, now: datetime) -> list[Item]:
    """Everything that needs `person` now, most urgent first."""
    found = [item for source in sources.values() for item in source(person, now)]
    return sorted(
        found, key=lambda item: (item.urgency, item.until_at is None, item.until_at or now, item.title)
    )
