"""What the machine sees of one rollout: plain values, read after the lock, at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollouts.approvals.values import Policy, Vote
from rollouts.decisions.machine.values import HoldCause, Measured, Right
from rollouts.gates.values import OnFail, Position, Then, Word
from rollouts.plans.values import Advance, OnHalt, OnOverdue, RevisionState, RolloutState, StageState


@dataclass(frozen=True)
class GateSeen:
    """One gate of a stage with its newest verdict's word.

    `observe`: it judges and binds nobody. `silenced`: it reads nothing only because a halt took its
    traffic. `silent_since`: since when its word is no data, at the earliest
    since the last (re)start of the stage. `passed_over`: somebody resumed by override
    in spite of this verdict, and it has not changed since, so it stops nothing by itself. `unclear_since`:
    since when it is inconclusive. `asked`: people were asked about this verdict already. `request`: the
    open approval request that an approval gate follows; its `word` is not looked at. `title`: what the
    log calls it; overrides and refusals go by its name. `because`: why it has not passed, where a refusal
    would not say enough without.
    """

    name: str
    word: Word
    position: Position = Position.EXIT
    kind: str = "metric"
    observe: bool = False
    on_fail: OnFail = OnFail.HALT
    silenced: bool = False
    silent_since: datetime | None = None
    no_data_after: timedelta = timedelta(minutes=15)
    on_no_data: Then = Then.HOLD
    no_data_extend: timedelta = timedelta()
    unclear_since: datetime | None = None
    inconclusive_after: timedelta = timedelta()
    on_inconclusive: Then = Then.WAIT
    inconclusive_extend: timedelta = timedelta()
    asked: bool = False
    passed_over: bool = False
    request: str | None = None
    title: str = ""
    because: str = ""


@dataclass(frozen=True)
class StageSeen:
    """One stage of the revision in force (before the start: of the revision that is to be started).

    An approval gate on leaving asks about entering the next stage (its request names that one).
    `approvals` names the approvals that a policy wants before the stage is entered, beside those that are
    gates; each blocks until a request of that name is filled, also while nobody was asked.
    `baked`: enough judged windows since its last (re)start. `overdue_at`: when its maximum duration
    ends, once it is entered; `overdue_said`: that was already logged. `extended`: by how much its bake has
    grown since then, `extended_until`: when the newest extension ends.
    """

    number: int
    name: str = ""
    state: StageState = StageState.PENDING
    gates: tuple[GateSeen, ...] = ()
    approvals: tuple[str, ...] = ()
    on_halt: OnHalt = OnHalt.PREVIOUS
    advance: Advance = Advance.MANUAL
    baked: bool = True
    bake: timedelta = timedelta()
    extended: timedelta = timedelta()
    extended_until: datetime | None = None
    on_overdue: OnOverdue = OnOverdue.ASK
    overdue_at: datetime | None = None
    overdue_said: bool = False

    def at(self, position: Position) -> tuple[GateSeen, ...]:
        """Its gates on entering or on leaving."""
        return tuple(gate for gate in self.gates if gate.position is position)

    def __str__(self) -> str:
        return f"stage {self.number} ({self.name})" if self.name else f"stage {self.number}"


@dataclass(frozen=True)
class Clash:
    """What speaks against an order of moves: the name that an override gives, why, and what would help.

    `code`: "order" of the plan itself, or "other_rollout".
    """

    name: str
    sentence: str
    remedy: str
    code: str = "order"


@dataclass(frozen=True)
class RevisionSeen:
    """One revision: who wrote it, its stages as planned, and which settled stages it would alter.

    `approvals` names the requests that must all be filled before the revision is approved. `clashes`, of the
    newest draft: whom the order of its stages breaks, and other rollouts that it gets in the way of.
    """

    number: int
    state: RevisionState
    digest: str = ""
    authors: frozenset[str] = frozenset()
    stages: tuple[StageSeen, ...] = ()
    alters: frozenset[int] = frozenset()
    approvals: tuple[str, ...] = ()
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True)
class RequestSeen:
    """One open approval request: of a revision (`stage` is None) or of entering a stage.

    It stays open, also when it is filled, rejected or expired, until a transition closes it.
    `may_vote` holds the actor, and everybody who delegated to the actor, who may vote by the policy,
    each with the teams that their vote counts for (`quorum.teams_for`).
    """

    id: str
    revision: int
    policy: Policy
    opened_at: datetime
    stage: int | None = None
    digest: str = ""
    name: str = "approval"
    votes: tuple[Vote, ...] = ()
    may_vote: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FreezeSeen:
    """A freeze window that is in force now for something in this rollout. `owned`: by the actor."""

    name: str
    absolute: bool = False
    owned: bool = False
    ends_at: datetime | None = None
    owner: str = ""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a decision may depend on.

    `granted` is the number of the stage whose exposure is granted, None for nothing. `named_for` are
    the stages for which a gate or policy names the actor's team as approver. `observe`: the whole
    rollout's gates bind nobody. `requests` are the open ones only, `freezes` those in force at `now`.
    `clashes`: what other rollouts have against entering the stage that is next.
    `names` are the names of those who delegated to the actor.
    """

    now: datetime
    state: RolloutState
    actor: str
    rights: frozenset[Right]
    actor_name: str = ""
    named_for: frozenset[int] = frozenset()
    stages: tuple[StageSeen, ...] = ()
    revisions: tuple[RevisionSeen, ...] = ()
    requests: tuple[RequestSeen, ...] = ()
    freezes: tuple[FreezeSeen, ...] = ()
    clashes: tuple[Clash, ...] = ()
    granted: int | None = None
    held_for: HoldCause | None = None
    rolling_back_since: datetime | None = None
    rollback_expected: timedelta | None = None
    exposure: Measured = Measured.NO_DATA
    has_review: bool = False
    observe: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_system(self) -> bool:
        """The product itself acts."""
        return Right.SYSTEM in self.rights

    @property
    def who(self) -> str:
        """The actor's name for sentences."""
        return "Gatehouse" if self.by_system else self.actor_name or self.actor

    def revision(self, number: int | None) -> RevisionSeen | None:
        """The revision with this number."""
        return next((each for each in self.revisions if each.number == number), None)

    def newest(self, state: RevisionState) -> RevisionSeen | None:
        """The newest revision in `state`."""
        found = [each for each in self.revisions if each.state is state]
        return max(found, key=lambda each: each.number, default=None)

    @property
    def governing(self) -> RevisionSeen | None:
        """The revision in force; before the start, the approved, proposed or drafted one."""
        order = (RevisionState.IN_FORCE, RevisionState.APPROVED, RevisionState.PROPOSED, RevisionState.DRAFT)
        return next((found for state in order if (found := self.newest(state))), None)

    def stage(self, number: int | None) -> StageSeen | None:
        """The stage with this number."""
        return next((each for each in self.stages if each.number == number), None)

    @property
    def current(self) -> StageSeen | None:
        """The stage that was entered and not yet left."""
        return next((each for each in self.stages if each.state.current), None)

    @property
    def upcoming(self) -> StageSeen | None:
        """The stage that would be entered next."""
        pending = [each for each in self.stages if each.state is StageState.PENDING]
        return min(pending, key=lambda each: each.number, default=None)

    def titled(self, sentence: str) -> str:
        """The sentence with the titles of gates where it has their names in quotation marks."""
        for stage in self.stages:
            for gate in stage.gates:
                sentence = sentence.replace(f"“{gate.name}”", f"“{gate.title or gate.name}”")
        return sentence

    def title_of(self, name: str) -> str:
        """The title of the gate of this name, or the name itself."""
        gates = (gate for stage in self.stages for gate in stage.gates)
        return next((gate.title for gate in gates if gate.name == name and gate.title), name)

    @property
    def last_promoted(self) -> int | None:
        """The number of the last stage that was carried out and left, None when there is none."""
        promoted = [each.number for each in self.stages if each.state is StageState.PROMOTED]
        return max(promoted, default=None)
