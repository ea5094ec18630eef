"""What every judge offers, and the values that it works on. Django-free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rollouts.gates.values import Word

State = dict[str, Any]
"""What a judge carries from window to window: small JSON, its settings included."""


@dataclass(frozen=True)
class JudgedWindow:
    """One closed window of what a gate looks at.

    `start` and `length` in seconds (start since 1970). `bad` of `total` requests, or `value` for a
    number that is no share; `baseline_bad` of `baseline_total` are those of what is compared with, as
    counted from the same side. `gap`: nobody could be asked. `counts`: whether it may count towards the
    bake (a held one does not). `seen_by`: the perspective that the counts come from.
    """

    start: int
    bad: float = 0
    total: float = 0
    value: float | None = None
    gap: bool = False
    counts: bool = True
    length: int = 60
    seen_by: str = ""
    baseline_bad: float = 0
    baseline_total: float = 0


@dataclass(frozen=True)
class Opinion:
    """A judge's word with one sentence and what it rests on. A pass may carry a warning."""

    word: Word
    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)
    warning: bool = False


class Judge(Protocol):
    """Windows in, verdict out.

    `update` is idempotent by window (one that is not newer than the newest judged changes nothing), and
    taking windows one by one equals taking them all at once.
    """

    def start(self, settings: Mapping[str, Any]) -> State:
        """The state before any window."""
        ...

    def update(self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]) -> tuple[State, Opinion]:
        """Take in closed windows, oldest first. Does not change the state that it is given."""
        ...
