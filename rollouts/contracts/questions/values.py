"""What is known when the two questions are asked, and what is answered. Django-free."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from rollouts.contracts.values import Readiness


class Word(StrEnum):
    """Worst first; the whole answer is the worst of its lines."""

    NO = "no"
    NO_DATA = "no_data"
    PENDING = "pending"
    YES = "yes"


WORST_FIRST = tuple(Word)


class Touch(StrEnum):
    """What the difference is to one consumer, from what it is recorded to use.

    Dangerous: it breaks nobody who keeps to the contract, and may surprise.
    """

    COMPATIBLE = "compatible"
    DANGEROUS = "dangerous"
    BREAKING = "breaking"
    UNDECIDED = "undecided"


class Do(StrEnum):
    """What has to be done about a line, so that faces can lead to where one does it."""

    SAY = "say"
    TEST = "test"
    MOVE = "move"
    DECLARE = "declare"
    END = "end"
    FINISH = "finish"
    COUNT = "count"


@dataclass(frozen=True)
class Evidence:
    """One result of tests of a consumer's build against a version. `reference`: where it is kept."""

    passed: bool
    at: datetime
    build: str = ""
    version: str = ""
    source: str = ""
    reference: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Caller:
    """A consumer of the contract. `exposed`: the stage reaches it. `declared`: somebody said that it is one.

    `confidence`: how sure it is, from what was observed, that it calls (0 to 1); `calls_last_hour`: on the
    old version. `excludes`: the range of versions that it uses leaves the asked version out.
    """

    name: str
    owner: str = ""
    build: str = ""
    exposed: bool = True
    declared: bool = True
    confidence: float = 1.0
    readiness: Readiness = Readiness.UNKNOWN
    touch: Touch = Touch.UNDECIDED
    touched_by: str = ""
    calls_last_hour: int = 0
    evidence: Sequence[Evidence] = ()
    excludes: bool = False


@dataclass(frozen=True)
class Calls:
    """Calls of one version in the days that are looked at. A caller without a name counts, too."""

    caller: str
    count: int


class Question(StrEnum):
    """What can be asked about a version."""

    PROMOTE = "promote"
    RETIRE = "retire"


@dataclass(frozen=True)
class Asked:
    """A question to the database. `environment`, `consumers`: where, and whom a stage reaches; empty: all.

    `beside`: the old version stays served; None: as is announced. `without`: a rollout (its key) that may
    return to the version, and does not count, since it asks itself.
    """

    question: Question
    contract: str
    version: str
    environment: str = ""
    consumers: frozenset[str] | None = None
    beside: bool | None = None
    without: int | None = None


class Unanswerable(LookupError):
    """What is asked about is not there: a sentence, and what to do."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence, self.remedy = sentence, remedy


@dataclass(frozen=True)
class PromoteFacts:
    """`beside`: the old version stays served. `wants_evidence`: also where nothing breaks.

    `unnamed_last_hour`: calls on an old version of which nobody knows who made them.
    """

    contract: str
    version: str
    now: datetime
    consumers: Sequence[Caller] = ()
    beside: bool = False
    wants_evidence: bool = False
    evidence_for: timedelta = timedelta(days=14)
    unnamed_last_hour: int = 0


@dataclass(frozen=True)
class RetireFacts:
    """`coverage`: the share of the last `days` in which calls were counted. `returns`: rollouts that may go
    back to the version. `quiet_days`: since when nobody called it.
    """

    contract: str
    version: str
    today: date
    deprecated: bool
    sunset: date | None = None
    consumers: Sequence[Caller] = ()
    calls: Sequence[Calls] = ()
    coverage: float = 1.0
    days: int = 14
    quiet_days: int = 0
    returns: Sequence[str] = ()


@dataclass(frozen=True)
class Line:
    """What one consumer, or one condition, answers. `todo`: who must do what, which `do` names.

    `undecided`: it rests on a difference of which nobody knows whether it breaks the consumer.
    """

    about: str
    word: Word
    sentence: str
    todo: str = ""
    warning: bool = False
    do: Do | None = None
    undecided: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "answer": self.word.value,
            "sentence": self.sentence,
            "todo": self.todo,
            "warning": self.warning,
            "do": self.do.value if self.do else None,
            "undecided": self.undecided,
        }


@dataclass(frozen=True)
class Answer:
    """The answer, why, and who must do what. `left_out`: consumers that the question does not reach."""

    question: str
    lines: Sequence[Line]
    left_out: Sequence[str] = field(default=())

    @property
    def word(self) -> Word:
        return min((line.word for line in self.lines), key=WORST_FIRST.index, default=Word.YES)

    @property
    def sentence(self) -> str:
        """Why: what its worst lines say."""
        worst = [line for line in self.lines if line.word is self.word]
        if self.word is not Word.YES:
            more = f" ({len(worst) - 1} more)" if len(worst) > 1 else ""
            return f"{worst[0].sentence}{more}"
        warned = next((line for line in worst if line.warning), None)
        if warned is not None:
            return warned.sentence
        return "No consumer stands against it." if worst else "Nobody relies on it."

    def as_json(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "answer": self.word.value,
            "sentence": self.sentence,
            "lines": [line.as_json() for line in self.lines],
            "todo": [line.todo for line in self.lines if line.todo and line.word is not Word.YES],
            "left_out": list(self.left_out),
        }
