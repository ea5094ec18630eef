"""Which command is possible in which state of the rollout, and for whom."""

from collections.abc import Iterable, Mapping

from rollouts.decisions.machine.snapshot import Snapshot, StageSeen
from rollouts.decisions.machine.values import Action, Command, Refused, Right
from rollouts.plans.values import RevisionState, RolloutState

_ASKING = frozenset(
    {
        RolloutState.PROPOSED,
        RolloutState.APPROVED,
        RolloutState.RUNNING,
        RolloutState.HELD,
        RolloutState.HALTED,
    }
)
_MOVING = frozenset({RolloutState.RUNNING, RolloutState.HELD})
_STOPPED = frozenset({RolloutState.HALTED, RolloutState.ROLLBACK_FAILED})
_RUNNING = frozenset({RolloutState.RUNNING})

POSSIBLE: Mapping[Action, frozenset[RolloutState]] = {
    Action.SAVE: frozenset(state for state in RolloutState if not state.ended),
    Action.PROPOSE: _ASKING | {RolloutState.DRAFT},
    Action.WITHDRAW: _ASKING,
    Action.APPROVE: _ASKING,
    Action.REJECT: _ASKING,
    Action.ASK_AGAIN: _ASKING,
    Action.START: frozenset({RolloutState.APPROVED}),
    Action.PROMOTE: _RUNNING,
    Action.APPROVE_AND_PROMOTE: _RUNNING,
    Action.HOLD: _MOVING,
    Action.RESUME: frozenset({RolloutState.HELD, RolloutState.HALTED}),
    Action.HALT: _MOVING,
    Action.ROLL_BACK: _STOPPED,
    Action.CONFIRM_ROLLED_BACK: frozenset({RolloutState.ROLLING_BACK}),
    Action.ROLLBACK_FAILED: frozenset({RolloutState.ROLLING_BACK}),
    Action.COMPLETE: _RUNNING,
    Action.SKIP: _MOVING,
    Action.CLOSE: _STOPPED,
    Action.CANCEL: frozenset({RolloutState.DRAFT, RolloutState.PROPOSED, RolloutState.APPROVED}),
    Action.STAGE_READY: _RUNNING,
    Action.STAGE_UNREADY: _MOVING,
    Action.BAKE_STARTED: _RUNNING,
    Action.HOLD_FOR_NO_DATA: _RUNNING,
    Action.HOLD_FOR_GATE: _RUNNING,
    Action.LIFT_HOLD: frozenset({RolloutState.HELD}),
    Action.HALT_FOR_GATE: _MOVING,
    Action.EXTEND_BAKE: _RUNNING,
    Action.ASK_FOR_GATE: _MOVING,
    Action.OVERDUE: _MOVING,
    Action.EXPIRE: _ASKING,
}

_PLANNER = frozenset({Right.PLANNER})
_APPROVER = frozenset({Right.APPROVER})
_ROLLBACK = frozenset({Right.ROLLBACK})
_SYSTEM = frozenset({Right.SYSTEM})

RIGHTS: Mapping[Action, frozenset[Right]] = {
    Action.SAVE: _PLANNER,
    Action.PROPOSE: _PLANNER,
    Action.WITHDRAW: _PLANNER,
    Action.APPROVE: frozenset(),
    Action.REJECT: frozenset(),
    Action.ASK_AGAIN: _PLANNER,
    Action.START: _PLANNER,
    Action.PROMOTE: _APPROVER | _SYSTEM,
    Action.APPROVE_AND_PROMOTE: _APPROVER,
    Action.HOLD: frozenset({Right.MEMBER}),
    Action.RESUME: _APPROVER,
    Action.HALT: frozenset({Right.MEMBER}),
    Action.ROLL_BACK: _ROLLBACK,
    Action.CONFIRM_ROLLED_BACK: _ROLLBACK | _SYSTEM,
    Action.ROLLBACK_FAILED: _ROLLBACK | _SYSTEM,
    Action.COMPLETE: _PLANNER,
    Action.SKIP: frozenset({Right.BREAKER}),
    Action.CLOSE: _PLANNER,
    Action.CANCEL: _PLANNER,
    Action.STAGE_READY: _SYSTEM,
    Action.STAGE_UNREADY: _SYSTEM,
    Action.BAKE_STARTED: _SYSTEM,
    Action.HOLD_FOR_NO_DATA: _SYSTEM,
    Action.HOLD_FOR_GATE: _SYSTEM,
    Action.LIFT_HOLD: _SYSTEM,
    Action.HALT_FOR_GATE: _SYSTEM,
    Action.EXTEND_BAKE: _SYSTEM,
    Action.ASK_FOR_GATE: _SYSTEM,
    Action.OVERDUE: _SYSTEM,
    Action.EXPIRE: _SYSTEM,
}

