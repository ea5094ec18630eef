"""Which sources close the windows of signals that are none of the known: own signals, and checks."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from django.db.models import Q

from rollouts.health.models import OwnSignal, Probe
from rollouts.health.probes import windows
from rollouts.health.readings import Grid
from rollouts.health.sources.days import Cells, past_days
from rollouts.health.sources.remembered import Recalled, recalled, remembered
from rollouts.health.values import CHECK, OWN, Signal

Key = tuple[int, int, str]
"""Ids of a service and an environment, and the name of a series; empty for the known signals."""
MISSING_S = 3600
Closed = list[tuple[int, datetime | None]]
"""Length of a source's windows in seconds, and how far they are closed."""


def closing(keys: Collection[Key]) -> dict[Key, Closed]:
    """The sources behind each of these series; three queries at most."""
    own = _of_own({key for key in keys if key[2].startswith(OWN)})
    slugs = {key[2].removeprefix(CHECK) for key in keys if key[2].startswith(CHECK)}
    checks = windows.closing(Probe.objects.filter(slug__in=slugs).select_related("service")) if slugs else {}
    return {key: [checks[key[2]]] if key[2] in checks else own.get(key[1:], []) for key in keys}


def _of_own(keys: Collection[Key]) -> dict[tuple[int, str], Closed]:
    if not keys:
        return {}
    rows = OwnSignal.objects.filter(
        named=True,
        name__in={name.removeprefix(OWN) for _service, _environment, name in keys},
        source__enabled=True,
        source__environment__in={environment for _service, environment, _name in keys},
    ).order_by("source", "pk")
    known: dict[tuple[int, str], Closed] = {}
    for row in rows.select_related("source"):
        source = row.source
        mine = known.setdefault((source.environment_id, f"{OWN}{row.name}"), [])
        mine.append((source.window_s, source.collected_through_at))
    return known


def own_signals() -> list[OwnSignal]:
    """Those that gates may call by their names, with their sources; one query."""
    rows = OwnSignal.objects.filter(named=True, source__enabled=True)
    return list(rows.select_related("source__environment").order_by("name", "pk"))


def own_signal(name: str) -> OwnSignal | None:
    """One of this name: all of them have the same shape and unit."""
    return OwnSignal.objects.filter(named=True, name=name).order_by("pk").first()


def own_before(
    service: str, environment_id: int, signal: Signal, series: str, *, since: datetime, until: datetime
) -> list[Recalled]:
    """What sources remember of signals in somebody's own PromQL: of this series, else of this known signal.

    Of a known signal these are those that stand instead of conventions. It asks the sources, for 10 s each.
    """
    rows = OwnSignal.objects.filter(source__environment=environment_id, source__enabled=True)
    if series:
        rows = rows.filter(named=True, name=series.removeprefix(OWN))
    else:
        # Traffic is the total of the errors' counts.
        tells = {signal, Signal.ERRORS} if signal is Signal.TRAFFIC else {signal}
        rows = rows.filter(named=False, signal__in=tells)
        rows = rows.filter(Q(services=[]) | Q(services__contains=[service]))
    found = rows.select_related("source__environment").order_by("source__slug", "name", "pk")
    return recalled(found, service, since=since, until=until)


def with_memory(
    key: Key, service: str, grid: Grid, *, until: datetime, signals: Collection[Signal] = ()
) -> Grid:
    """The grid with windows from before Gatehouse watched, as Prometheus sources remember them.

    Of a signal in somebody's own PromQL by its queries, of the known `signals` by those that stand instead
    of conventions, else by these. It asks the sources, for 30 s at most, and only where an hour or more is
    missing at the beginning. A source that does not answer leaves the grid as it is.
    """
    stored = min(grid.cells, default=int(until.timestamp()) // grid.window_s * grid.window_s)
    if stored - grid.since < MISSING_S or key[2].startswith(CHECK):
        return grid
    first = -(-grid.since // grid.window_s) * grid.window_s
    begin, end = (datetime.fromtimestamp(at, UTC) for at in (first, stored))
    cells = _defined(key, service, begin, end) if key[2] else _known(key, service, signals, begin, end)
    older = {start: inside for start, inside in cells.items() if start < stored}
    last = max(older, default=None)
    through = grid.through if grid.through is not None or last is None else last + grid.window_s
    return replace(grid, through=through, cells={**older, **grid.cells})


def _defined(key: Key, service: str, begin: datetime, end: datetime) -> Cells:
    rows = OwnSignal.objects.filter(
        named=True, name=key[2].removeprefix(OWN), source__environment=key[1], source__enabled=True
    )
    row = rows.select_related("source__environment").order_by("pk").first()
    return remembered(row, service, since=begin, until=end).cells if row else {}


def _known(key: Key, service: str, signals: Collection[Signal], begin: datetime, end: datetime) -> Cells:
    """Traffic is the total of the errors' counts."""
    found: Cells = {}
    stored = {Signal.ERRORS if signal is Signal.TRAFFIC else signal for signal in signals}
    by_convention = set()
    for signal in sorted(stored):
        own = own_before(service, key[1], signal, "", since=begin, until=end)
        for start, inside in own[0].grid.cells.items() if own else ():
            found[start] = (*found.get(start, ()), *inside)
        if not own:
            by_convention.add(signal)
    for start, inside in past_days(service, key[1], by_convention, since=begin, until=end).items():
        found[start] = (*found.get(start, ()), *inside)
    return found
