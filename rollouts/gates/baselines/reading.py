"""What is read of recorded hours: the same time of day, before the rollout."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.gates.baselines.models import DAY, Baseline
from rollouts.gates.models import Gate
from rollouts.health.readings import Cell, Grid
from rollouts.health.signals import Measured
from rollouts.health.values import Perspective, Signal
from rollouts.plans.document.gate import SHARES, MetricSettings
from rollouts.plans.models import Change

Key = tuple[int, int, int, str, str, float]
"""Ids of a rollout, a service and an environment, the signal, its series and `slower_than_s`."""


Counted = tuple[float, float, float | None]
"""Bad, all, and the value of a gauge in one step."""


@dataclass(frozen=True)
class Summed:
    """Some hours of a baseline together. `share`: bad of all, or the mean of values; None without data."""

    bad: float
    total: float
    share: float | None
    steps: int


def slow_of(settings: MetricSettings) -> float:
    """From how many seconds on an answer is slow; 0 where that is not asked."""
    return settings.slower_than.total_seconds() if settings.slower_than else 0.0


def key_of(gate: Gate, change: Change) -> Key:
    """Which baseline belongs to what a gate looks at."""
    settings = MetricSettings.read(gate.settings)
    place = (gate.rollout_id, change.service_id, change.environment_id)
    return (*place, settings.signal, settings.series, slow_of(settings))


def recorded(rollouts: Collection[int]) -> Mapping[Key, list[Baseline]]:
    """The baselines of these rollouts, the day before first; one query."""
    found: dict[Key, list[Baseline]] = {}
    for row in Baseline.objects.filter(rollout__in=rollouts).order_by("back", "pk"):
        key = (row.rollout_id, row.service_id, row.environment_id, row.signal, row.series)
        found.setdefault((*key, row.slower_than_s), []).append(row)
    return found


def values_at(row: Baseline, times: Sequence[datetime]) -> list[float | None]:
    """What it was at the same times of day: the value of the step that holds each; None for silence.

    Later days see the same recorded day again: it is the last one that the rollout could not change.
    """
    known = _known(row)
    return [
        None if (count := known.get(_place(row, int(at.timestamp())))) is None else _value(row, *count)
        for at in times
    ]


def summed(row: Baseline, begin: datetime, end: datetime) -> Summed:
    """The same hours together, at most one whole day of them."""
    known, end = _known(row), min(end, begin + DAY)
    first = -int(-begin.timestamp() // row.step_s) * row.step_s
    places = (_place(row, at) for at in range(first, int(end.timestamp()), row.step_s))
    found = [known[place] for place in places if place in known]
    bad, total = sum(each[0] for each in found), sum(each[1] for each in found)
    if row.signal in SHARES:
        return Summed(bad, total, bad / total if total else None, len(found))
    values = [each[2] for each in found if each[2] is not None]
    return Summed(bad, total, sum(values) / len(values) if values else None, len(found))


def _known(row: Baseline) -> dict[int, Counted]:
    return {start: (bad, total, value) for start, bad, total, value in row.counts}


def _place(row: Baseline, at: int) -> int:
    """The start of the recorded step of that time of day. All are seconds since 1970."""
    begin = int(row.begins_at.timestamp())
    since = (at - round(row.back.total_seconds()) - begin) % round(DAY.total_seconds())
    return begin + since // row.step_s * row.step_s


def grids(rollouts: Collection[int], back: timedelta) -> dict[tuple[int, int], Grid]:
    """The recorded hours so long before as windows that a judge compares with, by service and environment.

    Only shares are compared. One query.
    """
    rows = Baseline.objects.filter(rollout__in=rollouts, back=back, signal__in=SHARES, series="")
    found: dict[tuple[int, int], dict[int, dict[str, Measured]]] = {}
    steps: dict[tuple[int, int], int] = {}
    for row in rows.exclude(counts=[]).order_by("pk"):
        pair = (row.service_id, row.environment_id)
        steps[pair] = row.step_s
        for start, bad, total, _value in row.counts:
            inside = found.setdefault(pair, {}).setdefault(start, {})
            inside[row.signal] = _measured(row, bad, total, inside.get(row.signal))
    return {pair: _grid(steps[pair], starts) for pair, starts in found.items()}


def _grid(step_s: int, starts: Mapping[int, Mapping[str, Measured]]) -> Grid:
    cells = {
        start: tuple(
            Cell("", Signal(signal), Perspective.SERVER, "", measured) for signal, measured in inside.items()
        )
        for start, inside in starts.items()
    }
    return Grid(step_s, min(cells), max(cells) + step_s, cells)


def _measured(row: Baseline, bad: float, total: float, before: Measured | None) -> Measured:
    """The counts of one step; several bounds of latency stand in one histogram."""
    if row.signal == Signal.LATENCY:
        known = dict(before.buckets) if before else {}
        known |= {row.slower_than_s: total - bad, math.inf: total}
        return Measured(total=total, buckets=dict(sorted(known.items())))
    return Measured(bad, total)


def _value(row: Baseline, bad: float, total: float, value: float | None) -> float | None:
    if row.signal in SHARES:
        return bad / total if total else None
    return value
