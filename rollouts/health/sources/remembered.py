"""What a Prometheus source remembers of a signal of somebody's own: windows from before it was defined.

The same queries as live, evaluated at every window's end. Nothing is stored: back-tests look at it, and
recorded baselines keep their own counts of it.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rollouts.health.models import OwnSignal
from rollouts.health.readings import Cell, Grid
from rollouts.health.sources import own
from rollouts.health.sources.access import Access
from rollouts.health.sources.answers import Point, State
from rollouts.health.sources.asking import Gathered
from rollouts.health.sources.history import MOST_POINTS
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.protocol import aligned
from rollouts.health.sources.server import own_of
from rollouts.health.sources.values import Asked
from rollouts.lib import secrets

TIMEOUT_S = 20.0
RECALL_S = 10.0


@dataclass(frozen=True)
class Remembered:
    """Cells by the start of their window (Unix seconds), or why there are none, and the queries."""

    cells: dict[int, tuple[Cell, ...]] = field(default_factory=dict)
    error: str = ""
    text: str = ""


def remembered(
    row: OwnSignal, service: str, *, since: datetime, until: datetime, deadline: float | None = None
) -> Remembered:
    """The windows of one service between these times, the newest `MOST_POINTS` at most.

    It asks the source once for each query of the signal, until `deadline` (of the monotonic clock; in
    `TIMEOUT_S` if none is given); never raises for what the source does.
    """
    source, signal = row.source, own_of(row)
    asked, window = Asked.read(source.settings), source.window
    last = aligned(until - source.lateness, source.window_s)
    first = max(aligned(since, source.window_s) + window, last - window * (MOST_POINTS - 1))
    try:
        api = Api(source.url, Access.opened(source.access))
    except secrets.Unreadable as error:
        return Remembered(error=str(error))
    values = tuple(sorted(label for label, slug in asked.labels_of([service]).items() if slug == service))
    deadline = time.monotonic() + TIMEOUT_S if deadline is None else deadline
    parts: dict[str, dict[int, list[Point]]] = {}
    queries = {
        part: own.resolved(text, values, source.environment.slug, source.window_s)
        for part, text in signal.parts.items()
    }
    told = "\n".join(f"{part}: {query}" for part, query in queries.items())
    for part, query in queries.items():
        answer = api.ranged(query, first, last, source.window_s, deadline)
        if answer.state not in (State.DATA, State.NO_DATA):
            return Remembered(error=answer.sentence, text=told)
        parts[part] = defaultdict(list)
        for point in answer.points:
            parts[part][round(point.at)].append(point)
    return replace(_windows(signal, asked, parts, service, window), text=told)


@dataclass(frozen=True)
class Recalled:
    """What one source remembers of a signal of somebody's own, as windows; `error`: why not, or not all."""

    source: str
    grid: Grid
    text: str
    error: str = ""


def recalled(rows: Iterable[OwnSignal], service: str, *, since: datetime, until: datetime) -> list[Recalled]:
    """The whole time between, source by source: `RECALL_S` for each, in parts of `MOST_POINTS` windows."""
    return [_recalled(row, service, since, until) for row in rows]


def _recalled(row: OwnSignal, service: str, since: datetime, until: datetime) -> Recalled:
    source, deadline = row.source, time.monotonic() + RECALL_S
    cells: dict[int, tuple[Cell, ...]] = {}
    at, part, found = since, source.window * (MOST_POINTS - 1), Remembered()
    while at < until and not found.error:
        last = min(at + part, until)
        # These windows are long over: that the source is late with its newest ones is no matter here.
        found = remembered(row, service, since=at, until=last + source.lateness, deadline=deadline)
        cells |= found.cells
        at = last
    grid = Grid(source.window_s, int(since.timestamp()), int(until.timestamp()), cells)
    return Recalled(source.name, grid, found.text, found.error)


def _windows(
    signal: own.Own,
    asked: Asked,
    parts: dict[str, dict[int, list[Point]]],
    service: str,
    window: timedelta,
) -> Remembered:
    """Read window by window as live; one that cannot be read is a gap."""
    cells: dict[int, tuple[Cell, ...]] = {}
    length = round(window.total_seconds())
    for end in sorted({at for points in parts.values() for at in points}):
        gathered = {part: Gathered(points=points.get(end, [])) for part, points in parts.items()}
        read = own.read(signal, asked, gathered, [service])
        cells[end - length] = tuple(
            Cell(about.version, about.signal, about.perspective, "", measured)
            for about, measured in read.measured.items()
        )
    return Remembered(cells)
