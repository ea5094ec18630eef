"""Whether a gate that only observed would have been right, and how often. Django-free.

An *occasion* is one observing gate of one stage that was entered, looked at until the first of: trouble (a
halt or a rollback of the rollout from then on), the end of the stage, now.

    would have stopped     a `fail` stood there in that time: by `on_fail` it would have halted, held or
                           asked; on entering, it stood there when the stage was entered
    would have let through never a `fail`, and `pass` at the end of that time
    watching               the stage is under way, and no `fail` so far: it is not counted yet
    undecided              none of these: it counts for nothing

    went badly   the review says that the change did harm; else there was trouble
    went well    the review says that it did none; else the rollout was completed without trouble
    not known    neither, so far

    right        stopped what went badly, or let through what went well
    wrong        stopped what went well, or let through what went badly
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollouts.gates.values import Word


class Did(StrEnum):
    """What a gate would have done if it had bound."""

    STOP = "stop"
    LET_THROUGH = "let_through"
    WATCHING = "watching"
    UNDECIDED = "undecided"


class Went(StrEnum):
    """What became of what the gate looked at."""

    BADLY = "badly"
    WELL = "well"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Said:
    """A word of the gate, from `at` on."""

    at: datetime
    word: Word


@dataclass(frozen=True)
class Course:
    """What is known of the stage: when it was entered and left (None: it is under way), and of its rollout.

    `trouble_at`: the first halt or rollback since it was entered. `harmful`: what the review says.
    """

    entered_at: datetime
    left_at: datetime | None = None
    trouble_at: datetime | None = None
    completed: bool = False
    harmful: bool | None = None


@dataclass(frozen=True)
class Occasion:
    """What the gate would have done, when, and what became of it. `right` is None where nobody can say."""

    did: Did
    at: datetime | None
    went: Went
    on_fail: str = "halt"

    @property
    def right(self) -> bool | None:
        """Whether what it would have done fits what became of it."""
        if self.did not in (Did.STOP, Did.LET_THROUGH) or self.went is Went.UNKNOWN:
            return None
        return (self.did is Did.STOP) is (self.went is Went.BADLY)


def occasion(said: Sequence[Said], course: Course, *, on_fail: str = "halt", entry: bool = False) -> Occasion:
    """What a gate with these words, oldest first, would have done in that course."""
    until = course.entered_at if entry else _until(course)
    # What stood before the stage was entered was said of another time, but for a gate on entering.
    inside = [each for each in said if (entry or each.at >= course.entered_at) and _before(each.at, until)]
    went = _went(course)
    if entry:
        inside = inside[-1:]
    failed = next((each for each in inside if each.word is Word.FAIL), None)
    if failed is not None:
        return Occasion(Did.STOP, course.entered_at if entry else failed.at, went, on_fail)
    if until is None:
        return Occasion(Did.WATCHING, None, went, on_fail)
    passes = bool(inside) and inside[-1].word is Word.PASS
    return Occasion(Did.LET_THROUGH if passes else Did.UNDECIDED, until if passes else None, went, on_fail)


def _until(course: Course) -> datetime | None:
    return min((at for at in (course.trouble_at, course.left_at) if at), default=None)


def _before(at: datetime, until: datetime | None) -> bool:
    return until is None or at <= until


def _went(course: Course) -> Went:
    if course.harmful is not None:
        return Went.BADLY if course.harmful else Went.WELL
    if course.trouble_at is not None:
        return Went.BADLY
    return Went.WELL if course.completed else Went.UNKNOWN


def whole(occasions: Iterable[Occasion]) -> Occasion | None:
    """What a rollout all of whose gates observe would have done: the first stop; None without any gate.

    It lets through what every gate would have, and went as the first stage did, which saw all trouble.
    """
    found = list(occasions)
    if not found:
        return None
    went = max((each.went for each in found), key=(Went.UNKNOWN, Went.WELL, Went.BADLY).index)
    stops = [each for each in found if each.did is Did.STOP and each.at]
    if stops:
        first = min(stops, key=lambda each: (each.at, each.on_fail))
        return Occasion(Did.STOP, first.at, went, first.on_fail)
    if any(each.did is Did.WATCHING for each in found):
        return Occasion(Did.WATCHING, None, went)
    through = all(each.did is Did.LET_THROUGH for each in found)
    return Occasion(Did.LET_THROUGH if through else Did.UNDECIDED, None, went)


@dataclass(frozen=True)
class Tally:
    """How often gates would have stopped and let through, and how often that would have been right.

    What is in neither `right` nor `wrong` is not known (yet).
    """

    stops: int = 0
    stops_right: int = 0
    stops_wrong: int = 0
    passes: int = 0
    passes_right: int = 0
    passes_wrong: int = 0
    undecided: int = 0

    @property
    def occasions(self) -> int:
        """All that were looked at to their end."""
        return self.stops + self.passes + self.undecided

    @property
    def right(self) -> int:
        return self.stops_right + self.passes_right

    @property
    def known(self) -> int:
        """Occasions that were right or wrong."""
        return self.right + self.stops_wrong + self.passes_wrong


def tally(occasions: Iterable[Occasion]) -> Tally:
    """The sum of these occasions, but for those under way; their order changes nothing."""
    found = list(occasions)

    def many(did: Did, right: bool | None = None) -> int:
        return sum(each.did is did and (right is None or each.right is right) for each in found)

    return Tally(
        stops=many(Did.STOP),
        stops_right=many(Did.STOP, True),
        stops_wrong=many(Did.STOP, False),
        passes=many(Did.LET_THROUGH),
        passes_right=many(Did.LET_THROUGH, True),
        passes_wrong=many(Did.LET_THROUGH, False),
        undecided=many(Did.UNDECIDED),
    )
