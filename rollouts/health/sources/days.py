"""Past days of the known signals, as Prometheus sources remember them: for back-tests of young sources.

Day by day, the newest first, so that an answer stays small; nothing is stored.
"""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from rollouts.health.models import Source
from rollouts.health.readings import Cell
from rollouts.health.sources.history import history
from rollouts.health.values import Perspective, Signal, SourceKind

DAY = timedelta(days=1)
ALL_S, EACH_S = 30.0, 10.0
"""Seconds for all questions together, and for one day of one signal."""

Cells = dict[int, tuple[Cell, ...]]
"""By the start of their window, in seconds since 1970."""


def past_days(
    service: str, environment_id: int, signals: Collection[Signal], *, since: datetime, until: datetime
) -> Cells:
    """What the service counted itself between these times, by the first source that remembers any of it.

    A source that does not answer ends it: what came before is there. Never raises for the source.
    """
    rows = Source.objects.filter(environment=environment_id, enabled=True, kind=SourceKind.PROMETHEUS)
    deadline = time.monotonic() + ALL_S
    for row in rows.order_by("slug", "pk"):
        found: Cells = {}
        for signal in sorted(signals):
            _add(found, row, service, signal, since, until, deadline)
        if found:
            return found
    return {}


def _add(
    found: Cells,
    source: Source,
    service: str,
    signal: Signal,
    since: datetime,
    until: datetime,
    deadline: float,
) -> None:
    end, part = until, DAY // source.window * source.window  # whole windows, so that all lie on the grid
    while end > since:
        left = deadline - time.monotonic()
        if left <= 0:
            return
        begin = max(since, end - part)
        told = history(source, service, signal, since=begin, until=end, timeout_s=min(EACH_S, left))
        for start, inside in told.windows.items():
            cells = (Cell(version, signal, Perspective.SERVER, "", one) for version, one in inside.items())
            found[start] = (*found.get(start, ()), *cells)
        if told.error or not told.windows:
            return
        end = begin
