"""What Gatehouse does by itself: stages that become ready or not, holds, halts and overdue notices."""

from dataclasses import replace

from rollouts.decisions.machine.openings import binding, calls_for, judged, unready, word_of
from rollouts.decisions.machine.override import blocked
from rollouts.decisions.machine.permits import capitalised
from rollouts.decisions.machine.safety import halted
from rollouts.decisions.machine.snapshot import GateSeen, Snapshot, StageSeen
from rollouts.decisions.machine.step import step
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.undecided import extension
from rollouts.decisions.machine.values import Command, EscalationCause, HoldCause, Refused
from rollouts.gates.values import Then, Word
from rollouts.lib.documents.durations import spoken
from rollouts.plans.values import OnOverdue, RolloutState, StageState

_SAYS = {Word.FAIL: "failed", Word.NO_DATA: "has no data", Word.INCONCLUSIVE: "is inconclusive"}
_VERBS = {Then.HALT: "halt", Then.HOLD: "hold", Then.EXTEND: "extend", Then.ASK: "ask about"}


def bake_started(seen: Snapshot, command: Command) -> Transition:
    """The stage's wait is over: waiting becomes baking."""
    stage = _current(seen, command, StageState.WAITING)
    sentence = f"The wait of {stage} is over; it bakes."
    moved = step(seen, command, "rollout.stage_baking", sentence, stage=stage)
    return replace(moved, stages={stage.number: StageState.BAKING})


def stage_ready(seen: Snapshot, command: Command) -> Transition:
    """The bake has ended and every exit gate passes."""
    stage = _current(seen, command, StageState.BAKING)
    openings = unready(seen, stage)
    if openings:
        raise blocked(openings)
    moved = step(seen, command, "rollout.stage_ready", f"{capitalised(str(stage))} is ready.", stage=stage)
    return replace(moved, stages={stage.number: StageState.READY})


def stage_unready(seen: Snapshot, command: Command) -> Transition:
    """A gate no longer passes: ready becomes baking."""
    stage = _current(seen, command, StageState.READY)
    openings = unready(seen, stage)
    if not openings:
        raise Refused("ready", f"Every gate of {stage} passes.", "Nothing is to be done.")
    why = "; ".join(each.sentence for each in openings)
    sentence = f"{capitalised(str(stage))} is no longer ready: {why}."
    moved = step(seen, command, "rollout.stage_unready", sentence, stage=stage)
    return replace(moved, stages={stage.number: StageState.BAKING})


def hold_for_no_data(seen: Snapshot, command: Command) -> Transition:
    """A binding gate has been silent for as long as its plan tolerates."""
    stage, gate = _gate(seen, command)
    if gate.word is not Word.NO_DATA or calls_for(seen, stage, gate) is not Then.HOLD:
        raise Refused("not_silent", f"Gate “{gate.name}” has data, or its time is not over.", "Wait.")
    sentence = f"Gatehouse held the rollout at {stage}: gate “{gate.name}” has no data{_in_vain(stage)}."
    return _held(seen, command, stage, sentence, HoldCause.NO_DATA)


def hold_for_gate(seen: Snapshot, command: Command) -> Transition:
    """A binding gate fails whose `on_fail` is hold, or its plan holds what is inconclusive."""
    stage, gate = _calling(seen, command, Then.HOLD)
    says = "failed" if gate.word is Word.FAIL else f"is inconclusive{_in_vain(stage)}"
    sentence = f"Gatehouse held the rollout at {stage}: gate “{gate.name}” {says}."
    return _held(seen, command, stage, sentence, HoldCause.GATE)


def halt_for_gate(seen: Snapshot, command: Command) -> Transition:
    """A binding gate fails whose `on_fail` is halt, or its plan halts what is undecided."""
    stage, gate = _calling(seen, command, Then.HALT)
    sentence = f"Gatehouse halted the rollout at {stage}: gate “{gate.name}” {_SAYS[gate.word]}."
    return halted(seen, command, sentence)


def extend_bake(seen: Snapshot, command: Command) -> Transition:
    """A binding gate is undecided, and its plan gives it more time: the bake grows."""
    stage, gate = _calling(seen, command, Then.EXTEND)
    by = extension(stage, gate)
    sentence = (
        f"Gatehouse extended the bake of {stage} by {spoken(by)}: gate “{gate.name}” {_SAYS[gate.word]}."
    )
    moved = step(seen, command, "rollout.bake_extended", sentence, stage=stage)
    return replace(moved, extends=by)


