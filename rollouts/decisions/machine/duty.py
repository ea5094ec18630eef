"""What the system should do next by itself, so that verdicts and timers need no rules of their own."""

from collections.abc import Iterator

from rollouts.approvals.values import Standing
from rollouts.decisions.machine.decide import weigh
from rollouts.decisions.machine.endings import rollback_overdue
from rollouts.decisions.machine.openings import called, standing, unready
from rollouts.decisions.machine.snapshot import GateSeen, Snapshot, StageSeen
from rollouts.decisions.machine.system import silent_gates
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, HoldCause, Measured
from rollouts.gates.values import Then, Word
from rollouts.plans.values import RolloutState, StageState


def duty(seen: Snapshot) -> Command | None:
    """The system's most urgent command that `decide` would accept now; None: nothing is to be done.

    Give it a snapshot whose rights are those of the system. Ask again after each step that it led to.
    The start of a bake is not in it: only the shell knows what a stage waits for.
    """
    return next((command for command in _wanted(seen) if isinstance(weigh(seen, command), Transition)), None)


def _wanted(seen: Snapshot) -> Iterator[Command]:
    """In the order of urgency: stop, then say what is late, then go on."""
    if seen.state is RolloutState.ROLLING_BACK:
        yield from _of_rollback(seen)
    stage = seen.current
    if stage is not None and seen.state.moving:
        yield from _stops(seen, stage)
    for request in seen.requests:
        if standing(seen, request).standing is Standing.EXPIRED:
            yield Command(Action.EXPIRE, request=request.id, stage=request.stage)
    if stage is not None and seen.state.moving:
        yield Command(Action.OVERDUE, stage=stage.number)
        yield from _goes_on(seen, stage)


def _of_rollback(seen: Snapshot) -> Iterator[Command]:
    if seen.exposure is Measured.ZERO:
        yield Command(Action.CONFIRM_ROLLED_BACK)
    if rollback_overdue(seen):
        yield Command(Action.ROLLBACK_FAILED)


def _stops(seen: Snapshot, stage: StageSeen) -> Iterator[Command]:
    # A failure is told before what is only undecided.
    found = sorted(called(seen, stage), key=lambda each: each[0].word is not Word.FAIL)
    for wanted in (Then.HALT, Then.HOLD, Then.EXTEND, Then.ASK):
        for gate, then in found:
            if then is wanted:
                yield Command(_answer(gate, then), stage=stage.number, gate=gate.name)


def _answer(gate: GateSeen, then: Then) -> Action:
    if then is Then.HOLD:
        return Action.HOLD_FOR_NO_DATA if gate.word is Word.NO_DATA else Action.HOLD_FOR_GATE
    answers = {Then.HALT: Action.HALT_FOR_GATE, Then.EXTEND: Action.EXTEND_BAKE}
    return answers.get(then, Action.ASK_FOR_GATE)


def _goes_on(seen: Snapshot, stage: StageSeen) -> Iterator[Command]:
    if stage.state is StageState.READY and unready(seen, stage):
        yield Command(Action.STAGE_UNREADY, stage=stage.number)
    if seen.held_for is HoldCause.NO_DATA and not silent_gates(seen, stage):
        yield Command(Action.LIFT_HOLD, stage=stage.number)
    if stage.state is StageState.BAKING:
        yield Command(Action.STAGE_READY, stage=stage.number)
    if stage.state is StageState.READY and seen.upcoming is not None:
        yield Command(Action.PROMOTE, stage=seen.upcoming.number)
