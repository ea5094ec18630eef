"""Hours of each series, added up from its windows once they have closed: what pages over weeks read.

A month of minutes of one service is hundreds of thousands of rows, a month of hours a sixtieth. An hour is
worked out once, when the source has closed its last window, and stands in a day partition that is
dropped with that of its windows.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, Q

from rollouts.health.keeping import longest
from rollouts.health.models import Hour, Rolled, Series, Source, Window
from rollouts.health.values import CONTRACT, SIDES, Signal
from rollouts.lib.clock import database_now

HOUR = timedelta(hours=1)
AT_ONCE = 24
"""Hours of a source that one run works out, or those of so many SERIES; what is left comes with the next."""
SERIES = 20_000
CHUNK = 2000
"""Series of one statement: about 2 s."""

# Buckets are added up where they have the layout of the series' newest window; `timed` counts those windows'
# requests. `minutes` has a bit for each minute in which a window with data began.
ROLL = """
WITH picked AS MATERIALIZED (
    SELECT series_id, start_at, bad, total, buckets, jsonb_path_query_array(buckets, '$[*][0]') AS layout
    FROM health_window
    WHERE series_id = ANY(%(series)s) AND start_at >= %(start)s AND start_at < %(end)s AND NOT gap
), newest AS (
    SELECT DISTINCT ON (series_id) series_id, layout FROM picked WHERE buckets IS NOT NULL
    ORDER BY series_id, start_at DESC
), alike AS (
    SELECT picked.* FROM picked JOIN newest USING (series_id) WHERE picked.layout = newest.layout
), cells AS (
    SELECT series_id, place, pair -> 0 AS bound, sum((pair ->> 1)::float) AS many
    FROM alike, jsonb_array_elements(buckets) WITH ORDINALITY AS cell(pair, place) GROUP BY 1, 2, 3
), shaped AS (
    SELECT series_id, jsonb_agg(jsonb_build_array(bound, many) ORDER BY place) AS buckets
    FROM cells GROUP BY 1
), timed AS (
    SELECT series_id, sum(total) AS many FROM alike GROUP BY 1
)
INSERT INTO health_hour (series_id, start_at, bad, total, timed, buckets, minutes)
SELECT picked.series_id, %(start)s, sum(bad), sum(total), coalesce(max(timed.many), 0),
       (SELECT shaped.buckets FROM shaped WHERE shaped.series_id = picked.series_id),
       bit_or(1::bigint << extract(minute FROM start_at AT TIME ZONE 'UTC')::int)
FROM picked LEFT JOIN timed USING (series_id)
GROUP BY picked.series_id
ON CONFLICT (series_id, start_at) DO UPDATE SET
    bad = EXCLUDED.bad, total = EXCLUDED.total, timed = EXCLUDED.timed, buckets = EXCLUDED.buckets,
    minutes = EXCLUDED.minutes
"""


def due(now: datetime, limit: int) -> list[int]:
    """Sources that have closed an hour which is not worked out yet."""
    behind = Q(rolled__isnull=True) | Q(collected_through_at__gte=F("rolled__through_at") + HOUR)
    rows = Source.objects.filter(behind, collected_through_at__isnull=False).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def roll(source_id: int) -> None:
    """Works out the next hours of a source, each in its own transaction; once, whoever asks meanwhile."""
    done = 0
    for _ in range(AT_ONCE):
        many = _next(source_id)
        done += many or 0
        if many is None or done >= SERIES:
            return


@transaction.atomic
def _next(source_id: int) -> int | None:
    """The next hour that is over; says how many series it has, None when there is no such hour."""
    source = Source.objects.get(pk=source_id)
    if source.collected_through_at is None:
        return None
    if not Rolled.objects.filter(source=source).exists():
        first = Rolled(source=source, through_at=_first(source, source.collected_through_at))
        Rolled.objects.bulk_create([first], ignore_conflicts=True)
    row = Rolled.objects.select_for_update().get(source=source)
    if row.through_at + HOUR > source.collected_through_at:
        return None
    many = _write(source, row.through_at)
    row.through_at += HOUR
    row.save(update_fields=["through_at"])
    return many


def again(source_id: int, since: datetime) -> None:
    """Windows were written that began so long ago: their hours are worked out anew."""
    Rolled.objects.filter(source=source_id, through_at__gt=since).update(through_at=whole(since))


def whole(at: datetime) -> datetime:
    """The beginning of the hour (UTC)."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _first(source: Source, through: datetime) -> datetime:
    """The hour of the source's oldest window."""
    oldest = Window.objects.filter(series__source=source).aggregate(at=Min("start_at"))["at"]
    return whole(oldest or through)


def _write(source: Source, start: datetime) -> int:
    seen = Q(last_seen_at__isnull=True) | Q(last_seen_at__gt=start)
    rows = Series.objects.filter(
        seen,
        Q(name="") | Q(name__startswith=CONTRACT),
        source=source,
        signal__in=[Signal.ERRORS.value, Signal.LATENCY.value],
        perspective__in=[side.value for side in SIDES],
    )
    known: Sequence[int] = list(rows.order_by("pk").values_list("pk", flat=True))
    if known:
        Hour.DAYS.ensure([start.date()])
    with connection.cursor() as cursor:
        for at in range(0, len(known), CHUNK):
            chunk = list(known[at : at + CHUNK])
            values: dict[str, Any] = {"series": chunk, "start": start, "end": start + HOUR}
            cursor.execute(ROLL, values)
    return len(known)


def due_days(now: datetime, limit: int) -> Sequence[int]:
    """The days of hours that are to be made or dropped."""
    return Hour.DAYS.due(now, longest(), limit)


def keep_day(ordinal: int) -> None:
    """Makes the day's partition, or drops it when nobody keeps its windows any longer. Safe to run twice."""
    Hour.DAYS.run(ordinal, database_now(), longest())
