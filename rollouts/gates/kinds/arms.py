"""The new version and what it is compared with, in one window and as one side counted both. Django-free.

Judges that promise a rate of false alarms take a side that knows both arms, then the one that counted more
requests of the new version, then the one with more bad requests in both arms together. The worse side,
which `limit` takes, would break the promise: it picks what looks bad by chance. A version that answers
nobody is still seen: its own counts stop, and its callers' go on.
"""

from collections.abc import Collection
from dataclasses import dataclass

from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.gates.kinds.sides import share
from rollouts.health.readings import Grid
from rollouts.health.values import SIDES, Perspective, Signal


@dataclass(frozen=True)
class Versions:
    """Which versions (None: all), and which of them not."""

    only: Collection[str] | None = None
    but: Collection[str] = ()


@dataclass(frozen=True)
class Look:
    """What is looked at: a signal, from when on an answer is slow, and the two arms."""

    signal: Signal
    slower_than_s: float | None
    canary: Versions
    baseline: Versions | None


def window(
    grid: Grid, start: int, look: Look, *, past: Collection[tuple[Grid, int]] = (), counts: bool = True
) -> JudgedWindow:
    """The window with both arms; with `past`, the baseline is what those grids hold of those windows."""
    sides: dict[Perspective, tuple[float, float, float, float]] = {}
    for side in SIDES:
        canary = _counted(grid, start, look, look.canary, side)
        if canary is not None:
            sides[side] = (*canary, *_beside(grid, start, look, side, past))
    if not sides:
        return JudgedWindow(start, gap=True, counts=counts, length=grid.window_s)
    seen_by, (bad, total, other_bad, other_total) = max(
        sides.items(), key=lambda item: (item[1][3] > 0, item[1][1], item[1][0] + item[1][2], item[0].value)
    )
    return JudgedWindow(
        start,
        counts=counts,
        length=grid.window_s,
        bad=bad,
        total=total,
        baseline_bad=other_bad,
        baseline_total=other_total,
        seen_by=seen_by.value,
    )


def _beside(
    grid: Grid, start: int, look: Look, side: Perspective, past: Collection[tuple[Grid, int]]
) -> tuple[float, float]:
    if look.baseline is None:
        return 0, 0
    places = past or ((grid, start),)
    found = [_counted(there, at, look, look.baseline, side) or (0, 0) for there, at in places]
    return sum(bad for bad, _ in found), sum(total for _, total in found)


def _counted(
    grid: Grid, start: int, look: Look, versions: Versions, side: Perspective
) -> tuple[float, float] | None:
    measured = grid.side(start, look.signal, side, versions=versions.only, but=versions.but)
    return None if measured is None else share(look.signal, measured, look.slower_than_s)