def ask_for_gate(seen: Snapshot, command: Command) -> Transition:
    """A binding gate is undecided, and its plan asks people about it; once for each verdict."""
    stage, gate = _calling(seen, command, Then.ASK)
    sentence = f"Somebody is to decide on {stage}: gate “{gate.name}” {_SAYS[gate.word]}."
    moved = step(seen, command, "rollout.decision_asked", sentence, stage=stage)
    return replace(moved, asked=gate.name)


def lift_hold(seen: Snapshot, command: Command) -> Transition:
    """Data is back: lifts a hold that the system made for no data, and no other."""
    if seen.held_for is not HoldCause.NO_DATA:
        raise Refused("not_ours", "Data lifts only a hold that was made for no data.", "A person can resume.")
    stage = _current(seen, command)
    silent = silent_gates(seen, stage)
    if silent:
        raise Refused("no_data", f"Gate “{silent[0].name}” still has no data.", "Wait for its data.")
    sentence = f"Gatehouse resumed the rollout at {stage}: every gate has data again."
    moved = step(seen, command, "rollout.resumed", sentence, stage=stage)
    return replace(moved, rollout=RolloutState.RUNNING, held_for=None)


def silent_gates(seen: Snapshot, stage: StageSeen) -> list[GateSeen]:
    """The binding exit gates that have no data."""
    return [each for each in binding(seen, judged(stage)) if word_of(seen, each) is Word.NO_DATA]


def overdue(seen: Snapshot, command: Command) -> Transition:
    """The stage has taken longer than it may: does what its `on_overdue` says, once."""
    stage = _current(seen, command)
    if stage.overdue_said or stage.overdue_at is None or seen.now < stage.overdue_at:
        raise Refused("not_overdue", f"The maximum duration of {stage} is not over.", "Wait.")
    moved = step(
        seen,
        command,
        "rollout.overdue",
        f"{capitalised(str(stage))} takes longer than it may.",
        stage=stage,
    )
    if stage.on_overdue is OnOverdue.ESCALATE:
        return replace(moved, starts_escalation=EscalationCause.OVERDUE_STAGE)
    if stage.on_overdue is OnOverdue.HOLD and seen.state is RolloutState.RUNNING:
        return replace(moved, rollout=RolloutState.HELD, held_for=HoldCause.OVERDUE)
    return moved


def _held(seen: Snapshot, command: Command, stage: StageSeen, sentence: str, cause: HoldCause) -> Transition:
    moved = step(seen, command, "rollout.held", f"{sentence} What is granted stays granted.", stage=stage)
    return replace(moved, rollout=RolloutState.HELD, held_for=cause)


def _in_vain(stage: StageSeen) -> str:
    return f", also {spoken(stage.extended)} later" if stage.extended else ""


def _calling(seen: Snapshot, command: Command, then: Then) -> tuple[StageSeen, GateSeen]:
    """The gate that is named, if it calls for that. Raises Refused."""
    stage, gate = _gate(seen, command)
    if gate.silenced or calls_for(seen, stage, gate) is not then:
        raise Refused("not_failing", f"Gate “{gate.name}” does not {_VERBS[then]} the stage.", "Wait.")
    return stage, gate


def _gate(seen: Snapshot, command: Command) -> tuple[StageSeen, GateSeen]:
    """The binding exit gate of the current stage that the command names. Raises Refused."""
    stage = _current(seen, command)
    gate = next((each for each in judged(stage) if each.name == command.gate), None)
    if gate is None:
        raise Refused(
            "no_gate", f"No gate “{command.gate}” guards leaving {stage}.", "Nothing is to be done."
        )
    if not binding(seen, [gate]):
        raise Refused("observed", f"Gate “{gate.name}” only observes.", "Nothing is to be done.")
    if gate.passed_over:
        raise Refused(
            "passed_over",
            f"An override passed over what gate “{gate.name}” says, and it says nothing new.",
            "Wait until its verdict changes.",
        )
    return stage, gate


def _current(seen: Snapshot, command: Command, state: StageState | None = None) -> StageSeen:
    """The stage under way, if it is the one that was named and stands in `state`. Raises Refused."""
    stage = seen.current
    if stage is None or command.stage not in (None, stage.number):
        raise Refused("not_current", "That stage is not under way.", "Nothing is to be done.")
    if state is not None and stage.state is not state:
        raise Refused(
            "not_now",
            f"The state of {stage} is {stage.state.label.lower()}, not {state.label.lower()}.",
            "Nothing is to be done.",
        )
    return stage
