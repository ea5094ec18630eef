"""What is read of sources and windows: grids for gates, points for charts, sources for pages."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from django.db.models import Count, Max, Prefetch, Q, Sum
from django.db.models.functions import TruncHour

from rollouts.health import named
from rollouts.health.clocks import DEFAULT_WINDOW_S as DEFAULT_WINDOW_S
from rollouts.health.clocks import WAIT_WINDOWS as WAIT_WINDOWS
from rollouts.health.clocks import Clock as Clock
from rollouts.health.clocks import Pair as Pair
from rollouts.health.clocks import clock_of as clock_of
from rollouts.health.clocks import clocks as clocks
from rollouts.health.clocks import clocks_of as clocks_of
from rollouts.health.contract_calls import Spoken as Spoken
from rollouts.health.contract_calls import spoken as spoken
from rollouts.health.edges.closure import Reach as Reach
from rollouts.health.edges.closure import closure as closure
from rollouts.health.edges.reach import Direction as Direction
from rollouts.health.exemplars.reading import exemplars as exemplars
from rollouts.health.graph.latency import Latencies as Latencies
from rollouts.health.graph.latency import Took as Took
from rollouts.health.graph.latency import latencies as latencies
from rollouts.health.graph.reading import alerts as alerts
from rollouts.health.graph.reading import composite as composite
from rollouts.health.graph.reading import graph as graph
from rollouts.health.graph.reading import names as names
from rollouts.health.graph.reading import observed as observed
from rollouts.health.graph.reading import standing_of as standing_of
from rollouts.health.lagging import Lag as Lag
from rollouts.health.lagging import lags as lags
from rollouts.health.models import Series, Source, Target, Window
from rollouts.health.probes.queries import Stand as Stand
from rollouts.health.probes.queries import probes as probes
from rollouts.health.probes.queries import runs_of as runs_of
from rollouts.health.probes.queries import stands as stands
from rollouts.health.readings import Cell, Grid
from rollouts.health.signals import Measured
from rollouts.health.slos import queries as budgets
from rollouts.health.sources.reading import Found as Found
from rollouts.health.sources.reading import Partial as Partial
from rollouts.health.sources.reading import baseline as baseline
from rollouts.health.sources.reading import found_signal as found_signal
from rollouts.health.sources.reading import offers as offers
from rollouts.health.sources.reading import partial_data as partial_data
from rollouts.health.sources.reading import resolved_queries as resolved_queries
from rollouts.health.speaking import reading
from rollouts.health.trends import Step as Step
from rollouts.health.trends import Trend as Trend
from rollouts.health.trends import trend as trend
from rollouts.health.values import SIDES, Perspective, Signal

SloStanding: TypeAlias = budgets.Standing
slos, slo_standing = budgets.slos, budgets.standing

Key = named.Key
own_signal, own_signals, with_memory = named.own_signal, named.own_signals, named.with_memory
own_before = named.own_before
speaking = reading


def grids_of(keys: Collection[Key], *, since: datetime, until: datetime | None = None) -> dict[Key, Grid]:
    """As `grids`, for what gates look at: pairs with the name of a series, empty for the known signals.

    A grid of a name holds nothing else, so that it is read like that of a known signal of its shape.
    """
    pairs = {key[:2] for key in keys if not key[2]}
    known = grids(pairs, since=since, until=until) if pairs else {}
    mine = [key for key in keys if key[2]]
    found: dict[Key, Grid] = {(*pair, ""): grid for pair, grid in known.items()}
    if not mine:
        return found
    clocks_now = clocks_of(mine)
    cells: dict[Key, dict[int, list[Cell]]] = {key: {} for key in mine}
    for row in _rows({key[:2] for key in mine}, tuple(Signal), since, until, {key[2] for key in mine}):
        key = (row["series__service_id"], row["series__environment_id"], row["series__name"])
        if key in cells:
            # Windows of a check that is made rarely are longer than those that are stored.
            long = clocks_now[key].window_s
            cells[key].setdefault(int(row["start_at"].timestamp()) // long * long, []).append(_cell(row))
    return found | {key: _grid(clocks_now[key], cells[key], since, until) for key in mine}


def grids(
    pairs: Collection[Pair],
    *,
    since: datetime,
    until: datetime | None = None,
    signals: Collection[Signal] = tuple(Signal),
) -> dict[Pair, Grid]:
    """The closed windows that begin at or after `since` and end by `until`; a constant number of queries."""
    found = clocks(pairs)
    cells: dict[Pair, dict[int, list[Cell]]] = {pair: {} for pair in pairs}
    # Traffic is the total of the errors' series: it is not stored twice.
    stored = {Signal.ERRORS if signal is Signal.TRAFFIC else signal for signal in signals}
    for row in _rows(pairs, stored, since, until):
        pair = (row["series__service_id"], row["series__environment_id"])
        if pair in cells:
            cells[pair].setdefault(int(row["start_at"].timestamp()), []).append(_cell(row))
    return {pair: _grid(clock, cells[pair], since, until) for pair, clock in found.items()}


def _grid(
    clock: Clock, cells: Mapping[int, Collection[Cell]], since: datetime, until: datetime | None
) -> Grid:
    return Grid(
        window_s=clock.window_s,
        since=int(since.timestamp()) + (1 if since.microsecond else 0),
        through=_through(clock, until),
        cells={start: tuple(inside) for start, inside in cells.items()},
    )


def _through(clock: Clock, until: datetime | None) -> int | None:
    """Up to where windows are closed and wanted, in seconds since 1970."""
    if clock.through is None:
        return None
    return int((min(clock.through, until) if until else clock.through).timestamp())


def _rows(
    pairs: Collection[Pair],
    signals: Collection[Signal],
    since: datetime,
    until: datetime | None,
    names: Collection[str] = ("",),
) -> Iterable[Mapping[str, Any]]:
    series = Series.objects.filter(
        service__in={service for service, _ in pairs},
        environment__in={environment for _, environment in pairs},
        signal__in=signals,
        perspective__in=SIDES,
        name__in=names,
    )
    before = {"start_at__lt": until} if until else {}
    rows: Iterable[Mapping[str, Any]] = (
        Window.objects.filter(series__in=series, start_at__gte=since, **before)
        .order_by("start_at", "pk")
        .values(
            "start_at",
            "bad",
            "total",
            "value",
            "buckets",
            "gap",
            "series__service_id",
            "series__environment_id",
            "series__version",
            "series__signal",
            "series__perspective",
            "series__caller",
            "series__name",
        )
    )
    return rows


def _cell(row: Mapping[str, Any]) -> Cell:
    buckets = {
        float("inf") if bound is None else float(bound): count for bound, count in row["buckets"] or ()
    }
    return Cell(
        version=row["series__version"],
        signal=Signal(row["series__signal"]),
        perspective=Perspective(row["series__perspective"]),
        caller=row["series__caller"],
        measured=Measured(row["bad"], row["total"], row["value"], buckets),
        gap=row["gap"],
    )


def moment(seconds: int) -> datetime:
    """A window's start or end as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def shares(grid: Grid, start: int) -> dict[str, float]:
    """The share of traffic of each version in a window, by the callers' counts, else the servers'."""
    for perspective in (Perspective.CALLERS, Perspective.SERVER):
        totals: dict[str, float] = {}
        for cell in grid.cells.get(start, ()):
            if cell.perspective is perspective and cell.signal is Signal.ERRORS and not cell.gap:
                totals[cell.version] = totals.get(cell.version, 0) + cell.measured.total
        if (whole := sum(totals.values())) > 0:
            return {version: total / whole for version, total in sorted(totals.items())}
    return {}


