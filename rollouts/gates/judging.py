"""From gates to rulings to rows: which gates can be judged now, and what is written of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from rollouts.gates import baking
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.registry import Context, GateKind, Ruling, kinds
from rollouts.gates.values import Position, Word
from rollouts.gates.writing import keep, write
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState, StageState

HISTORY_EVERY = timedelta(hours=1)
NOT_JUDGED = (RolloutState.ROLLING_BACK, RolloutState.ROLLBACK_FAILED)


def context_of(rollout_ids: Collection[int], now: datetime) -> Context:
    """The rollouts of a batch with their changes."""
    rollouts = {row.pk: row for row in Rollout.objects.filter(pk__in=rollout_ids).order_by("pk")}
    changes: defaultdict[int, list[Change]] = defaultdict(list)
    rows = Change.objects.filter(rollout__in=rollouts).select_related("service", "environment", "contract")
    for change in rows.order_by("pk"):
        changes[change.rollout_id].append(change)
    return Context(now=now, rollouts=rollouts, changes=changes)


def relevant(gates: Collection[Gate], context: Context) -> list[Gate]:
    """The gates that matter now: on leaving the current stage, and on entering the next one."""
    upcoming: dict[int, int] = {}
    for gate in gates:
        if gate.stage.state == StageState.PENDING:
            upcoming[gate.rollout_id] = min(
                gate.stage.number, upcoming.get(gate.rollout_id, gate.stage.number)
            )
    return [gate for gate in gates if _matters(gate, context, upcoming)]


def _matters(gate: Gate, context: Context, upcoming: Mapping[int, int]) -> bool:
    rollout = context.rollouts.get(gate.rollout_id)
    if rollout is None or gate.kind not in kinds:
        return False
    state = RolloutState(rollout.state)
    if state.ended or state in NOT_JUDGED:
        return False
    if gate.position == Position.EXIT:
        return StageState(gate.stage.state).current
    # A pending stage without gates may come first, so its number is not known here: the nearest counts.
    return gate.stage.number == upcoming.get(gate.rollout_id)


def rule(gates: Collection[Gate], context: Context) -> dict[int, Ruling]:
    """The rulings on all gates, one call per kind."""
    by_kind: defaultdict[str, list[Gate]] = defaultdict(list)
    for gate in gates:
        by_kind[gate.kind].append(gate)
    found: dict[int, Ruling] = {}
    for name, batch in by_kind.items():
        kind: GateKind = kinds[name]
        found.update(kind.judge(batch, context))
    return found


def take(gate: Gate, ruling: Ruling, context: Context) -> bool:
    """Takes a ruling into the gate's row; says whether it can move the rollout's state."""
    opinion, now = ruling.opinion, context.now
    silenced = opinion.word is Word.NO_DATA and _lost_its_traffic(gate, context.rollout(gate))
    turned = gate.verdict != opinion.word or gate.silenced != silenced
    more = baking.enough(gate.state) != baking.enough(ruling.state) and baking.may_end(gate, ruling.state)
    moved = (turned and _binds(gate)) or more
    if gate.verdict != opinion.word or gate.changed_at is None:
        gate.changed_at = now
    if opinion.word is not Word.NO_DATA:
        gate.no_data_since_at = None
    elif gate.no_data_since_at is None:
        gate.no_data_since_at = now
    gate.verdict, gate.warning, gate.sentence = opinion.word, opinion.warning, opinion.sentence
    gate.evidence, gate.silenced, gate.judged_at = opinion.evidence, silenced, now
    gate.state = ruling.state
    return moved


def _binds(gate: Gate) -> bool:
    return gate.required and not gate.observe


def _lost_its_traffic(gate: Gate, rollout: Rollout) -> bool:
    """Whether a halt withdrew the exposure that the gate's stage had granted."""
    return rollout.state == RolloutState.HALTED and rollout.granted_stage != gate.stage.number


def record(gates: Collection[Gate], changed: Collection[int], now: datetime) -> None:
    """Writes the gates, and a row of history for each that changed or has none for an hour."""
    history = []
    for gate in gates:
        late = gate.recorded_at is None or now - gate.recorded_at >= HISTORY_EVERY
        if gate.pk in changed or late:
            repeat = gate.pk not in changed and gate.recorded_at is not None
            gate.recorded_at = now
            history.append(
                Verdict(
                    gate=gate,
                    at=now,
                    word=gate.verdict,
                    warning=gate.warning,
                    sentence=gate.sentence,
                    evidence=gate.evidence,
                    repeat=repeat,
                )
            )
    keep(history)
    write(gates)
    baking.count(gates)
