"""What one public page says, as plain values: words that somebody chose for outsiders, and our own."""

from dataclasses import dataclass, field
from datetime import datetime

from rollouts.statuspages.words import Standing


@dataclass(frozen=True)
class Step:
    """A stage that has public words, counted among those that have."""

    number: int
    title: str
    text: str
    state: str
    tone: str
    icon: str
    word: str
    current: bool = False
    share: float | None = None
    planned_start_at: datetime | None = None
    planned_end_at: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def known_as(self) -> str:
        return f"{self.number} {self.title}"


@dataclass(frozen=True)
class Check:
    """A gate in its public words. `met` is None while it cannot be said."""

    text: str
    met: bool | None = None
    stops: bool = False


@dataclass(frozen=True)
class Affected:
    """A service by its public name."""

    name: str
    text: str = ""
    changes: bool = True


@dataclass(frozen=True)
class Told:
    """An update of the owner's, or one event of the log in public words. `html` is sanitised."""

    id: str
    at: datetime
    title: str
    text: str = ""
    by: str = ""


@dataclass(frozen=True)
class Answered:
    """What a reader wrote and what was answered, where the answerer chose to show both."""

    text: str
    answer: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Learned:
    """The public version of the review."""

    summary: str
    lessons: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True)
class Page:
    """One rollout for outsiders."""

    slug: str
    title: str
    text: str
    state: str
    standing: Standing
    team: str
    as_of: datetime
    since: datetime | None = None
    steps: tuple[Step, ...] = ()
    moves: tuple[Check, ...] = ()
    awaits: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    back: str = ""
    services: tuple[Affected, ...] = ()
    told: tuple[Told, ...] = ()
    answered: tuple[Answered, ...] = ()
    learned: Learned | None = None
    revision: int | None = None
    ended: bool = False
    listed: bool = True
    sites: tuple[str, ...] = field(default=())

    @property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.current), None)

    @property
    def upcoming(self) -> Step | None:
        """The step that comes next, unless nothing moves any more."""
        return None if self.ended else next((step for step in self.steps if step.state == "pending"), None)

    @property
    def done_by(self) -> datetime | None:
        """When the last step is planned to be done."""
        times = [step.planned_end_at for step in self.steps if step.planned_end_at]
        return max(times, default=None)