@dataclass(frozen=True)
class Calls:
    """Requests to one version in one hour, as one side counted them; the service itself has no `caller`."""

    environment_id: int
    version: str
    perspective: Perspective
    caller: str
    hour: datetime
    many: int
    bad: int
    last_at: datetime


def calls(service_id: int, since: datetime) -> list[Calls]:
    """Who called a service, by version and hour, in windows that began since then; one query."""
    rows = Window.objects.filter(
        series__service=service_id,
        series__signal=Signal.ERRORS,
        series__name="",
        series__perspective__in=SIDES,
        start_at__gte=since,
        gap=False,
        total__gt=0,
    )
    parts = ("environment_id", "version", "perspective", "caller")
    groups = rows.annotate(hour=TruncHour("start_at", tzinfo=UTC)).values(
        *(f"series__{part}" for part in parts), "hour"
    )
    counted = groups.annotate(many=Sum("total"), failed=Sum("bad"), last_at=Max("start_at"))
    return [
        Calls(
            environment_id=row["series__environment_id"],
            version=row["series__version"],
            perspective=Perspective(row["series__perspective"]),
            caller=row["series__caller"],
            hour=row["hour"],
            many=row["many"],
            bad=row["failed"],
            last_at=row["last_at"],
        )
        for row in counted.order_by("hour", *(f"series__{part}" for part in parts))
    ]


def sources_for(service_ids: Collection[int] | None = None) -> list[Source]:
    """Sources with their targets, by name; of these services only if they are given."""
    rows = Source.objects.select_related("environment", "team").prefetch_related("targets__service")
    if service_ids is not None:
        knows = Q(targets__service__in=service_ids) | Q(series__service__in=service_ids)
        rows = rows.filter(knows).distinct()
    return list(rows.order_by("name", "pk"))


def sources(now: datetime) -> list[Source]:
    """All sources by name with `asked`, their targets, and `standing`: how each goes, in one word.

    off, new (nothing was closed yet), late (no answer for three windows), failing (some targets), well.
    """
    targets = Target.objects.select_related("service").order_by("service__slug", "pk")
    rows = Source.objects.select_related("environment", "team").order_by("name", "pk")
    found = list(rows.prefetch_related(Prefetch("targets", targets, to_attr="asked")))
    for row in found:
        row.standing = standing(row, now)  # type: ignore[attr-defined]
    return found


def standings(now: datetime) -> list[Source]:
    """All sources that are asked, with `standing`, and how many targets each has (`many`, `silent`)."""
    silent = Count("targets", filter=~Q(targets__last_error=""))
    rows = Source.objects.filter(enabled=True).select_related("environment")
    found = list(rows.annotate(many=Count("targets"), silent=silent).order_by("name", "pk"))
    for row in found:
        row.standing = standing(row, now)  # type: ignore[attr-defined]
    return found


def standing(source: Source, now: datetime) -> str:
    """See `sources`."""
    if not source.enabled:
        return "off"
    if source.collected_through_at is None:
        return "new"
    if source.last_success_at is None or now - source.last_success_at > 3 * source.window:
        return "late"
    return "failing" if source.last_error else "well"
