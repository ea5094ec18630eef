"""What is read of gates and verdicts: by the machine, by pages, and by the clock."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from django.db.models import Count, QuerySet

from rollouts.gates.backtest import queries as backtests
from rollouts.gates.baselines import reading as baselines
from rollouts.gates.baselines.reading import Summed as Summed
from rollouts.gates.judges import spans
from rollouts.gates.judges.exposure import Reading
from rollouts.gates.judging import context_of, relevant
from rollouts.gates.kinds import exposure, metric
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.observing import reading as observing
from rollouts.gates.observing.tally import Did as Did
from rollouts.gates.observing.tally import Occasion as Occasion
from rollouts.gates.observing.tally import Tally as Tally
from rollouts.gates.observing.tally import Went as Went
from rollouts.gates.observing.tally import tally as tally
from rollouts.gates.questions.answering import answers as answers
from rollouts.gates.recomputing import Recomputed as Recomputed
from rollouts.gates.recomputing import course, recompute
from rollouts.gates.registry import kinds
from rollouts.gates.values import Position, Word
from rollouts.health import queries as health
from rollouts.health.models import Exemplar
from rollouts.health.queries import clocks
from rollouts.health.values import Signal
from rollouts.lib.clock import database_now
from rollouts.plans.document.gate import SHARES
from rollouts.plans.models import Change, Rollout, Stage
from rollouts.plans.queries import plan_of
from rollouts.plans.values import StageState

newest_backtest, doubts = backtests.newest, backtests.doubts
recorded_baselines, baseline_key = baselines.recorded, baselines.key_of
baseline_values, baseline_sum = baselines.values_at, baselines.summed
Observed: TypeAlias = observing.Observed
observed, observed_like, entire_rollouts = observing.observed, observing.like, observing.entire


def measured_exposure(rollout: Rollout, *, now: datetime) -> str:
    """zero, not_zero or no_data: traffic on the new versions in the newest windows since `rolling_back_at`.

    Of the changes that a stage which had begun has exposed.
    """
    if rollout.rolling_back_at is None:
        return Reading.NO_DATA.value
    names = _exposed(rollout)
    changes = rollout.changes.select_related("service", "environment").order_by("pk")
    seen = [change for change in changes if change.name in names]
    return exposure.measured(seen, since=rollout.rolling_back_at).value


def _exposed(rollout: Rollout) -> set[str]:
    if rollout.in_force is None:
        return set()
    begun = {
        number for number, state in rollout.stages.values_list("number", "state") if StageState(state).begun
    }
    stages = plan_of(rollout.in_force).stages
    return {name for stage in stages if stage.number in begun for name in stage.targets}


def _bakes(stage: Stage) -> list[Gate]:
    """The gates whose data a stage's bake is counted in: required metric gates on leaving it."""
    rows = Gate.objects.present().filter(
        stage=stage, kind="metric", required=True, observe=False, position=Position.EXIT
    )
    return list(rows.order_by("order", "pk"))


def bake_progress(stage: Stage) -> tuple[int, int]:
    """Windows of the bake with enough data for every binding metric gate, and how many it takes.

    Counted since its (re)start; held, silent and warm-up windows do not count. It takes ceil(bake / window),
    extensions included, and one at least; (0, 0) where the stage has no binding metric gate.
    """
    gates = _bakes(stage)
    if not gates:
        return 0, 0
    window_s = _window_s(gates, stage)
    bake_s = ((stage.bake or timedelta()) + stage.extended).total_seconds()
    needed = max(1, math.ceil(bake_s / window_s))
    enough = [((gate.state or {}).get("judge") or {}).get("enough", []) for gate in gates]
    # Only where the windows of all gates are equally long do their spans meet; they are, in one environment.
    return spans.length(spans.everywhere(enough)) // window_s, needed


def _window_s(gates: Collection[Gate], stage: Stage) -> int:
    known: list[int] = [
        state["window_s"] for gate in gates if (state := gate.state) and state.get("window_s")
    ]
    if known:
        return max(known)
    changes = list(stage.rollout.changes.values_list("service_id", "environment_id"))
    return max((clock.window_s for clock in clocks(changes).values()), default=60)


