"""The kind `checks`: nothing is asked; when a window closes by the clock, runs that ended in it are counted.

So gates read the runs of a synthetic check as they read requests: bad is a run that failed, and slow one that
failed or took longer. Each team's checks in an environment are one source, made with the first run.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from rollouts.health import storing
from rollouts.health.models import Probe, ProbeRun, Source
from rollouts.health.probes.values import BOUNDS_S
from rollouts.health.signals import Measured, Subject
from rollouts.health.sources.protocol import Claim, Question, Taken, aligned
from rollouts.health.values import Perspective, Signal, SourceKind, check_series

LATE_S = 2
"""A window closes so long after its end: a run that ended in it has been written by then."""
LONGEST = timedelta(seconds=130)
"""A run ends so long after its beginning, at the latest."""
MOST_BACK = 720
"""Windows that were slept through and are still counted."""


class Checks:
    kind: ClassVar[str] = "checks"
    in_flight: ClassVar[int] = 1

    def questions(self, claims: Sequence[Claim]) -> Mapping[int, Sequence[Question]]:
        """See MetricSource: there is nobody to ask."""
        return {claim.source.pk: () for claim in claims}

    def take(self, claim: Claim, source: Source, answers: Mapping[str, Any], *, end: datetime) -> Taken:
        """See MetricSource; windows that were slept through are counted too, before they become gaps."""
        start = end - source.window
        begin = max(source.collected_through_at or start, end - MOST_BACK * source.window)
        by_start: dict[datetime, dict[Subject, Measured]] = {}
        for run in _runs(source, begin, end):
            at = aligned(_ended(run), source.window_s)
            _add(by_start.setdefault(at, {}), run)
        now = by_start.pop(start, {})
        if by_start:
            storing.store_recorded(source, by_start)
        return Taken(measured=now)


def _runs(source: Source, begin: datetime, end: datetime) -> list[ProbeRun]:
    """The runs that ended between these times; one query."""
    rows = ProbeRun.objects.filter(
        probe__environment=source.environment_id,
        probe__service__team=source.team_id,
        at__gte=begin - LONGEST,
        at__lt=end,
    )
    found = rows.select_related("probe__service").defer("steps").order_by("at", "pk")
    return [run for run in found if begin <= _ended(run) < end]


def _ended(run: ProbeRun) -> datetime:
    return run.at + timedelta(seconds=run.took_s)


def _add(found: dict[Subject, Measured], run: ProbeRun) -> None:
    for signal, measured in (
        (Signal.ERRORS, Measured(bad=0 if run.ok else 1, total=1)),
        (Signal.LATENCY, Measured(total=1, buckets=buckets(run))),
    ):
        about = Subject(
            run.probe.service.slug,
            run.probe.version,
            signal,
            Perspective.SERVER,
            name=check_series(run.probe.slug),
        )
        found[about] = found.get(about, Measured()).plus(measured)


def buckets(run: ProbeRun) -> dict[float, float]:
    """One run as cumulative buckets. One that failed was never fast enough."""
    inside = {bound: float(run.ok and run.took_s <= bound) for bound in BOUNDS_S}
    return {**inside, math.inf: 1.0}


def ensure(probe: Probe, now: datetime) -> None:
    """The source that counts the runs of this check's team, with windows as long as its environment's."""
    lengths = Source.objects.filter(environment=probe.environment_id, enabled=True)
    window_s = lengths.order_by("-window_s").values_list("window_s", flat=True).first() or 60
    team = probe.service.team
    wanted = {"window_s": window_s, "delay_s": min(LATE_S, window_s)}
    row, _new = Source.every.get_or_create(
        # No name that people give begins so.
        slug=f"_checks-{probe.environment_id}-{team.pk}",
        defaults={
            **wanted,
            "name": f"Synthetic checks of {team.name}"[:120],
            "kind": SourceKind.CHECKS,
            "environment": probe.environment,
            "team": team,
            "due_at": due_at(now, **wanted),
        },
    )
    if row.window_s != window_s:
        Source.every.filter(pk=row.pk).update(**wanted, due_at=due_at(now, **wanted))


def due_at(now: datetime, *, window_s: int, delay_s: int) -> datetime:
    """When the window that `now` lies in is to be closed."""
    return aligned(now, window_s) + timedelta(seconds=window_s + delay_s)


def closing(probes: Iterable[Probe]) -> dict[str, tuple[int, datetime | None]]:
    """Length of windows that hold a run each, and how far they are closed, by the name of a check's series.

    One query.
    """
    mine = list(probes)
    rows = Source.every.filter(
        kind=SourceKind.CHECKS, environment__in={probe.environment_id for probe in mine}, enabled=True
    )
    sources = {(row.environment_id, row.team_id): row for row in rows.order_by("pk")}
    found = {}
    for probe in mine:
        row = sources.get((probe.environment_id, probe.service.team_id))
        if row is not None:
            span = probe.span_s(row.window_s)
            through = row.collected_through_at
            found[check_series(probe.slug)] = (span, aligned(through, span) if through else None)
    return found
