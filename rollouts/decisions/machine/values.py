"""What the machine is told (commands), what it may say no with (refusals), and the words of both."""

from dataclasses import dataclass, field
from enum import StrEnum

from rollouts.gates.values import Word
from rollouts.lib.labels import Labelled
from rollouts.lib.refusals import Refusal
from rollouts.plans.values import StageState


class Right(StrEnum):
    """What an actor may do in one rollout. The owner of a freeze stands with the freeze."""

    MEMBER = "member"
    """Member, or person on call, of a team that owns a service in the rollout."""
    APPROVER = "approver"
    """Approver of a team that owns a service in the rollout."""
    PLANNER = "planner"
    """Planner of the team that owns the rollout."""
    BREAKER = "breaker"
    """May break the glass in this rollout."""
    ROLLBACK = "rollback"
    """One of those whom the plan in force lets roll back."""
    SYSTEM = "system"
    """The product itself: the ticker, or a changed verdict."""


class Action(Labelled):
    """What can be asked of the machine. Those from `stage_ready` on are the system's own."""

    SAVE = "save"
    PROPOSE = "propose"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    ASK_AGAIN = "ask_again"
    START = "start"
    PROMOTE = "promote"
    APPROVE_AND_PROMOTE = "approve_and_promote"
    HOLD = "hold"
    RESUME = "resume"
    HALT = "halt"
    ROLL_BACK = "roll_back"
    CONFIRM_ROLLED_BACK = "confirm_rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    COMPLETE = "complete"
    SKIP = "skip"
    CLOSE = "close"
    CANCEL = "cancel"
    STAGE_READY = "stage_ready"
    STAGE_UNREADY = "stage_unready"
    BAKE_STARTED = "bake_started"
    HOLD_FOR_NO_DATA = "hold_for_no_data"
    HOLD_FOR_GATE = "hold_for_gate"
    LIFT_HOLD = "lift_hold"
    HALT_FOR_GATE = "halt_for_gate"
    EXTEND_BAKE = "extend_bake"
    ASK_FOR_GATE = "ask_for_gate"
    OVERDUE = "overdue"
    EXPIRE = "expire"


class Measured(Labelled):
    """The share of traffic on the new version, as far as a decision needs it."""

    ZERO = "zero"
    NOT_ZERO = "not_zero"
    NO_DATA = "no_data"


class HoldCause(Labelled):
    """Why a rollout is held. Returning data lifts holds for no data and no others."""

    PERSON = "person"
    NO_DATA = "no_data"
    GATE = "gate"
    OVERDUE = "overdue"


class ReviewCause(Labelled):
    """What opened the one review of a rollout."""

    COMPLETION = "completion"
    HALT = "halt"
    ROLLBACK = "rollback"
    OVERRIDE = "override"


class EscalationCause(Labelled):
    """What starts an escalation."""

    HALT = "halt"
    ROLLBACK_FAILED = "rollback_failed"
    OVERDUE_STAGE = "overdue_stage"
    OVERDUE_DECISION = "overdue_decision"


@dataclass(frozen=True)
class Evidence:
    """What a person looked at: revisions, stages' states, and verdicts' words; never numbers.

    `revision` governs, `proposed` asks for approval. The keys of `words` are made by `evidence.key`.
    What is not in it was not seen and is not compared.
    """

    revision: int | None = None
    proposed: int | None = None
    stages: dict[int, StageState] = field(default_factory=dict)
    words: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """What someone asks for. Only `action` is always needed.

    `stage` is the stage *entered* (for a vote and a promotion), or the one skipped, or the one that a
    system command is about. `override` names the gates and freezes passed over. `remaining` states
    the exposure that stays when a rollout is closed. `unmeasured` confirms a rollback without data.
    `gate` and `request` are the gate or the approval request that a system command is about.
    """

    action: Action
    stage: int | None = None
    revision: int | None = None
    reason: str = ""
    override: tuple[str, ...] = ()
    seen: Evidence | None = None
    unmeasured: bool = False
    remaining: str = ""
    on_behalf_of: str | None = None
    gate: str | None = None
    request: str | None = None


class Refused(Refusal):
    """The command is not carried out and nothing is changed."""
