"""Records the hours before a rollout: asked for by its start, done by the clock. Safe to run twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rollouts.audit.values import EventView
from rollouts.gates.baselines.models import DAY, Baseline
from rollouts.gates.baselines.reading import slow_of
from rollouts.gates.kinds import sides
from rollouts.gates.kinds.metric import change_of
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context
from rollouts.health import queries as health
from rollouts.health.readings import Grid
from rollouts.health.signals import Measured
from rollouts.health.values import CHECK, Signal
from rollouts.lib.clock import database_now
from rollouts.plans.document.gate import MetricSettings
from rollouts.plans.models import Change, Rollout

STARTED = "rollout.started"
ENDED = frozenset({"rollout.completed", "rollout.rolled_back", "rollout.closed"})
KEPT = timedelta(days=90)
"""After the end of a rollout; its review keeps the numbers that it was written on."""
LEASE = timedelta(minutes=2)
BACKS = (timedelta(days=1), timedelta(days=7))
MOST_STEPS = 5000
"""Steps that are kept of a day; shorter windows are added up to a minute."""
NOTHING = "Gatehouse has no windows of these hours, and no source that remembers them."
NO_RUNS = "The check did not run in these hours; its own runs are all that is known of it."
TRIES = 3
AGAIN = timedelta(minutes=2)


def wants(kind: str) -> bool:
    return kind == STARTED or kind in ENDED


def follow(event: EventView) -> None:
    """Asks for what the gates of a started rollout look at; of an ended one, to let it go some day.

    In the follower's transaction.
    """
    rollout = Rollout.objects.filter(slug=event.content.get("rollout", "")).first()
    if rollout is None:
        return
    if event.kind in ENDED:
        Baseline.objects.filter(rollout=rollout).update(due_at=event.at + KEPT)
        return
    hour = event.at.replace(minute=0, second=0, microsecond=0)
    rows = [
        Baseline(
            rollout=rollout,
            service_id=wanted.change.service_id,
            environment_id=wanted.change.environment_id,
            signal=wanted.signal,
            series=wanted.series,
            slower_than_s=wanted.slower_than_s,
            back=back,
            begins_at=hour - back,
            ends_at=hour - back + DAY,
            due_at=event.at,
        )
        for wanted in _wanted(rollout, event.at)
        for back in BACKS
    ]
    Baseline.objects.bulk_create(rows, ignore_conflicts=True)


@dataclass(frozen=True)
class Wanted:
    """One signal of one change that a gate looks at."""

    change: Change
    signal: str
    series: str
    slower_than_s: float


def _wanted(rollout: Rollout, now: datetime) -> Iterator[Wanted]:
    """Each signal once."""
    changes = list(rollout.changes.select_related("service", "environment").order_by("pk"))
    context = Context(now=now, rollouts={rollout.pk: rollout}, changes={rollout.pk: changes})
    seen = set()
    for gate in Gate.objects.present().filter(rollout=rollout, kind="metric").order_by("pk"):
        settings, change = MetricSettings.read(gate.settings), change_of(gate, context)
        if change is None:
            continue
        key = (change.service_id, change.environment_id, settings.signal, settings.series, slow_of(settings))
        if key not in seen:
            seen.add(key)
            yield Wanted(change, *key[2:])


def due(now: datetime, limit: int) -> Sequence[int]:
    """The baselines that are to be recorded, or let go."""
    return list(Baseline.objects.due(now).values_list("pk", flat=True)[:limit])


def record(pk: int) -> None:
    """Asks the sources, outside of any transaction, and keeps what they say once.

    Long after the end of the rollout it lets the counts go.
    """
    now = database_now()
    # Whoever is first holds it for a while: a slow source is not asked by two.
    if not Baseline.objects.due(now).filter(pk=pk).update(due_at=now + LEASE):
        return
    row = Baseline.objects.select_related("service", "rollout").get(pk=pk)
    if row.rollout.word.ended:
        gone = "It was let go long after the rollout ended."
        Baseline.objects.filter(pk=pk).update(counts=[], error=gone, due_at=None)
        return
    told = _own(row)
    if len(told.counts) * told.step_s < DAY.total_seconds() / 2:
        # Gatehouse did not watch then: a server of metrics may remember.
        told = max((told, *_remembered(row)), key=_worth)
    with transaction.atomic():
        kept = Baseline.objects.select_for_update().filter(pk=pk, due_at__isnull=False).first()
        if kept is None:
            return
        now = database_now()
        kept.counts, kept.step_s = [list(each) for each in told.counts], told.step_s
        kept.source, kept.query, kept.error = told.source[:200], told.query, told.error
        kept.tries += 1
        kept.recorded_at = now
        kept.due_at = now + AGAIN if told.unanswered and kept.tries < TRIES else None
        kept.save()


Count = tuple[int, float, float, float | None]


@dataclass(frozen=True)
class Told:
    """What one place knows of these hours; `unanswered`: it may know more if it is asked again."""

    counts: tuple[Count, ...]
    step_s: int
    source: str = ""
    query: str = ""
    error: str = ""
    unanswered: bool = False


def _worth(told: Told) -> tuple[int, bool]:
    """The longer time is told of; where there is none, a source's silence says more."""
    return len(told.counts) * told.step_s, bool(told.source)


