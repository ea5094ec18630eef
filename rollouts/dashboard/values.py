"""What the pages show, as plain values: templates need nothing else, and `/gallery/` fills them by hand."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One of the three answers: a lead of one sentence and the facts below it. `tone` lights it."""

    lead: str
    detail: str = ""
    tone: str = ""
    at: datetime | None = None
    at_word: str = ""


@dataclass(frozen=True)
class Answers:
    """Now, Why it waits, You can."""

    now: Answer
    why: Answer
    can: Answer
    why_word: str = ""


@dataclass(frozen=True)
class GateCount:
    """How many gates between two stages have passed, and the worst of the others."""

    passed: int = 0
    total: int = 0
    tone: str = "none"
    later: bool = False

    @property
    def share(self) -> float:
        """How far the portcullis is lifted; a way without gates is open."""
        return self.passed / self.total if self.total else 1.0


@dataclass(frozen=True)
class StageView:
    """One chamber of the rail. `share` is how far it has baked (0 to 1), None when that says nothing."""

    number: int
    title: str
    state: str
    exposure: str = ""
    word: str = ""
    share: float | None = None
    current: bool = False
    planned_start_at: datetime | None = None
    planned_end_at: datetime | None = None
    entered_at: datetime | None = None
    ended_at: datetime | None = None
    earliest_at: datetime | None = None
    bake_ends_at: datetime | None = None
    halted_for: timedelta | None = None
    overdue: bool = False
    gates: GateCount | None = None


@dataclass(frozen=True)
class GateRow:
    """One gate with its newest verdict: what it asks, what was found, and when.

    `note` stands under the time: "ends", "expires", "closes in". `missed` is why it does not bind.
    `href` leads to why its verdict is what it is; rows that are no gate of the plan have none. `would`: what
    a gate that only observes would do now. `part_of`: the composite through which alone it binds.
    """

    name: str
    title: str
    kind: str
    word: str
    sentence: str = ""
    at: datetime | None = None
    until_at: datetime | None = None
    until_word: str = ""
    share: float | None = None
    observe: bool = False
    part_of: str = ""
    would: str = ""
    warning: bool = False
    runbook: str = ""
    owner: str = ""
    value: str = ""
    on_fail: str = ""
    checklist: tuple["CheckItem", ...] = ()
    href: str = ""

    @property
    def open(self) -> bool:
        """It is not passed, so it comes first in lists."""
        return self.word != "pass"


@dataclass(frozen=True)
class CheckItem:
    """One line of a checklist gate; `href` takes the tick, if the reader may give it."""

    title: str
    done: bool
    by: str = ""
    href: str = ""
    name: str = ""


@dataclass(frozen=True)
class Act:
    """One decision that the reader could take. What is refused stays, dashed, with the reason."""

    action: str
    word: str
    icon: str
    href: str
    look: str = ""
    allowed: bool = True
    why_not: str = ""
    key: str = ""
    needs_fresh: bool = True


@dataclass(frozen=True)
class VoteView:
    """Who voted, or who is asked, for which team."""

    name: str
    team: str = ""
    word: str = ""
    tone: str = "wait"
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class DecisionBar:
    """The decision that stands next, its evidence in four lines, the votes, and the buttons."""

    title: str
    sentence: str = ""
    facts: tuple[tuple[str, object], ...] = ()
    votes: tuple[VoteView, ...] = ()
    acts: tuple[Act, ...] = ()
    halt: Act | None = None
    more: tuple[Act, ...] = ()
    why_not: str = ""
    may_read_only: bool = False
    who_can: str = ""


@dataclass(frozen=True)
class Upcoming:
    """One thing that the clock will do."""

    at: datetime
    word: str
    note: str = ""


@dataclass(frozen=True)
class LogRow:
    """One event of the log in one sentence, with the person's own words quoted."""

    seq: int
    at: datetime
    sentence: str
    tone: str = "none"
    icon: str = "pending"
    actor: str = ""
    face: str = ""
    reason: str = ""
    detail: str = ""
    erased: bool = False


@dataclass(frozen=True)
class RiskView:
    """A risk with its state."""

    title: str
    state: str
    text: str = ""
    owner: str = ""
    gate: str = ""


@dataclass(frozen=True)
class SignalRow:
    """One signal of canary and baseline in words, with its last windows."""

    title: str
    source: str
    canary: str
    baseline: str
    difference: str
    limit: str
    word: str
    spark: tuple[float | None, ...] = ()
    span: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure: a sentence, the server's picture, a table, and what Plotly needs for the richer one.

    That is `plot`, or is fetched from the address `figure` when asked for; `href` is then its own page.
    """

    id: str
    title: str
    caption: str
    sentence: str
    svg: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    plot: dict[str, Any] = field(default_factory=dict)
    href: str = ""
    figure: str = ""


@dataclass(frozen=True)
class Node:
    """A box of the dependency slice."""

    title: str
    note: str = ""
    href: str = ""
    tone: str = ""
    word: str = ""
    focus: bool = False


@dataclass(frozen=True)
class Edge:
    """A line between two columns, by place in each; `seen` was only observed."""

    start: int
    end: int
    seen: bool = False


@dataclass(frozen=True)
class GraphSlice:
    """Providers, contracts and consumers in three columns, and the same as a list."""

    providers: tuple[Node, ...] = ()
    contracts: tuple[Node, ...] = ()
    consumers: tuple[Node, ...] = ()
    provides: tuple[Edge, ...] = ()
    consumes: tuple[Edge, ...] = ()
    sentence: str = ""


@dataclass(frozen=True)
class Failure:
    """A follow-up or delivery that was given up, for a person to see and to try again."""

    id: int
    kind: str
    title: str
    error: str
    attempts: int
    parked_at: datetime
    retry: str = ""


@dataclass(frozen=True)
class StripStage:
    """One stage of the strip."""

    state: str
    share: float | None = None
    current: bool = False


@dataclass(frozen=True)
class PortfolioRow:
    """One rollout in the portfolio."""

    slug: str
    title: str
    services: str
    state: str
    word: str
    stages: tuple[StripStage, ...] = ()
    health_tone: str = "none"
    health: str = ""
    waits_for: str = ""
    next: str = ""
    next_at: datetime | None = None
    owner: str = ""
    team: str = ""
    href: str = ""


@dataclass(frozen=True)
class Confirmation:
    """What a decision will do, in words, before it is taken: effect, exposure and the way back.

    `doubts`: why the plan's metric gates should not be trusted yet; `trial` is where they are back-tested.
    `passed`: what an override passes over, and why it stands open; `despite`: where that is asked for.
    """

    action: str
    title: str
    effect: str
    exposure: str = ""
    way_back: str = ""
    told: str = ""
    button: str = ""
    look: str = "go"
    icon: str = "approval"
    reason: str = ""
    reason_word: str = ""
    reason_needed: bool = False
    back: str = ""
    back_word: str = ""
    post: str = ""
    stage: int | None = None
    revision: int | None = None
    seen: str = ""
    gates: tuple[GateRow, ...] = ()
    override: tuple[str, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()
    despite: str = ""
    asks_remaining: bool = False
    unmeasured: bool = False
    doubts: tuple[str, ...] = ()
    trial: str = ""
    problem: str = ""
    remedy: str = ""
    possible: bool = True
