"""What is read of Prometheus sources: the queries behind windows, warnings, and how sources go."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from rollouts.catalog.models import Service
from rollouts.health.models import PartialData, Query, Series, Source
from rollouts.health.quantiles import snap
from rollouts.health.signals import Measured
from rollouts.health.sources import proposing
from rollouts.health.sources.conventions import conventions
from rollouts.health.sources.history import history, offered
from rollouts.health.sources.proposing import Proposal
from rollouts.health.sources.protocol import aligned
from rollouts.health.sources.values import Asked
from rollouts.health.values import SIDES, Signal, SourceKind

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
    service: str,
    environment_id: int,
    *,
    since: datetime,
    until: datetime,
    signal: Signal | None = None,
    name: str = "",
) -> list[Resolved]:
    """The queries that windows of a service (by its slug) between these times came from; one query.

    Traffic is counted by the queries of errors. Windows of other kinds of source come from no query.
    `name`: of a series that is none of the known signals.
    """
    rows = Query.objects.used_at(since, until).filter(
        # What was counted between services draws the map, and no window of a side came from it.
        source__environment=environment_id,
        name=name,
        perspective__in=SIDES,
    )
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
    """A source said that its data for a window may not be whole: a pass on it has a warning."""

    source_name: str
    start_at: datetime
    signal: Signal
    text: str
    name: str = ""


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
                found[pair].append(Partial(row.source.name, row.start_at, stored, row.text, row.name))
    return found


@dataclass(frozen=True)
class Baseline:
    """The same hours `back` before: windows by their start there, and whence they come.

    `error` says why there are none. `text`: the query, empty where Gatehouse itself had stored them.
    """

    back: timedelta
    window_s: int
    windows: Mapping[datetime, Measured]
    source: str = ""
    text: str = ""
    error: str = ""


BACKS = (timedelta(days=1), timedelta(days=7))


def baseline(
    service: Service,
    environment_id: int,
    signal: Signal,
    *,
    since: datetime,
    until: datetime,
    versions: frozenset[str] | None = None,
    backs: Sequence[timedelta] = BACKS,
) -> list[Baseline]:
    """Counts per window in the same hours a day and a week before, as a Prometheus source remembers them.

    It asks the source, for each of `backs` at most 10 s: call it once, before the first stage, and keep
    what it gives. Empty where the environment has no Prometheus source that looks for known names.
    """
    rows = Source.objects.filter(environment=environment_id, enabled=True, kind=SourceKind.PROMETHEUS)
    known = [row for row in rows.order_by("slug", "pk") if Asked.read(row.settings).conventions]
    found = []
    for back in backs:
        best = None
        for row in known:
            told = history(row, service.slug, signal, since=since - back, until=until - back)
            windows = {
                datetime.fromtimestamp(start, UTC): measured
                for start, measured in told.together(versions).items()
            }
            best = Baseline(back, told.step_s, windows, row.name, told.text, told.error)
            if windows:
                break
        if best is not None:
            found.append(best)
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


WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Found:
    """One signal of one service in the last week, as the source remembers it, and a limit for it.

    `values` by the window's start (Unix seconds), shares or numbers; `bound_s` for latency.
    """

    service: str
    signal: Signal
    step_s: int
    values: Mapping[int, float]
    proposal: Proposal
    bound_s: float | None = None
    bounds_s: tuple[float, ...] = ()
    text: str = ""
    error: str = ""


def found_signal(
    source: Source, service: str, signal: Signal, *, now: datetime, bound_s: float | None = None
) -> Found:
    """Asks the source for a week, by minutes or windows, whichever is longer; never raises for the source."""
    step = -(-60 // source.window_s) * source.window_s
    end = aligned(now - source.lateness, step)
    told = history(source, service, signal, since=end - WEEK, until=end, step_s=step)
    windows = told.together()
    bounds = sorted({bound for one in windows.values() for bound in one.buckets if bound != math.inf})
    if signal is Signal.LATENCY:
        bound_s = snap(bound_s, bounds) if bound_s and bounds else proposing.bound_of(windows)
    values = proposing.values_of(signal, windows, step, bound_s)
    return Found(
        service=service,
        signal=signal,
        step_s=step,
        values=values,
        proposal=proposing.propose(signal, list(values.values())),
        bound_s=bound_s if signal is Signal.LATENCY and bound_s != math.inf else None,
        bounds_s=tuple(bounds),
        text=told.text,
        error=told.error,
    )


@dataclass(frozen=True)
class Offer:
    """A convention: whether the source is set to look for it, and what it holds of each of its metrics."""

    name: str
    title: str
    chosen: bool
    metrics: tuple[tuple[str, int, tuple[float, ...]], ...]

    @property
    def there(self) -> bool:
        return any(series for _, series, _ in self.metrics)


@dataclass(frozen=True)
class Offers:
    """What a source holds now; `error`: why that cannot be said."""

    conventions: tuple[Offer, ...] = ()
    error: str = ""


def offers(source: Source, now: datetime) -> Offers:
    """Asks the source once which of the known names it holds; those that are there come first."""
    told = offered(source, now - source.lateness)
    if told.error:
        return Offers(error=told.error)
    chosen = Asked.read(source.settings).conventions
    rows = [
        Offer(
            each.name,
            each.title,
            each.name in chosen,
            tuple(
                (one.metric, told.series.get(one.metric, 0), told.bounds.get(one.metric, ()))
                for one in each.templates
            ),
        )
        for each in conventions.values()
    ]
    return Offers(tuple(sorted(rows, key=lambda row: not row.there)))
