"""The words of plans: states and choices of rollouts, stages, revisions and changes."""

from rollouts.lib.labels import Labelled


class RolloutState(Labelled):
    """Where a rollout stands. Closed, completed, rolled back and cancelled are ends."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    RUNNING = "running"
    HELD = "held"
    HALTED = "halted"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Nothing moves any more."""
        return self in ENDED

    @property
    def moving(self) -> bool:
        """Running or held: stages are being carried out and gates judge them."""
        return self in (RolloutState.RUNNING, RolloutState.HELD)

    @property
    def begun(self) -> bool:
        """Started at some time, so that exposure may have been granted."""
        return self not in NOT_STARTED and self is not RolloutState.CANCELLED


NOT_STARTED = frozenset({RolloutState.DRAFT, RolloutState.PROPOSED, RolloutState.APPROVED})
ENDED = frozenset(
    {RolloutState.ROLLED_BACK, RolloutState.COMPLETED, RolloutState.CLOSED, RolloutState.CANCELLED}
)


class StageState(Labelled):
    """Where one stage of the revision in force stands."""

    PENDING = "pending"
    WAITING = "waiting"
    BAKING = "baking"
    READY = "ready"
    PROMOTED = "promoted"
    HALTED = "halted"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    SKIPPED = "skipped"

    @property
    def begun(self) -> bool:
        """Entered at some time: read-only in later revisions, taken back by a rollback."""
        return self not in (StageState.PENDING, StageState.SKIPPED)

    @property
    def current(self) -> bool:
        """The stage that is carried out now: entered and not yet left."""
        return self in (StageState.WAITING, StageState.BAKING, StageState.READY, StageState.HALTED)


class RevisionState(Labelled):
    """Where one numbered document of a plan stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ChangeKind(Labelled):
    """What one service does in a rollout."""

    BUILD = "build"
    EXPAND = "expand"
    MIGRATE = "migrate"
    CONTRACT = "contract"
    FLAG = "flag"


class OnHalt(Labelled):
    """What a halt grants: the same, what the last promoted stage granted, or nothing."""

    KEEP = "keep"
    PREVIOUS = "previous"
    OFF = "off"


class Advance(Labelled):
    """Who enters a stage once every gate passes: a person or the system."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class OnOverdue(Labelled):
    """What happens when a stage exceeds its maximum duration."""

    ASK = "ask"
    HOLD = "hold"
    ESCALATE = "escalate"


class Visibility(Labelled):
    """Who may see a rollout's page."""

    PRIVATE = "private"
    INTERNAL = "internal"
    LINK = "link"
    PUBLIC = "public"
