"""Bakes of the past, judged as they would have been: how many halt, and when. Django-free.

Past windows are cut into bakes of the stage's length, one after the other; each gets a judge that starts
anew, as every stage does, and is looked at in every window, as the product does.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rollouts.gates.judges.protocol import Judge, JudgedWindow
from rollouts.gates.values import Word

Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of `bakes`: `halted` by a failing gate, `undecided` at their end, `silent` without data.

    `windows` are those until the halt, of the bakes that halted. Silent bakes are counted apart, and
    not in `bakes`: they say nothing about the judge.
    """

    bakes: int
    halted: int
    undecided: int
    silent: int
    windows: tuple[int, ...] = ()

    @property
    def share(self) -> float | None:
        """Halted bakes among all; None without any."""
        return self.halted / self.bakes if self.bakes else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the share, 95 %."""
        return wilson(self.halted, self.bakes)

    @property
    def median_windows(self) -> float | None:
        """Windows until the halt, in the median."""
        return median(self.windows) if self.windows else None

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        return {
            "bakes": self.bakes,
            "halted": self.halted,
            "undecided": self.undecided,
            "silent": self.silent,
            "share": self.share,
            "low": low,
            "high": high,
            "median_windows": self.median_windows,
        }


def wilson(found: int, of: int, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval for `found` of `of` (E. B. Wilson, JASA 22, 1927); all of 0 to 1 for none."""
    if of <= 0:
        return 0.0, 1.0
    share, square = found / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def bakes(windows: Sequence[JudgedWindow], length: int) -> Iterator[Sequence[JudgedWindow]]:
    """Whole bakes of so many windows, one after the other."""
    for start in range(0, len(windows) - length + 1, length):
        yield windows[start : start + length]


def tally(judge: Judge, settings: Mapping[str, Any], windows: Sequence[JudgedWindow], length: int) -> Tally:
    """Judges every bake of `length` windows; the warm-up that `settings` name comes before them."""
    halted, undecided, silent, until, all_of_them = 0, 0, 0, [], 0
    whole = length + int(settings.get("warm_up", 0))
    for bake in bakes(windows, whole):
        if not any(_told(window) for window in bake):
            silent += 1
            continue
        all_of_them += 1
        at, word = halt_in(judge, settings, bake)
        if at is not None:
            halted += 1
            until.append(at)
        elif word is not Word.PASS:
            undecided += 1
    return Tally(all_of_them, halted, undecided, silent, tuple(until))


def halt_in(
    judge: Judge, settings: Mapping[str, Any], windows: Sequence[JudgedWindow]
) -> tuple[int | None, Word]:
    """The number of the window (from 1) at which it fails, if it does, and the last word."""
    state = judge.start(settings)
    word = Word.PENDING
    for number, window in enumerate(windows, 1):
        state, opinion = judge.update(state, [window])
        word = opinion.word
        if word is Word.FAIL:
            return number, word
    return None, word


def _told(window: JudgedWindow) -> bool:
    return not window.gap and (window.total > 0 or window.value is not None)
