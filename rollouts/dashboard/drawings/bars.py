"""Stacked bars, one an hour or another step: counts by name, the largest at the bottom. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.dashboard import wording

LEFT, RIGHT, TOP, BOTTOM = 64.0, 876.0, 34.0, 160.0
LOOKS = ("b-wait", "b-none", "b-ink", "b-move", "b-back")
STEPS = (1, 2, 5)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Part:
    """One rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True)
class Mark:
    """A line across with its number, or an hour below."""

    at: float
    label: str


@dataclass(frozen=True)
class Bars:
    """Everything that the template draws in a picture 880 wide; `sentence` says it in words."""

    parts: tuple[Part, ...]
    lines: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    key: tuple[tuple[str, str], ...]
    sentence: str


def draw(
    counts: Mapping[str, Mapping[datetime, int]],
    first: datetime,
    many: int,
    rest: str,
    sentence: str,
    *,
    step: timedelta = HOUR,
) -> Bars | None:
    """The bars from `first` on; what has no look of its own is added up as `rest`. None where nothing was."""
    named = stacked(counts, rest)
    times = [first + at * step for at in range(many)]
    highest = max((sum(each.get(at, 0) for _name, each in named) for at in times), default=0)
    if not highest:
        return None
    wide = (RIGHT - LEFT) / many
    scale = (BOTTOM - TOP) / highest
    parts = []
    for place, at in enumerate(times):
        y = BOTTOM
        for (_name, each), look in zip(named, LOOKS, strict=False):
            height = each.get(at, 0) * scale
            y -= height
            if height:
                parts.append(Part(LEFT + place * wide + 4, y, wide - 8, max(height - 1, 0.5), look))
    labels = tuple(
        Mark(LEFT + place * wide + 4, wording.moment(at, now=at, shape="clock" if step <= HOUR else "short"))
        for place, at in enumerate(times)
        if place % 6 == 0
    )
    key = tuple((name, look) for (name, _each), look in zip(named, LOOKS, strict=False))
    return Bars(tuple(parts), lines(highest, scale), labels, key, sentence)


def stacked(
    counts: Mapping[str, Mapping[datetime, int]], rest: str
) -> list[tuple[str, Mapping[datetime, int]]]:
    """The largest names first, and what is left over as one."""
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    if len(ordered) <= len(LOOKS):
        return ordered
    shown, over = ordered[: len(LOOKS) - 1], ordered[len(LOOKS) - 1 :]
    added: dict[datetime, int] = {}
    for _name, each in over:
        for at, many in each.items():
            added[at] = added.get(at, 0) + many
    return [*shown, (rest, added)]


def lines(highest: int, scale: float) -> tuple[Mark, ...]:
    """Lines at round numbers, at most four above 0."""
    size = next(
        power * step
        for power in (10**exponent for exponent in range(19))
        for step in STEPS
        if highest // (power * step) <= 4
    )
    return tuple(Mark(BOTTOM - at * scale, wording.number(at)) for at in range(0, highest + 1, size))
