"""How much of the last days calls of contracts were counted; four queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from rollouts.health.edges.models import EdgeDay
from rollouts.health.edges.storing import ORIGIN, day_of
from rollouts.health.hours import whole
from rollouts.health.models import Series
from rollouts.health.speaking.calls import rolled_until
from rollouts.health.values import Perspective, Signal, contract_series

MINUTES = 60
Place = tuple[str, str]
"""A contract and an environment (slugs)."""


@dataclass(frozen=True)
class Covered:
    """The share of the days that were counted, of twice as many, and when counting began in these."""

    share: float = 0.0
    twice: float = 0.0
    since: datetime | None = None


# A minute is covered when a window with data began in it; a window may be several minutes long.
COVERED = """
WITH wanted AS (
    SELECT * FROM unnest(
        %(series)s::bigint[], %(place)s::int[], %(long)s::int[], %(since)s::timestamptz[],
        %(before)s::timestamptz[], %(rolled)s::timestamptz[]
    ) AS given(series_id, place, long, since, before, rolled)
), minutes AS (
    SELECT place, long, since, date_trunc('hour', start_at, 'UTC') AS at,
           1::bigint << extract(minute FROM start_at AT TIME ZONE 'UTC')::int AS bits
    FROM wanted JOIN health_window USING (series_id)
    WHERE start_at >= greatest(before, rolled) AND start_at < %(until)s AND NOT gap
    UNION ALL
    SELECT place, long, since, start_at, minutes
    FROM wanted JOIN health_hour USING (series_id)
    WHERE start_at >= before AND start_at < least(rolled, %(until)s)
), hours AS (
    SELECT place, since, at, least(60, bit_count(bit_or(bits)::bit(64)) * max(long)) AS many
    FROM minutes GROUP BY place, since, at
)
SELECT place, coalesce(sum(many) FILTER (WHERE at >= since), 0), sum(many), min(at)
FROM hours GROUP BY place
"""


def covered(contracts: Mapping[str, timedelta], now: datetime) -> dict[Place, Covered]:
    """By contract and environment; where nobody counts there is none.

    The hour that goes on is left out, and of days that are pushed as a whole today.
    """
    found = _windows(contracts, now)
    for place, one in _pushed(contracts, now).items():
        before = found.get(place, Covered())
        known = [at for at in (before.since, one.since) if at is not None]
        found[place] = Covered(
            max(before.share, one.share), max(before.twice, one.twice), min(known, default=None)
        )
    return found


def _windows(contracts: Mapping[str, timedelta], now: datetime) -> dict[Place, Covered]:
    names = {contract_series(slug): slug for slug in contracts}
    rows = Series.objects.filter(name__in=names, signal=Signal.ERRORS, source__enabled=True)
    columns = ("name", "environment__slug", "perspective", "source_id", "source__window_s")
    series = list(rows.order_by("pk").values_list("pk", *columns))
    # Callers that count know of themselves only: the provider's own count says more, where there is one.
    own = {(names[row[1]], row[2]) for row in series if row[3] == Perspective.SERVER}
    series = [row for row in series if row[3] == Perspective.SERVER or (names[row[1]], row[2]) not in own]
    if not series:
        return {}
    until = whole(now)
    rolled = rolled_until({row[4] for row in series}, now)
    places = sorted({(names[row[1]], row[2]) for row in series})
    values: dict[str, Any] = {
        "series": [row[0] for row in series],
        "place": [places.index((names[row[1]], row[2])) for row in series],
        "long": [max(1, row[5] // MINUTES) for row in series],
        "since": [until - contracts[names[row[1]]] for row in series],
        "before": [until - 2 * contracts[names[row[1]]] for row in series],
        "rolled": [rolled[row[4]] for row in series],
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(COVERED, values)
        counted = {place: rest for place, *rest in cursor.fetchall()}
    found = {}
    for number, place in enumerate(places):
        once, twice, since = counted.get(number, (0, 0, None))
        whole_m = contracts[place[0]].total_seconds() / MINUTES
        found[place] = Covered(float(once) / whole_m, float(twice) / (2 * whole_m), since)
    return found


def _pushed(contracts: Mapping[str, timedelta], now: datetime) -> dict[Place, Covered]:
    """By the days on which anything of the contract was pushed."""
    longest = 2 * max(contracts.values(), default=timedelta())
    rows = EdgeDay.objects.filter(
        edge__contract__in=contracts, origin__startswith=ORIGIN, day__gte=day_of(now - longest)
    )
    days: dict[Place, set[date]] = {}
    for contract, environment, day in (
        rows.order_by("edge__contract", "edge__environment__slug", "day")
        .values_list("edge__contract", "edge__environment__slug", "day")
        .distinct()
    ):
        days.setdefault((contract, environment), set()).add(day)
    today = day_of(now)
    found = {}
    for place, told in days.items():
        wanted = contracts[place[0]].days
        shares = [
            sum(today - timedelta(days=back) in told for back in range(1, many + 1)) / many
            for many in (wanted, 2 * wanted)
        ]
        first = min(told)
        found[place] = Covered(
            shares[0], shares[1], datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)
        )
    return found
