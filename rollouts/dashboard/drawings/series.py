"""What a line chart shows, as values: lines, a limit, and what happened."""

from dataclasses import dataclass
from datetime import datetime

from rollouts.dashboard import wording

Points = tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True)
class Mark:
    """Something that happened, as a thin line with words."""

    at: datetime
    word: str


@dataclass(frozen=True)
class Before:
    """The same hours of another day: what it is called, in full and at its line's end, and its values."""

    name: str
    short: str
    points: Points


@dataclass(frozen=True)
class Series:
    """What one chart shows. `canary` and `baseline` are (time, value) with None for no data.

    `unit` follows the numbers; `limit` is drawn with `limit_word`; `log` makes a logarithmic axis.
    `word`: what the line is called where it is no new version beside an old one. `before`: thin lines of
    other days beside them.
    """

    id: str
    title: str
    caption: str
    unit: str
    canary: Points
    baseline: Points = ()
    limit: float | None = None
    limit_word: str = ""
    marks: tuple[Mark, ...] = ()
    log: bool = False
    places: int = 0
    word: str = ""
    before: tuple[Before, ...] = ()

    @property
    def points(self) -> Points:
        """Everything that is drawn."""
        return (*self.canary, *self.baseline, *(point for each in self.before for point in each.points))


def said(series: Series, value: float) -> str:
    """A value with its unit."""
    return f"{wording.number(value, series.places)}{wording.NBSP}{series.unit}".rstrip(wording.NBSP)
