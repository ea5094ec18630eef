"""The machine: what a command does to what was seen, or why not and what would be needed."""

from collections.abc import Callable, Mapping

from rollouts.decisions.machine import endings, revisions, safety, stages, system, votes
from rollouts.decisions.machine.evidence import require_unchanged
from rollouts.decisions.machine.permits import require_right, require_state
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, Refused

VERBS: Mapping[Action, Callable[[Snapshot, Command], Transition]] = {
    Action.SAVE: revisions.save,
    Action.PROPOSE: revisions.propose,
    Action.WITHDRAW: revisions.withdraw,
    Action.APPROVE: votes.approve,
    Action.REJECT: votes.reject,
    Action.ASK_AGAIN: votes.ask_again,
    Action.START: stages.start,
    Action.PROMOTE: stages.promote,
    Action.APPROVE_AND_PROMOTE: stages.approve_and_promote,
    Action.HOLD: safety.hold,
    Action.RESUME: safety.resume,
    Action.HALT: safety.halt,
    Action.ROLL_BACK: endings.roll_back,
    Action.CONFIRM_ROLLED_BACK: endings.confirm_rolled_back,
    Action.ROLLBACK_FAILED: endings.rollback_failed,
    Action.COMPLETE: stages.complete,
    Action.SKIP: stages.skip,
    Action.CLOSE: endings.close,
    Action.CANCEL: endings.cancel,
    Action.STAGE_READY: system.stage_ready,
    Action.STAGE_UNREADY: system.stage_unready,
    Action.BAKE_STARTED: system.bake_started,
    Action.HOLD_FOR_NO_DATA: system.hold_for_no_data,
    Action.HOLD_FOR_GATE: system.hold_for_gate,
    Action.LIFT_HOLD: system.lift_hold,
    Action.HALT_FOR_GATE: system.halt_for_gate,
    Action.EXTEND_BAKE: system.extend_bake,
    Action.ASK_FOR_GATE: system.ask_for_gate,
    Action.OVERDUE: system.overdue,
    Action.EXPIRE: votes.expire,
}


def decide(seen: Snapshot, command: Command) -> Transition:
    """What `command` does to what was seen. Raises Refused, and then nothing is to be changed."""
    require_right(seen, command)
    require_unchanged(seen, command)
    require_state(seen, command)
    return VERBS[command.action](seen, command)


def weigh(seen: Snapshot, command: Command) -> Transition | Refused:
    """The answer that `decide` would give, for pages that show a button with what it does or needs."""
    try:
        return decide(seen, command)
    except Refused as refused:
        return refused
