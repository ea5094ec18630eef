"""How a service did over days: hours and windows added up in the database, so that a month costs little.

Steps of whole hours are read from hours (see `hours`) as far as these are worked out, and from windows then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from rollouts.health.quantiles import snap
from rollouts.health.values import SIDES, Signal

HOUR_S = 3600


@dataclass(frozen=True)
class Step:
    """The windows that began in one step: `bad` of `total` requests in `measured_s` seconds of windows.

    `slow` of `timed` requests took longer than the bound. By the side that counted more in the whole time.
    """

    at: datetime
    bad: float = 0
    total: float = 0
    slow: float = 0
    timed: float = 0
    measured_s: float = 0


@dataclass(frozen=True)
class Trend:
    """Steps of equal length, oldest first, silent ones included; `bound_s` is None where nothing is timed."""

    step_s: int
    steps: tuple[Step, ...]
    bound_s: float | None = None


# First by window, so that seconds are counted once however many versions there are; in hours by the minute.
COUNTED = """
SELECT date_bin(make_interval(secs => %(step)s), start_at, 'epoch'), perspective,
       sum(bad), sum(total), sum(seconds)
FROM (
    SELECT w.start_at, s.perspective, sum(w.bad) AS bad, sum(w.total) AS total, max(c.window_s) AS seconds
    FROM health_window w JOIN health_series s ON s.id = w.series_id JOIN health_source c ON c.id = s.source_id
    WHERE w.series_id = ANY(%(series)s) AND w.start_at >= %(rolled)s AND w.start_at < %(until)s AND NOT w.gap
    GROUP BY 1, 2
    UNION ALL
    SELECT h.start_at, s.perspective, sum(h.bad), sum(h.total),
           bit_count(bit_or(h.minutes)::bit(64)) * greatest(60, max(c.window_s))
    FROM health_hour h JOIN health_series s ON s.id = h.series_id JOIN health_source c ON c.id = s.source_id
    WHERE h.series_id = ANY(%(series)s) AND h.start_at >= %(since)s AND h.start_at < %(rolled)s
    GROUP BY 1, 2
) counted
GROUP BY 1, 2
"""
# The place of the bound in each series' buckets is known: a comparison, and no search in every window.
TIMED = """
WITH k AS (SELECT * FROM unnest(%(series)s::bigint[], %(places)s::int[]) AS k(series_id, place))
SELECT date_bin(make_interval(secs => %(step)s), start_at, 'epoch'), perspective, sum(slow), sum(many)
FROM (
    SELECT w.start_at, s.perspective, w.total - (w.buckets -> k.place ->> 1)::float AS slow, w.total AS many
    FROM health_window w JOIN k USING (series_id) JOIN health_series s ON s.id = w.series_id
    WHERE w.series_id = ANY(%(series)s) AND w.start_at >= %(rolled)s AND w.start_at < %(until)s AND NOT w.gap
      AND (w.buckets -> k.place ->> 0)::float = %(bound)s
    UNION ALL
    SELECT h.start_at, s.perspective, h.timed - (h.buckets -> k.place ->> 1)::float, h.timed
    FROM health_hour h JOIN k USING (series_id) JOIN health_series s ON s.id = h.series_id
    WHERE h.series_id = ANY(%(series)s) AND h.start_at >= %(since)s AND h.start_at < %(rolled)s
      AND (h.buckets -> k.place ->> 0)::float = %(bound)s
) timed
GROUP BY 1, 2
"""
SERIES = """
SELECT s.id, s.signal, newest.buckets, rolled.through_at
FROM health_series s
LEFT JOIN health_rolled rolled ON rolled.source_id = s.source_id
LEFT JOIN LATERAL (
    SELECT w.buckets FROM health_window w
    WHERE s.signal = 'latency' AND w.series_id = s.id AND w.start_at >= %(since)s AND w.start_at < %(until)s
      AND w.buckets IS NOT NULL
    ORDER BY w.start_at DESC LIMIT 1
) newest ON true
WHERE s.service_id = %(service)s AND s.environment_id = %(environment)s AND s.signal = ANY(%(signals)s)
  AND s.name = ''
  AND s.perspective = ANY(%(sides)s) AND (s.last_seen_at IS NULL OR s.last_seen_at >= %(since)s)
"""


def trend(
    service_id: int, environment_id: int, *, since: datetime, until: datetime, step_s: int, slow_s: float
) -> Trend:
    """The steps from `since` (a multiple of `step_s` since 1970) to `until`; three queries.

    Slow is what took longer than the first bound at or above `slow_s`; windows of a series whose buckets
    have another layout are left out of that.
    """
    times = {"since": since, "until": until, "step": step_s}
    errors, buckets, rolled = _series(service_id, environment_id, times)
    # Shorter steps want windows; and where one source of several is behind, its hours are not there yet.
    times["rolled"] = min(max(rolled, since), until) if rolled and step_s % HOUR_S == 0 else since
    bound, places = _places(buckets, slow_s)
    counted = _most(_asked(COUNTED, times | {"series": errors}), total=3) if errors else {}
    timed: dict[int, tuple[Any, ...]] = {}
    if bound is not None:
        keys = {"series": [*places], "places": [*places.values()], "bound": bound}
        timed = _most(_asked(TIMED, times | keys), total=3)
    steps = []
    for start in range(int(since.timestamp()), int(until.timestamp()), step_s):
        bad, total, seconds = counted.get(start, (0, 0, 0))
        slow, known = timed.get(start, (0, 0))
        at = datetime.fromtimestamp(start, UTC)
        steps.append(Step(at, *(float(one) for one in (bad, total, slow, known, seconds))))
    return Trend(step_s, tuple(steps), bound)


def _series(
    service_id: int, environment_id: int, times: dict[str, Any]
) -> tuple[list[int], dict[int, list[float]], datetime | None]:
    """Series of errors, those of latency with the bounds of their newest window, and through when all of
    them are added up to hours."""
    wanted = {
        "service": service_id,
        "environment": environment_id,
        "signals": [Signal.ERRORS.value, Signal.LATENCY.value],
        "sides": [side.value for side in SIDES],
    }
    errors: list[int] = []
    buckets: dict[int, list[float]] = {}
    through: list[datetime | None] = []
    for pk, signal, newest, rolled in _asked(SERIES, times | wanted):
        through.append(rolled)
        if signal == Signal.ERRORS.value:
            errors.append(pk)
        elif newest:
            buckets[pk] = [
                float("inf") if bound is None else float(bound) for bound, _many in json.loads(newest)
            ]
    known = [at for at in through if at is not None]
    return errors, buckets, min(known) if known and len(known) == len(through) else None


def _places(buckets: dict[int, list[float]], slow_s: float) -> tuple[float | None, dict[int, int]]:
    """The bound that stands for slow, and its place in the buckets of each series that has it."""
    finite = sorted({bound for bounds in buckets.values() for bound in bounds if bound != float("inf")})
    if not finite or slow_s > finite[-1]:
        return None, {}
    bound = snap(slow_s, finite)
    return bound, {pk: bounds.index(bound) for pk, bounds in buckets.items() if bound in bounds}


def _most(rows: Sequence[tuple[Any, ...]], *, total: int) -> dict[int, tuple[Any, ...]]:
    """Rows by step, of the perspective that counted more in all of them."""
    sums: dict[str, float] = {}
    for row in rows:
        sums[row[1]] = sums.get(row[1], 0) + float(row[total])
    best = max(sums, key=lambda side: (sums[side], side), default="")
    return {int(row[0].timestamp()): row[2:] for row in rows if row[1] == best}


def _asked(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
