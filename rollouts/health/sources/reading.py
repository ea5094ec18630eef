"""What is read of Prometheus sources: the queries behind windows, warnings, and how sources go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from rollouts.health.models import PartialData, Query, Series, Source
from rollouts.health.sources.values import Asked
from rollouts.health.values import Signal

Pair = tuple[int, int]


@dataclass(frozen=True)
class Resolved:
    """A query as it was sent for windows that end from `first_end_at` to `last_end_at`.

    It was evaluated at each window's end (`time=`). `part`: of a signal of somebody's own, what it counts.
    """

    source: str
    source_name: str
    template: str
    part: str
    signal: Signal
    perspective: str
    text: str
    first_end_at: datetime
    last_end_at: datetime


def resolved_queries(
    service: str, environment_id: int, *, since: datetime, until: datetime, signal: Signal | None = None
) -> list[Resolved]:
    """The queries that windows of a service (by its slug) between these times came from; one query.

    Traffic is counted by the queries of errors. Windows of other kinds of source come from no query.
    """
    rows = Query.objects.used_at(since, until).filter(source__environment=environment_id)
    if signal is not None:
        wanted = {Signal.ERRORS, Signal.TRAFFIC} if signal in (Signal.ERRORS, Signal.TRAFFIC) else {signal}
        rows = rows.filter(signal__in=wanted)
    rows = rows.select_related("source").order_by("source__slug", "template", "part", "first_end_at", "pk")
    return [
        Resolved(
            source=row.source.slug,
            source_name=row.source.name,
            template=row.template,
            part=row.part,
            signal=Signal(row.signal),
            perspective=row.perspective,
            text=row.text,
            first_end_at=row.first_end_at,
            last_end_at=row.last_end_at,
        )
        for row in rows
        if row.services is None or service in _slugs(row)
    ]


def _slugs(row: Query) -> set[str]:
    asked = Asked.read(row.source.settings)
    return {asked.slug_of(label) for label in row.services or ()}


@dataclass(frozen=True)
class Partial:
    """A source said that its data for a window may not be whole: a pass on it is one with a warning."""

    source_name: str
    start_at: datetime
    signal: Signal
    text: str


def partial_data(pairs: Collection[Pair], *, since: datetime, until: datetime) -> dict[Pair, list[Partial]]:
    """The warnings about windows that begin between these times, by service and environment; two queries."""
    services = {service for service, _ in pairs}
    environments = {environment for _, environment in pairs}
    rows = list(
        PartialData.objects.filter(
            source__environment__in=environments, start_at__gte=since, start_at__lt=until
        )
        .select_related("source")
        .order_by("start_at", "pk")
    )
    found: dict[Pair, list[Partial]] = {pair: [] for pair in pairs}
    if not rows:
        return found
    knows = set(
        Series.objects.filter(service__in=services, source__in={row.source_id for row in rows})
        .values_list("service_id", "environment_id", "source_id", "signal")
        .distinct()
    )
    for row in rows:
        stored = Signal.ERRORS if row.signal == Signal.TRAFFIC else Signal(row.signal)
        for pair in pairs:
            if (*pair, row.source_id, stored.value) in knows:
                found[pair].append(Partial(row.source.name, row.start_at, stored, row.text))
    return found


@dataclass(frozen=True)
class Going:
    """How a source goes. `behind_s`: seconds since the end of its last closed window."""

    behind_s: float | None
    requests_a_minute: float
    rests_until_at: datetime | None


def going(source: Source, now: datetime) -> Going:
    """See Going. Requests of the last round, as often as there are windows in a minute."""
    through = source.collected_through_at
    rests = source.rests_until_at
    return Going(
        behind_s=(now - through).total_seconds() if through else None,
        requests_a_minute=source.requests_last * 60 / source.window_s,
        rests_until_at=rests if rests and rests > now else None,
    )


def recent_queries(source: Source, now: datetime) -> list[Query]:
    """What it was asked lately: the evidence of its newest windows."""
    since = now - timedelta(seconds=3 * source.window_s) - source.lateness
    rows = source.queries.filter(Q(last_end_at__gte=since)).order_by("template", "part", "pk")
    return list(rows[:40])
