"""What a Prometheus source remembers of a signal of somebody's own: windows from before it was defined.

The same queries as live, evaluated at every window's end. Nothing is stored: back-tests look at it.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollouts.health.models import OwnSignal
from rollouts.health.readings import Cell
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


@dataclass(frozen=True)
class Remembered:
    """Cells by the start of their window (Unix seconds), or why there are none."""

    cells: dict[int, tuple[Cell, ...]] = field(default_factory=dict)
    error: str = ""


def remembered(row: OwnSignal, service: str, *, since: datetime, until: datetime) -> Remembered:
    """The windows of one service between these times, the newest `MOST_POINTS` at most.

    It asks the source once for each query of the signal; never raises for what the source does.
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
    deadline = time.monotonic() + TIMEOUT_S
    parts: dict[str, dict[int, list[Point]]] = {}
    for part, text in signal.parts.items():
        query = own.resolved(text, values, source.environment.slug, source.window_s)
        answer = api.ranged(query, first, last, source.window_s, deadline)
        if answer.state not in (State.DATA, State.NO_DATA):
            return Remembered(error=answer.sentence)
        parts[part] = defaultdict(list)
        for point in answer.points:
            parts[part][round(point.at)].append(point)
    return _windows(signal, asked, parts, service, window)


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
