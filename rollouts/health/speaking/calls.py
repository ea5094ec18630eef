"""Calls of versions of contracts: how many of late and in the last hour, and when the last came."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from rollouts.contracts.models import Contract
from rollouts.health.edges.models import EdgeDay
from rollouts.health.edges.storing import ORIGIN, day_of
from rollouts.health.hours import whole
from rollouts.health.models import Rolled, Series
from rollouts.health.values import Perspective, Signal, contract_series

HOUR = timedelta(hours=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Heard:
    """Calls that spoke one version, as one origin counted them in one environment.

    Without `caller` nobody knows who made them. `origin`: origins see the same calls, and are never added
    up. `calls` came in the days that are looked at; `last_at` lies in twice as many.
    """

    contract: str
    version: str
    environment: str
    caller: str
    origin: str
    calls: int
    last_hour: int
    last_at: datetime | None


def heard(contracts: Mapping[str, timedelta], now: datetime) -> list[Heard]:
    """Calls of contracts, each looked at over so many days."""
    providers = dict(Contract.objects.filter(slug__in=contracts).values_list("slug", "provider__slug"))
    return [*_windows(contracts, providers, now), *_pushed(contracts, providers, now)]


# Hours are added up from windows that have closed; the last hour is looked at window by window.
COUNTED = """
WITH wanted AS (
    SELECT * FROM unnest(
        %(series)s::bigint[], %(since)s::timestamptz[], %(before)s::timestamptz[], %(rolled)s::timestamptz[]
    ) AS given(series_id, since, before, rolled)
), counted AS (
    SELECT series_id, since, start_at, total, 0 AS lately
    FROM wanted JOIN health_window USING (series_id)
    WHERE start_at >= greatest(before, rolled) AND start_at < %(now)s AND NOT gap
    UNION ALL
    SELECT series_id, since, start_at, total, 0
    FROM wanted JOIN health_hour USING (series_id)
    WHERE start_at >= before AND start_at < rolled
    UNION ALL
    SELECT series_id, since, start_at, 0, total
    FROM wanted JOIN health_window USING (series_id)
    WHERE start_at >= %(lately)s AND start_at < %(now)s AND NOT gap
)
SELECT series_id, coalesce(sum(total) FILTER (WHERE start_at >= since), 0), sum(lately),
       max(start_at) FILTER (WHERE total > 0)
FROM counted GROUP BY series_id
"""


def _windows(
    contracts: Mapping[str, timedelta], providers: Mapping[str, str], now: datetime
) -> Iterator[Heard]:
    names = {contract_series(slug): slug for slug in providers}
    rows = Series.objects.filter(
        name__in=names, service__slug__in=set(providers.values()), signal=Signal.ERRORS
    )
    columns = ("name", "version", "environment__slug", "caller", "perspective", "service__slug", "source_id")
    series = {
        pk: (names[name], *rest)
        for pk, name, *rest in rows.order_by("pk").values_list("pk", *columns)
        if rest[4] == providers[names[name]]
    }
    if not series:
        return
    look = {pk: contracts[row[0]] for pk, row in series.items()}
    rolled = rolled_until({row[6] for row in series.values()}, now)
    values: dict[str, Any] = {
        "series": list(series),
        "since": [whole(now - look[pk]) for pk in series],
        "before": [whole(now - 2 * look[pk]) for pk in series],
        "rolled": [rolled[row[6]] for row in series.values()],
        "lately": now - HOUR,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, values)
        counted = cursor.fetchall()
    for pk, calls, lately, last_at in counted:
        contract, version, environment, caller, perspective, _service, _source = series[pk]
        yield Heard(contract, version, environment, caller, perspective, int(calls), int(lately), last_at)


def rolled_until(sources: Collection[int], now: datetime) -> dict[int, datetime]:
    """Through when hours are worked out, by source; long ago where none are. Later windows are read."""
    through = dict(Rolled.objects.filter(source__in=sources).values_list("source_id", "through_at"))
    return {source: min(through.get(source, LONG_AGO), whole(now)) for source in sources}


def _pushed(
    contracts: Mapping[str, timedelta], providers: Mapping[str, str], now: datetime
) -> Iterator[Heard]:
    """What others saw and pushed, whole days at a time. Of events the provider is the one that calls."""
    longest = 2 * max(contracts.values(), default=timedelta())
    rows = EdgeDay.objects.filter(
        edge__contract__in=providers, origin__startswith=ORIGIN, day__gte=day_of(now - longest), calls__gt=0
    )
    found: dict[tuple[str, str, str, str, str], list[tuple[Any, ...]]] = {}
    columns = (
        "edge__contract", "edge__version", "edge__environment__slug", "edge__caller", "edge__callee",
        "origin", "day", "calls", "edge__last_seen_at",
    )  # fmt: skip
    for contract, version, environment, caller, callee, origin, *counted in rows.order_by("pk").values_list(
        *columns
    ):
        consumer = callee if caller == providers[contract] else caller
        found.setdefault((contract, version, environment, consumer, origin), []).append(tuple(counted))
    for key, days in found.items():
        since = day_of(now - contracts[key[0]])
        last_at = max(seen for _day, _calls, seen in days)
        yield Heard(
            *key,
            calls=sum(calls for day, calls, _seen in days if day >= since),
            # How many of the day's calls came in its last hour is not known: one at least.
            last_hour=int(last_at >= now - HOUR),
            last_at=last_at,
        )


NAMING = (Perspective.CALLERS, Perspective.BETWEEN)
"""Who knows the callers by name."""
