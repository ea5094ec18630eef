"""Adding up windows of a stretch of time. Django-free."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rollouts.health.quantiles import slower_than
from rollouts.health.readings import Grid
from rollouts.health.signals import Measured
from rollouts.health.values import Perspective, Signal


@dataclass(frozen=True)
class Stretch:
    """A half-open stretch of time in seconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True)
class Question:
    """What is counted: one signal, of these versions (None: all), slow above so many seconds."""

    signal: Signal
    versions: tuple[str, ...] | None
    slower_than_s: float | None = None

    @property
    def counted(self) -> bool:
        """Whether it is a share of all requests."""
        return self.signal in (Signal.ERRORS, Signal.LATENCY)

    @property
    def unit(self) -> str:
        return {
            Signal.ERRORS: "failed requests of all requests",
            Signal.LATENCY: "slow requests of all requests",
            Signal.TRAFFIC: "requests in so many seconds",
            Signal.SATURATION: "requests in flight, summed over so many windows",
        }[self.signal]


def count(grid: Grid, stretch: Stretch, question: Question) -> dict[str, Any]:
    """Numerator, denominator and the windows that hold them; numbers are None where nothing was measured.

    Whole closed windows inside the stretch. Servers and callers count the same requests, so the two are
    never added up: of those who counted the version, the side with the larger bad share is taken, and
    `seen_by` names it.
    """
    starts = [start for start in grid.starts(stretch.start) if start + grid.window_s <= stretch.end]
    expected = max(0, (stretch.end - -(-stretch.start // grid.window_s) * grid.window_s) // grid.window_s)
    sides = {side: _side(grid, starts, question, side) for side in Perspective}
    known = {side: found for side, found in sides.items() if found[2]}
    base: dict[str, Any] = {
        "windows": 0,
        "windows_expected": expected,
        "window_s": grid.window_s,
        "numerator": None,
        "denominator": None,
        "seen_by": None,
    }
    if not known:
        return base
    side = max(known, key=lambda each: _rank(known[each], question.signal, each))
    numerator, denominator, windows = known[side]
    if denominator == 0:
        return base | {"windows": windows, "numerator": 0, "denominator": 0, "seen_by": side.value}
    return base | {
        "windows": windows,
        "numerator": _plain(numerator),
        "denominator": _plain(denominator),
        "seen_by": side.value,
    }


def line(grid: Grid, stretch: Stretch, question: Question, most: int) -> tuple[int, list[float | None]]:
    """The whole stretch in at most `most` equal steps: their length in seconds, and the share in each.

    None where nothing was measured. Of servers and callers the side with the larger share is taken, as in
    `count`.
    """
    first = -(-stretch.start // grid.window_s) * grid.window_s
    windows = max(0, (stretch.end - first) // grid.window_s)
    per_step = max(1, -(-windows // most))
    closed = set(grid.starts(stretch.start))
    found: list[float | None] = []
    for begin in range(0, windows, per_step):
        numbers = range(begin, min(begin + per_step, windows))
        starts = [start for n in numbers if (start := first + n * grid.window_s) in closed]
        found.append(_share(grid, starts, question))
    return per_step * grid.window_s, found


def _share(grid: Grid, starts: Collection[int], question: Question) -> float | None:
    sides = {side: _side(grid, starts, question, side) for side in Perspective}
    known = {side: found for side, found in sides.items() if found[2] and found[1]}
    if not known:
        return None
    numerator, denominator, _windows = known[
        max(known, key=lambda each: _rank(known[each], question.signal, each))
    ]
    return round(numerator / denominator, 6)


def _rank(found: tuple[float, float, int], signal: Signal, side: Perspective) -> tuple[float, float]:
    numerator, denominator, windows = found
    if signal in (Signal.TRAFFIC, Signal.SATURATION):
        return (1.0 if side is Perspective.SERVER else 0.0, windows)
    return (numerator / denominator if denominator else -1.0, denominator)


def _side(
    grid: Grid, starts: Collection[int], question: Question, side: Perspective
) -> tuple[float, float, int]:
    """Numerator, denominator, and in how many windows this side counted at all."""
    stored = Signal.ERRORS if question.signal is Signal.TRAFFIC else question.signal
    numerator = denominator = 0.0
    windows = 0
    for start in starts:
        measured = grid.side(start, stored, side, versions=question.versions)
        if measured is None or (question.signal is Signal.SATURATION and measured.value is None):
            continue
        windows += 1
        part, whole = _of(measured, question, grid.window_s)
        numerator, denominator = numerator + part, denominator + whole
    return numerator, denominator, windows


def _of(measured: Measured, question: Question, window_s: int) -> tuple[float, float]:
    if question.signal is Signal.LATENCY and question.slower_than_s is not None:
        return slower_than(question.slower_than_s, measured.buckets)[0], measured.total
    if question.signal is Signal.TRAFFIC:
        return measured.total, window_s
    if question.signal is Signal.SATURATION:
        return measured.value or 0.0, 1
    return measured.bad, measured.total


def _plain(number: float) -> float | int:
    return int(number) if number == int(number) else round(number, 4)
