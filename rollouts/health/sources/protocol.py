"""What every kind of metric source offers: questions for many sources at once, and how answers are taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from rollouts.health.exemplars.values import Exemplar
from rollouts.health.models import Source, Target
from rollouts.health.signals import Measured, Subject

SPARE = timedelta(seconds=5)


def aligned(at: datetime, window_s: int) -> datetime:
    """The last window boundary at or before `at`; boundaries are multiples of the window since 1970."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % window_s, UTC)


@dataclass(frozen=True)
class Claim:
    """A source that is ours until the lease ends; `asked_at` says which window had closed by then."""

    source: Source
    until: datetime
    asked_at: datetime
    targets: tuple[Target, ...] = ()

    @property
    def end(self) -> datetime:
        """The end of the newest window that had closed, and the source knows, when it was claimed."""
        at = aligned(self.asked_at - self.source.lateness, self.source.window_s)
        due = self.source.due_at
        return at if due is None else max(at, due - self.source.lateness)


@dataclass(frozen=True)
class Question:
    """One thing to ask. `ask` gets a deadline (`time.monotonic`), needs no database, and never raises for
    what the source does: its answer says so.
    """

    key: str
    ask: Callable[[float], Any]


@dataclass(frozen=True)
class Warned:
    """Words of a source about data that may be partial. `name`: of a signal that is none of the known."""

    signal: str
    text: str
    name: str = ""


@dataclass(frozen=True)
class Taken:
    """What a round measured. `silent`: services of which something could not be asked.

    `answered`: whether anything was. `error` is a sentence for people, empty while all goes well.
    `rests_until`: till when the source is to be left alone. `exemplars`: single requests that it named.
    """

    measured: Mapping[Subject, Measured] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    services: frozenset[int] = frozenset()
    answered: bool = True
    error: str = ""
    warnings: tuple[Warned, ...] = ()
    requests: int = 0
    rests_until: datetime | None = None
    exemplars: Mapping[Subject, tuple[Exemplar, ...]] = field(default_factory=dict)


class MetricSource(Protocol):
    """One kind. At most `in_flight` questions of a source are asked at a time."""

    kind: ClassVar[str]
    in_flight: ClassVar[int]

    def questions(self, claims: Sequence[Claim]) -> Mapping[int, Sequence[Question]]:
        """What to ask each claimed source (by its id); a constant number of database queries."""
        ...

    def take(self, claim: Claim, source: Source, answers: Mapping[str, Any], *, end: datetime) -> Taken:
        """Take in the answers by their questions' keys, in the transaction that closes the window.

        `source` is the locked row. An answer that is absent came too late.
        """
        ...
