"""Shares with how sure they are: a dot on a line from 0 to 100 %, its 95 % interval as a bar. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollouts.dashboard import wording

# Names such as "Healthy, margin 1.25 (this gate)" stand left of it, in the large letters of a phone.
WIDTH, LEFT, RIGHT = 460.0, 240.0, 372.0
TOP, STEP = 26.0, 24.0
LEVELS = (0, 50, 100)


@dataclass(frozen=True)
class Interval:
    """One line: its name, the share (None: no data) with its bounds, and what stands at its end."""

    name: str
    share: float | None
    low: float
    high: float
    word: str
    look: str


@dataclass(frozen=True)
class Placed:
    """Where a line stands in the picture."""

    y: float
    name: str
    word: str
    look: str
    dot: float | None
    begin: float
    width: float


@dataclass(frozen=True)
class Intervals:
    """Everything that the template draws in a picture 460 wide; `sentence` says it in words."""

    height: float
    bottom: float
    rows: tuple[Placed, ...]
    levels: tuple[tuple[float, str], ...]
    sentence: str


def draw(given: Sequence[Interval], sentence: str) -> Intervals:
    """The lines from top to bottom."""
    rows = tuple(_placed(number, each) for number, each in enumerate(given))
    bottom = TOP + STEP * len(rows)
    levels = tuple((_x(level / 100), wording.percent(level / 100, 0)) for level in LEVELS)
    return Intervals(bottom + 6, bottom - STEP / 2 + 4, rows, levels, sentence)


def _placed(number: int, each: Interval) -> Placed:
    begin, end = _x(each.low), _x(each.high)
    return Placed(
        y=TOP + STEP * number,
        name=each.name,
        word=each.word,
        look=each.look,
        dot=None if each.share is None else _x(each.share),
        begin=begin,
        width=max(end - begin, 1.0),
    )


def _x(share: float) -> float:
    return round(LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT), 1)