OVERRIDABLE = frozenset({Action.PROMOTE, Action.RESUME, Action.COMPLETE, Action.SKIP})
"""What the break-glass role passes over. A start and a proposal pass over moves only: see `_clashing`."""

HOLDERS: Mapping[Right, str] = {
    Right.MEMBER: "a member, or the person on call, of a team that owns a service in the rollout",
    Right.APPROVER: "an approver of a team that owns a service in it, or that a gate or policy names",
    Right.PLANNER: "a planner of the owning team",
    Right.BREAKER: "a person with the break-glass role",
    Right.ROLLBACK: "one of those whom the plan lets roll back",
    Right.SYSTEM: "Gatehouse itself",
}


def require_right(seen: Snapshot, command: Command) -> None:
    """Raises Refused unless the actor may ask for this in this rollout."""
    if command.override and command.action not in OVERRIDABLE and not _clashing(seen, command):
        raise Refused(
            "no_override",
            f"An override cannot {command.action.label.lower()}.",
            f"It can {listed(sorted(action.label.lower() for action in OVERRIDABLE), 'or')}.",
        )
    breaks_glass = command.override and command.action is not Action.PROPOSE
    needed = frozenset({Right.BREAKER}) if breaks_glass else RIGHTS[command.action]
    if not needed or needed & seen.rights or _named(seen, command, needed):
        return
    holders = listed(sorted(HOLDERS[right] for right in needed), "or")
    raise Refused(
        "forbidden",
        f"{_what(command)} is not yours to decide here.",
        f"It takes {holders}.",
    )


def _clashing(seen: Snapshot, command: Command) -> bool:
    """Whether moves stand against it that may be passed over; nothing else of a start or a proposal may.

    Who proposes answers for it, as others still have to approve; a start breaks the glass.
    """
    draft = seen.newest(RevisionState.DRAFT)
    if command.action is Action.PROPOSE:
        return draft is not None and bool(draft.clashes)
    return command.action is Action.START and bool(seen.clashes)


def _named(seen: Snapshot, command: Command, needed: frozenset[Right]) -> bool:
    """A gate or policy of the stage that is entered, or resumed, names the actor's team."""
    if Right.APPROVER not in needed:
        return False
    entered = command.stage if command.stage is not None else number(seen.upcoming)
    stages = {number(seen.current), number(seen.upcoming)} if command.action is Action.RESUME else {entered}
    return bool(stages & seen.named_for)


def number(stage: StageSeen | None) -> int | None:
    """The number of a stage that may not exist."""
    return stage.number if stage else None


def require_state(seen: Snapshot, command: Command) -> None:
    """Raises Refused unless the command is possible while the rollout stands where it stands."""
    if seen.state in POSSIBLE[command.action]:
        return
    states = [phrase(state) for state in RolloutState if state in POSSIBLE[command.action]]
    raise Refused(
        "already_halted"
        if command.action is Action.HALT and seen.state is RolloutState.HALTED
        else "not_now",
        f"{_what(command)} is not possible while the rollout is {phrase(seen.state)}.",
        f"It is possible while the rollout is {listed(states, 'or')}. {possible_now(seen.state)}",
    )


def possible_now(state: RolloutState) -> str:
    """What people can ask for in this state, as a sentence."""
    actions = [
        action.label.lower() for action in Action if state in POSSIBLE[action] and RIGHTS[action] != _SYSTEM
    ]
    return f"Possible now: {listed(actions, 'or')}." if actions else "Nothing moves any more."


def phrase(state: RolloutState) -> str:
    """The state as it follows "the rollout is"."""
    special = {RolloutState.DRAFT: "a draft", RolloutState.ROLLBACK_FAILED: "left by a rollback that failed"}
    return special.get(state, state.label.lower())


def listed(names: Iterable[str], last: str = "and") -> str:
    """ "a, b and c"."""
    *some, final = names
    return f"{', '.join(some)} {last} {final}" if some else final


def capitalised(text: str) -> str:
    """The text as the start of a sentence; the rest keeps its capitals."""
    return text[:1].upper() + text[1:]


def _what(command: Command) -> str:
    return (
        "An override"
        if command.override and command.action is not Action.PROPOSE
        else f"“{command.action.label}”"
    )
