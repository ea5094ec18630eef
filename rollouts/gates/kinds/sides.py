"""Two sides of one window: what the service counted and what its callers counted. Django-free.

Both tell of the same requests, so they are never added up. The worse side with enough requests is taken:
a version that answers nobody counts nothing itself, while its callers count refusals; a version that
fails requests from outside is seen by itself only. Only silence on both sides is no data.
"""

from collections.abc import Collection
from dataclasses import replace

from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.health.quantiles import slower_than
from rollouts.health.readings import Grid
from rollouts.health.signals import Measured
from rollouts.health.values import Perspective, Signal


def window(
    grid: Grid,
    start: int,
    signal: Signal,
    *,
    versions: Collection[str] | None,
    but: Collection[str] = (),
    slower_than_s: float | None = None,
    min_requests: int = 1,
    counts: bool = True,
) -> JudgedWindow:
    """The window as a judge takes it."""
    stored = Signal.ERRORS if signal is Signal.TRAFFIC else signal
    sides = {
        perspective: measured
        for perspective in Perspective
        if (measured := grid.side(start, stored, perspective, versions=versions, but=but)) is not None
    }
    base = JudgedWindow(start=start, counts=counts, length=grid.window_s)
    if not sides:
        return replace(base, gap=True)
    if signal is Signal.SATURATION:
        return _gauge(base, sides)
    if signal is Signal.TRAFFIC:
        return _traffic(base, sides)
    shares = {perspective: share(signal, measured, slower_than_s) for perspective, measured in sides.items()}
    seen_by, (bad, total) = worse(shares, min_requests)
    return replace(base, bad=bad, total=total, seen_by=seen_by.value)


def worse(
    shares: dict[Perspective, tuple[float, float]], min_requests: int
) -> tuple[Perspective, tuple[float, float]]:
    """The side with the larger bad share among those with enough requests; else the one with more."""
    enough = {side: count for side, count in shares.items() if count[1] >= max(min_requests, 1)}
    if enough:
        return max(enough.items(), key=lambda item: (item[1][0] / item[1][1], item[1][1]))
    return max(shares.items(), key=lambda item: (item[1][1], item[1][0]))


def share(signal: Signal, measured: Measured, slower_than_s: float | None) -> tuple[float, float]:
    """Bad and all requests: failed ones, or slow ones."""
    if signal is Signal.LATENCY and slower_than_s is not None:
        return slower_than(slower_than_s, measured.buckets)[0], measured.total
    return measured.bad, measured.total


def _gauge(base: JudgedWindow, sides: dict[Perspective, Measured]) -> JudgedWindow:
    measured = sides.get(Perspective.SERVER)
    if measured is None or measured.value is None:
        return replace(base, gap=True)
    return replace(base, value=measured.value, seen_by=Perspective.SERVER.value)


def _traffic(base: JudgedWindow, sides: dict[Perspective, Measured]) -> JudgedWindow:
    seen_by = Perspective.SERVER if Perspective.SERVER in sides else Perspective.CALLERS
    total = sides[seen_by].total
    return replace(base, value=total / base.length, total=total, seen_by=seen_by.value)


def exposed(
    grid: Grid,
    start: int,
    *,
    versions: Collection[str],
    callers: Collection[str] | None = None,
    but_callers: Collection[str] = (),
) -> JudgedWindow:
    """Requests to `versions` of all requests, by the callers' counts; by the servers' where none called."""
    base = JudgedWindow(start=start, length=grid.window_s)
    for perspective in (Perspective.CALLERS, Perspective.SERVER):
        if perspective is Perspective.SERVER and (callers is not None or but_callers):
            continue
        whole = grid.side(start, Signal.ERRORS, perspective, callers=callers, but_callers=but_callers)
        if whole is None or whole.total <= 0:
            continue
        new = grid.side(
            start, Signal.ERRORS, perspective, versions=versions, callers=callers, but_callers=but_callers
        )
        return replace(base, bad=new.total if new else 0, total=whole.total, seen_by=perspective.value)
    return replace(base, gap=not grid.cells.get(start))