def warm_until(rollout: Rollout, stage: int) -> datetime:
    """When the warm-up of the stage ends: its longest, in windows, after the (re)start of its bake."""
    row = rollout.stages.get(number=stage)
    begin = row.bake_started_at or row.entered_at or rollout.state_since_at
    gates = _bakes(row)
    if not gates:
        return begin
    longest: int = max(gate.settings.get("warm_up", 0) for gate in gates)
    return begin + timedelta(seconds=longest * _window_s(gates, row))


def due_times(rollout: Rollout, now: datetime) -> list[datetime]:
    """Later instants at which a gate's word may change by the clock alone.

    Not-before, hours and freezes; data that get stale; silence that has lasted too long.
    """
    context = context_of([rollout.pk], now)
    rows = list(Gate.objects.present().filter(rollout=rollout).select_related("stage").order_by("pk"))
    now_relevant = relevant(rows, context)
    found = {at for gate in now_relevant for at in kinds[gate.kind].due_times(gate, context)}
    return sorted(found | {at for gate in now_relevant if (at := _unclear_until(gate))})


def _unclear_until(gate: Gate) -> datetime | None:
    """When the policy of an inconclusive gate acts; None where it does not wait."""
    if gate.verdict != Word.INCONCLUSIVE or not gate.inconclusive_after or gate.changed_at is None:
        return None
    return gate.changed_at + gate.inconclusive_after


def gates_of(rollout: Rollout) -> list[Gate]:
    """The gates of the plan in force with their stages, in the plan's order."""
    rows = Gate.objects.present().filter(rollout=rollout).select_related("stage").prefetch_related("ticks")
    return sorted(
        rows, key=lambda gate: (gate.stage.number, gate.position != Position.ENTRY, gate.order, gate.pk)
    )


def words_now() -> dict[str, float]:
    """How many present gates of begun stages of rollouts that move have each word as their newest verdict."""
    moving = ("running", "held", "halted", "rolling_back")
    rows = Gate.objects.present().filter(
        rollout__state__in=moving, stage__state__in=("waiting", "baking", "ready", "halted")
    )
    return dict(rows.values("verdict").annotate(many=Count("pk")).values_list("verdict", "many").order_by())


def recomputed(gate: Gate) -> Recomputed | None:
    """The newest verdict, computed again from the windows stored with it; None where it rests on none."""
    return recompute(gate.evidence)


def rests_on_windows(gate: Gate) -> bool:
    """Whether the newest verdict can be computed again."""
    return bool(gate.evidence.get("replay") or gate.evidence.get("facts"))


@dataclass(frozen=True)
class Weighed:
    """The evidence that a version is worse, after one window that began at `at`.

    `share` of what fails it, 0 and more; None where the window counted nothing.
    """

    at: datetime
    share: float | None


def evidence_over_time(gate: Gate) -> list[Weighed]:
    """How the evidence of a gate that weighs it grew, over the stored windows; empty for other gates."""
    return [Weighed(datetime.fromtimestamp(start, UTC), share) for start, share in course(gate.evidence)]


def history(gate: Gate) -> QuerySet[Verdict]:
    """The verdicts on a gate, newest first: one when its word changed, and one an hour."""
    return Verdict.objects.filter(gate=gate).order_by("-at", "-pk")


def exemplars(gate: Gate, change: Change, *, since: datetime, until: datetime) -> list[Exemplar]:
    """Single requests that sources named behind what the gate looks at; none of signals that are no requests.

    Of the new version and the old one: the slowest for latency, else the newest that failed. One query.
    """
    signal = gate.settings.get("signal")
    if gate.kind != "metric" or signal not in SHARES or metric.key_of(gate, change)[2]:
        return []
    versions = [version for version in (change.to_version, change.from_version) if version]
    return health.exemplars(
        change.service_id,
        change.environment_id,
        since=since,
        until=until,
        signals=(Signal(signal),),
        versions=versions or None,
    )


def looked_at(gate: Gate) -> tuple[datetime, datetime] | None:
    """The time that a gate's verdict tells of: from its stage's (re)start until it was judged last."""
    since = gate.stage.bake_started_at or gate.stage.entered_at
    return (since, gate.judged_at) if since and gate.judged_at else None


def measured_change(gate: Gate) -> Change | None:
    """The change that a metric gate measures."""
    return metric.change_of(gate, context_of([gate.rollout_id], database_now()))
