"""The words of gates: what a verdict says, where a gate stands and what its failure does."""

from dataclasses import dataclass
from datetime import timedelta

from rollouts.lib.labels import Labelled


class Word(Labelled):
    """A verdict's word. No data is not health and not failure either."""

    PASS = "pass"  # noqa: S105 (a verdict, no password)
    FAIL = "fail"
    PENDING = "pending"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no_data"


class Position(Labelled):
    """Whether a gate guards entering a stage or leaving it."""

    ENTRY = "entry"
    EXIT = "exit"


class Then(Labelled):
    """What the system does about a gate that is undecided: without data, or inconclusive.

    `wait`: it keeps the stage from being left, and nothing else.
    """

    WAIT = "wait"
    HOLD = "hold"
    EXTEND = "extend"
    ASK = "ask"
    HALT = "halt"


@dataclass(frozen=True)
class Policy:
    """What the system does about an undecided word once it has stood for `after`.

    `extend`: by how much the bake may grow in all, where `then` is extend.
    """

    then: Then
    after: timedelta
    extend: timedelta

    @property
    def after_s(self) -> float:
        """In seconds."""
        return self.after.total_seconds()

    @property
    def extend_s(self) -> float:
        """In seconds."""
        return self.extend.total_seconds()


class OnFail(Labelled):
    """What a failing required gate does by itself."""

    HALT = "halt"
    HOLD = "hold"
    ASK = "ask"