def _own(row: Baseline) -> Told:
    """What Gatehouse stored itself: the side that saw more bad ones, as gates take it."""
    key, signal = (row.service_id, row.environment_id, row.series), Signal(row.signal)
    grid = health.grids_of({key}, since=row.begins_at, until=row.ends_at)[key]
    counts, step_s = thinned(_counts(grid, signal, row.slower_than_s or None), grid.window_s)
    why = NO_RUNS if row.series.startswith(CHECK) else NOTHING
    return Told(counts, step_s, source="Gatehouse" if counts else "", error="" if counts else why)


def _counts(grid: Grid, signal: Signal, slow_s: float | None) -> list[Count]:
    """Window by window, silent ones left out."""
    found: list[Count] = []
    for start in grid.starts():
        window = sides.window(grid, start, signal, versions=None, slower_than_s=slow_s)
        if not window.gap:
            found.append((start, window.bad, window.total, window.value))
    return found


def _remembered(row: Baseline) -> Iterator[Told]:
    """What Prometheus sources remember of it.

    Signals in somebody's own PromQL are asked first: they stand instead of the conventions. Of the runs of a
    synthetic check nobody else knows.
    """
    if row.series.startswith(CHECK):
        return
    own = list(_own_promql(row))
    yield from own
    if not own and not row.series:
        yield from _conventions(row)


def _own_promql(row: Baseline) -> Iterator[Told]:
    signal = Signal(row.signal)
    place = row.service.slug, row.environment_id, signal, row.series
    for each in health.own_before(*place, since=row.begins_at, until=row.ends_at):
        found = _counts(each.grid, signal, row.slower_than_s or None)
        yield _as_told(found, each.grid.window_s, each.source, each.text, each.error)


def _as_told(found: Sequence[Count], window_s: int, source: str, text: str, error: str) -> Told:
    counts, step_s = thinned(found, window_s)
    said = error or ("" if counts else f"{source} remembers nothing of these hours.")
    return Told(counts, step_s, source, text, said, unanswered=bool(error))


def _conventions(row: Baseline) -> Iterator[Told]:
    signal = Signal(row.signal)
    since, until = row.begins_at + row.back, row.ends_at + row.back
    for each in health.baseline(
        row.service, row.environment_id, signal, since=since, until=until, backs=(row.back,)
    ):
        found = [
            count(int(at.timestamp()), measured, signal, row.slower_than_s or None, each.window_s)
            for at, measured in sorted(each.windows.items())
        ]
        yield _as_told(found, each.window_s, each.source, each.text, each.error)


def count(start: int, measured: Measured, signal: Signal, slow_s: float | None, step_s: int) -> Count:
    """What one window gives of a signal: bad ones are slower than `slow_s` where that is asked."""
    if signal is Signal.SATURATION:
        return start, 0, 0, measured.value
    bad, total = sides.share(signal, measured, slow_s)
    return start, bad, total, total / step_s if signal is Signal.TRAFFIC else None


def thinned(counts: Sequence[Count], step_s: int) -> tuple[tuple[Count, ...], int]:
    """A day in at most `MOST_STEPS` steps: where windows are shorter, so many together as make a minute."""
    if DAY.total_seconds() / step_s <= MOST_STEPS or step_s >= 60:
        return tuple(counts), step_s
    wide = step_s * round(60 / step_s)
    together: dict[int, list[Count]] = {}
    for each in counts:
        together.setdefault(each[0] // wide * wide, []).append(each)
    return tuple(_summed(start, inside) for start, inside in sorted(together.items())), wide


def _summed(start: int, inside: Sequence[Count]) -> Count:
    values = [value for _start, _bad, _total, value in inside if value is not None]
    mean = sum(values) / len(values) if values else None
    return start, sum(each[1] for each in inside), sum(each[2] for each in inside), mean
