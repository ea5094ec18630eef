"""The lives of a contract's versions on one scale: served, deprecated, and the last day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.utils.translation import gettext as _

WIDTH = 210.0
ROOM = timedelta(days=30)


class Lived(Protocol):
    """What is known of a version."""

    state: str
    served_on: date | None
    deprecated_on: date | None
    retired_on: date | None
    sunset_on: date | None


@dataclass(frozen=True)
class Bar:
    """A stretch of a life."""

    x: float
    width: float
    look: str


@dataclass(frozen=True)
class Life:
    """What the template draws, 210 wide; `sentence` says the same and what is not known."""

    bars: tuple[Bar, ...]
    now_x: float
    sunset_x: float | None
    sentence: str


@dataclass(frozen=True)
class Scale:
    """From the first known day to the last, with room around today."""

    first: date
    last: date

    @classmethod
    def of(cls, versions: Iterable[Lived], today: date) -> "Scale":
        days = [
            day
            for each in versions
            for day in (each.served_on, each.deprecated_on, each.retired_on, each.sunset_on)
            if day
        ]
        return cls(min([*days, today]) - ROOM, max([*days, today]) + ROOM)

    def x(self, day: date) -> float:
        """Where a day is."""
        return WIDTH * (day - self.first).days / (self.last - self.first).days


def draw(version: Lived, scale: Scale, today: date) -> Life:
    """The life of one version. What began on a day that nobody knows is drawn from the left edge."""
    begun = version.served_on or scale.first
    stretches: list[tuple[date, date, str]] = []
    if version.state == "active":
        stretches = [(begun, scale.last, "b-pass")]
    elif version.state == "deprecated":
        turned, end = version.deprecated_on, version.sunset_on or scale.last
        stretches = [(begun, turned, "b-pass")] if turned else []
        stretches.append((turned or begun, max(end, turned or begun), "b-wait"))
    elif version.state == "retired" and version.retired_on:
        stretches = [(begun, version.retired_on, "b-none")]
    bars = tuple(Bar(scale.x(a), max(scale.x(b) - scale.x(a), 1.0), look) for a, b, look in stretches)
    ends = scale.x(version.sunset_on) if version.sunset_on and version.state == "deprecated" else None
    return Life(bars, scale.x(today), ends, sentence(version, today))


def sentence(version: Lived, today: date) -> str:
    """What is known of its days."""
    if version.state == "draft":
        return _("Not served yet.")
    parts = [
        text % {"day": written(day, today)}
        for text, day in (
            (_("served since %(day)s"), version.served_on),
            (_("deprecated since %(day)s"), version.deprecated_on),
            (_("retired on %(day)s"), version.retired_on),
            (_("last day %(day)s"), version.sunset_on if version.state == "deprecated" else None),
        )
        if day
    ]
    if version.served_on is None:
        parts.insert(0, _("nobody said since when it is served"))
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def written(day: date, today: date) -> str:
    """ "3 Mar", with the year when it is not this one."""
    return f"{day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
