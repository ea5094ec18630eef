"""By when waves would be through, drawn from how long stages took before. Pure, and the same for the same."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SEED = 20261129
TRIALS = 1_000
FEWEST = 10
"""With fewer stages than this nothing is said."""

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long stages took, at part of the traffic and at all of it; `whose`: of which services."""

    part: tuple[timedelta, ...]
    whole: tuple[timedelta, ...]
    whose: str

    @property
    def enough(self) -> bool:
        return min(len(self.part), len(self.whole)) >= FEWEST


@dataclass(frozen=True, slots=True)
class Estimate:
    """When it would be through: in a tenth of the trials by `early`, in half by `middle`, in nine of ten by
    `late`."""

    early: datetime
    middle: datetime
    late: datetime
    trials: int = TRIALS


def estimate(start: datetime, waves: Sequence[Sequence[Lengths]], frozen: Sequence[Window] = ()) -> Estimate:
    """Each change of a wave passes through a stage at part and one at all of its traffic; a wave ends with
    the slowest of its changes, and the next begins. No stage begins in a freeze."""
    chance = random.Random(SEED)  # noqa: S311 - no secret: the same answer for the same question
    ends = sorted(_trial(start, waves, frozen, chance) for _ in range(TRIALS))
    early, middle, late = (ends[_place(share)] for share in (0.1, 0.5, 0.9))
    return Estimate(early, middle, late)


def _place(share: float) -> int:
    return min(TRIALS - 1, int(share * TRIALS))


def _trial(
    start: datetime,
    waves: Sequence[Sequence[Lengths]],
    frozen: Sequence[Window],
    chance: random.Random,
) -> datetime:
    at = start
    for wave in waves:
        ends = []
        for lengths in wave:
            end = free(at, frozen) + chance.choice(lengths.part)
            ends.append(free(end, frozen) + chance.choice(lengths.whole))
        at = max(ends, default=at)
    return at


def free(at: datetime, frozen: Sequence[Window]) -> datetime:
    """The first instant from `at` on that no freeze holds."""
    for begins, ends in sorted(frozen):
        if begins <= at < ends:
            at = ends
    return at
