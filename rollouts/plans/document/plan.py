"""A plan as the product reads it: typed, defaults applied, times resolved. Never written back."""

from dataclasses import dataclass, field
from datetime import timedelta

from rollouts.plans.document.budget import ErrorBudgetPlan
from rollouts.plans.document.gate import DEFAULT_ALPHA, GatePlan, Public, Undecided
from rollouts.plans.document.local_time import Moment
from rollouts.plans.values import Advance, ChangeKind, OnHalt, OnOverdue, Visibility


@dataclass(frozen=True, slots=True)
class Owner:
    team: str
    person: str | None


@dataclass(frozen=True, slots=True)
class EscalationPlan:
    """Whom a halt reaches: a policy's slug, and words for people."""

    policy: str | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class ChangePlan:
    name: str
    service: str
    environment: str
    kind: ChangeKind
    from_version: str
    to_version: str
    flag: str
    contract: str
    note: str
    public: Public | None
    contract_from: str = ""
    contract_to: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An order that the plan states: `first` moves before `then`."""

    first: str
    then: str
    why: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a stage grants: `percent` of the traffic, of all callers or only of these."""

    percent: float
    consumers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def words(self) -> str:
        whom = ", ".join((*self.consumers, *self.regions))
        share = f"{self.percent:g} %"
        return f"{share} of {whom}" if whom else share

    def as_json(self) -> dict[str, float | list[str]]:
        """As rows and events keep it: `{"percent": 10}`, with consumers and regions where named."""
        said: dict[str, float | list[str]] = {"percent": self.percent}
        if self.consumers:
            said["consumers"] = list(self.consumers)
        if self.regions:
            said["regions"] = list(self.regions)
        return said


@dataclass(frozen=True, slots=True)
class Window:
    """When a stage is planned; `end` may be open."""

    start: Moment
    end: Moment | None


@dataclass(frozen=True, slots=True)
class Who:
    """People with one of `roles` in one of `teams`; no teams: every team that owns a service in it."""

    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("approver", "breaker")


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    who: Who = field(default_factory=Who)
    steps: tuple[str, ...] = ()
    expected_duration: timedelta = timedelta(minutes=5)
    success_metrics: tuple[str, ...] = ()
    data_lost: str = ""
    public: Public | None = None
    written: bool = False
    """False when the plan has none and these are only the defaults."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A step. Stages count from 1 in the order of the document."""

    number: int
    name: str
    title: str
    targets: tuple[str, ...]
    exposure: Exposure
    window: Window | None
    bake: timedelta
    max_duration: timedelta | None
    on_overdue: OnOverdue
    advance: Advance
    on_halt: OnHalt
    no_data: Undecided
    inconclusive: Undecided
    entry: tuple[GatePlan, ...]
    exit: tuple[GatePlan, ...]
    rollback: RollbackPlan
    fallback: str
    public: Public | None

    @property
    def gates(self) -> tuple[GatePlan, ...]:
        """Entry gates, then exit gates."""
        return self.entry + self.exit


@dataclass(frozen=True, slots=True)
class RiskPlan:
    id: str
    title: str
    likelihood: str
    impact: str
    mitigation: str
    owner: str
    gate: str
    state: str
    public: Public | None


@dataclass(frozen=True, slots=True)
class Impact:
    consumer: str
    impact: str
    action: str
    public: Public | None


@dataclass(frozen=True, slots=True)
class Communication:
    visibility: Visibility = Visibility.INTERNAL
    updates_every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What is asked afterwards; `author` is an e-mail or a team's slug."""

    required: bool
    author: str
    due_within: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    title: str
    rationale: str
    environment: str
    owner: Owner
    escalation: EscalationPlan
    expected_impact: tuple[Impact, ...]
    behavioural_shifts: tuple[str, ...]
    success_criteria: tuple[str, ...]
    changes: tuple[ChangePlan, ...]
    order: tuple[Edge, ...]
    stages: tuple[StagePlan, ...]
    risks: tuple[RiskPlan, ...]
    communication: Communication
    review: ReviewPlan
    public: Public | None
    alpha: float = DEFAULT_ALPHA
    """The chance that a rollout in which nothing is worse is failed by any of its statistical gates."""
    error_budget: ErrorBudgetPlan | None = None
    observe: bool = False
    """Its gates judge and say what they would do, and bind nobody."""

    @property
    def alpha_each(self) -> float:
        """What each statistical gate of each stage may use of `alpha`: equal parts, which add up."""
        uses = [gate for stage in self.stages for gate in stage.gates if gate.statistical]
        return self.alpha / max(1, len(uses))

    def change(self, name: str) -> ChangePlan:
        """The change of that name. Raises KeyError."""
        return {change.name: change for change in self.changes}[name]

    def stage(self, number: int) -> StagePlan:
        """The stage that counts `number` from 1. Raises KeyError."""
        if not 1 <= number <= len(self.stages):
            raise KeyError(number)
        return self.stages[number - 1]

    def services(self) -> tuple[str, ...]:
        """Slugs of the services that change, in the document's order, each once."""
        return tuple(dict.fromkeys(change.service for change in self.changes))
