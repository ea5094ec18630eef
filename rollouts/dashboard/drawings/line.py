"""Line charts as SVG: canary thick, baseline dashed, other days dotted, the limit named, gaps hatched."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape
from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.drawings.axes import shape_of, ticks
from rollouts.dashboard.drawings.figure import figure as figure
from rollouts.dashboard.drawings.series import Before as Before
from rollouts.dashboard.drawings.series import Mark as Mark
from rollouts.dashboard.drawings.series import Points as Points
from rollouts.dashboard.drawings.series import Series as Series
from rollouts.dashboard.drawings.series import said as said
from rollouts.dashboard.values import Chart

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460.0, 200.0, 44.0, 372.0, 12.0, 174.0
APART = 17.0
"""Between two lines of words: a phone's letters are 16 high."""
DEEPEST = 196.0
LETTER = 8.5
"""The width of a phone's letter, about."""
MOST_BESIDE = 12
"""Characters of a word that fits between the lines' end and the picture's."""


def chart(series: Series, *, rows: int = 12) -> Chart:
    """The figure of a series: sentence, picture, table of at most so many rows, and Plotly's data."""
    return Chart(
        id=series.id,
        title=series.title,
        caption=series.caption,
        sentence=sentence(series),
        svg=svg(series),
        head=(
            *(_("UTC"), series.word or _("New version")),
            *((_("Old version"),) if series.baseline else ()),
            *(each.name for each in series.before),
        ),
        rows=table(series, rows),
        plot=figure(series),
    )


def sentence(series: Series) -> str:
    """What the line says, for those who do not see it."""
    known = [value for _at, value in series.canary if value is not None]
    if not known:
        return _("%(title)s: no data.") % {"title": series.title}
    words = {
        "title": series.title,
        "low": said(series, min(known)),
        "high": said(series, max(known)),
        "now": said(series, known[-1]),
    }
    text = _("%(title)s, between %(low)s and %(high)s, last %(now)s.") % words
    if series.limit is not None:
        text += " " + _("The limit is %(limit)s.") % {"limit": said(series, series.limit)}
    return text


def table(series: Series, most: int) -> tuple[tuple[str, ...], ...]:
    """At most so many rows, evenly taken, the newest first."""
    others = [dict(each) for each in (series.baseline, *(one.points for one in series.before)) if each]
    step = max(1, math.ceil(len(series.canary) / most))
    rows = []
    for at, value in list(reversed(series.canary))[::step]:
        cells = [value, *(other.get(at) for other in others)]
        shown = [_("no data") if cell is None else said(series, cell) for cell in cells]
        rows.append((wording.moment(at, now=at, shape="second"), *shown))
    return tuple(rows)


@dataclass(frozen=True)
class Frame:
    """How times and values become places."""

    begin: datetime
    end: datetime
    low: float
    high: float
    log: bool

    def x(self, at: datetime) -> float:
        return LEFT + (at - self.begin) / (self.end - self.begin) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = (math.log10(max(v, 1e-6)) for v in (low, high, at))
        return BOTTOM - max(-0.05, min(1.05, (at - low) / (high - low))) * (BOTTOM - TOP)


def frame_of(series: Series) -> Frame | None:
    """The frame around all values and the limit, or None without any value."""
    values = [value for _at, value in series.points if value is not None]
    if not values or len(series.canary) < 2:
        return None
    if series.limit is not None:
        values.append(series.limit)
    low, high = min(values), max(values)
    if series.log:
        return Frame(series.canary[0][0], series.canary[-1][0], min(0.1, low) or 0.01, high * 1.5, True)
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    floor = 0.0 if low >= 0 and low - room < 0 else low - room
    return Frame(series.canary[0][0], series.canary[-1][0], floor, high + room, False)


def svg(series: Series) -> str:
    """The picture as markup; its texts are escaped."""
    frame = frame_of(series)
    if frame is None:
        return nothing()
    parts = [*grid(series, frame), *gaps(series, frame)]
    parts += marks(series, frame)
    words: list[Words] = []
    if series.limit is not None:
        y = frame.y(series.limit)
        parts.append(f'<path class="s-limit" d="M{LEFT:g} {y:.1f}H{RIGHT:g}"/>')
        words.append(Words(y, series.limit_word or said(series, series.limit), "t-stop"))
    # Later ones lie above: other days behind the old version, and that behind the new one.
    lines = [(each.points, "s-before", each.short) for each in series.before]
    lines += [(series.baseline, "s-base", _("old")), (series.canary, "s-can", series.word or _("new"))]
    for points, look, name in lines:
        drawn = line(points, frame, look)
        if drawn is None:
            continue
        path, last = drawn
        parts.append(path)
        text = name if look == "s-before" else f"{name} {said(series, last)}"
        words.append(Words(frame.y(last), text, "t-ink" if look == "s-can" else "t-quiet"))
    return "".join([*parts, *labels(words)])


def marks(series: Series, frame: Frame) -> list[str]:
    """Lines of events with their words: after the line, or before it where the limit's name begins.

    A word that would cover one before it stands a line lower.
    """
    parts: list[str] = []
    taken: list[tuple[float, float, int]] = []
    for mark in sorted(series.marks, key=lambda each: each.at):
        if not frame.begin <= mark.at <= frame.end:
            continue
        x, width = frame.x(mark.at), len(mark.word) * LETTER
        late = x > RIGHT - 60
        begin = x - 4 - width if late else x + 4
        level = 0
        while any(begin < end and start < begin + width and level == at for start, end, at in taken):
            level += 1
        taken.append((begin, begin + width, level))
        place = f'x="{x - 4:.1f}" text-anchor="end"' if late else f'x="{x + 4:.1f}"'
        parts.append(f'<path class="s-event" d="M{x:.1f} {TOP:g}V{BOTTOM:g}"/>')
        y = TOP + 10 + level * APART
        parts.append(f'<text class="ax halo" {place} y="{y:g}">{escape(mark.word)}</text>')
    return parts


def nothing() -> str:
    """A picture that says that there is nothing, hatched."""
    return (
        f'<rect class="nothing" fill="url(#hatch-none)" x="{LEFT:g}" y="{TOP:g}" '
        f'width="{RIGHT - LEFT:g}" height="{BOTTOM - TOP:g}"/>'
        f'<text class="ax lab halo" x="{(LEFT + RIGHT) / 2:g}" y="{(TOP + BOTTOM) / 2:g}" '
        f'text-anchor="middle">{escape(_("no data"))}</text>'
    )


def levels(series: Series, frame: Frame) -> tuple[list[float], int]:
    """The values of level lines; those of a logarithmic axis stand evenly on it."""
    if not frame.log:
        return ticks(frame.low, frame.high)
    low, high = math.log10(frame.low), math.log10(frame.high)
    places = series.places if frame.high - frame.low > 5 else max(series.places, 2)
    return [10 ** (low + (high - low) * share) for share in (0.0, 1 / 3, 2 / 3, 1.0)], places


def grid(series: Series, frame: Frame) -> list[str]:
    """Level lines with numbers and three times."""
    parts = []
    values, places = levels(series, frame)
    for value in values:
        y = frame.y(value)
        parts.append(f'<path class="gridl" d="M{LEFT:g} {y:.1f}H{RIGHT:g}"/>')
        reading = f"{wording.number(value, places)}{wording.NBSP}{series.unit if series.unit == '%' else ''}"
        words = escape(reading.rstrip(wording.NBSP))
        parts.append(f'<text class="ax" x="37" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    shape = shape_of(frame.end - frame.begin)
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = frame.begin + (frame.end - frame.begin) * share
        text = wording.moment(at, now=at, shape=shape)
        parts.append(f'<text class="ax" x="{frame.x(at):.1f}" y="193" text-anchor="{anchor}">{text}</text>')
    return parts


def gaps(series: Series, frame: Frame) -> list[str]:
    """Hatched stretches where the new version gave no data."""
    parts = []
    start: datetime | None = None
    for at, value in [*series.canary, (frame.end, 0.0)]:
        if value is None and start is None:
            start = at
        elif value is not None and start is not None:
            x, width = frame.x(start), max(2.0, frame.x(at) - frame.x(start))
            place = f'x="{x:.1f}" y="{TOP:g}" width="{width:.1f}" height="{BOTTOM - TOP:g}"'
            parts.append(f'<rect class="nothing" fill="url(#hatch-none)" {place}/>')
            start = None
    return parts


def line(
    points: Sequence[tuple[datetime, float | None]], frame: Frame, look: str
) -> tuple[str, float] | None:
    """One line, broken at gaps, with its last value; None for one without any."""
    path, pen, last = [], "M", None
    for at, value in points:
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{frame.x(at):.1f} {frame.y(value):.1f}")
        pen, last = "L", (at, value)
    if last is None:
        return None
    x, y = frame.x(last[0]), frame.y(last[1])
    dot = f'<circle class="t-ink" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' if look == "s-can" else ""
    return f'<path class="{look}" d="{"".join(path)}"/>{dot}', last[1]


@dataclass(frozen=True)
class Words:
    """What stands at a line's end, which is at the height `y`."""

    y: float
    text: str
    tone: str

    @property
    def long(self) -> bool:
        """Whether it does not fit beside the lines, in the large letters of a phone."""
        return len(self.text) > MOST_BESIDE

    @property
    def wanted(self) -> float:
        """Where it would stand alone: beside its line, or above it."""
        return self.y - 8 if self.long else self.y + 4


def labels(words: Sequence[Words]) -> list[str]:
    """Words at the lines' ends, so far apart that none covers another; the newest line's first of equals."""
    order = sorted(range(len(words)), key=lambda number: (words[number].wanted, -number))
    placed = [words[number] for number in order]
    heights = [each.wanted for each in placed]
    for number in range(1, len(heights)):
        heights[number] = max(heights[number], heights[number - 1] + APART)
    # Nothing stands below the lines at their right, where the times end.
    lowest = DEEPEST
    for number in reversed(range(len(heights))):
        heights[number] = min(heights[number], lowest)
        lowest = heights[number] - APART
    return [_label(each, y) for each, y in zip(placed, heights, strict=True)]


def _label(words: Words, y: float) -> str:
    place = f'x="{WIDTH - 4:g}" text-anchor="end"' if words.long else f'x="{RIGHT + 7:g}"'
    look = f"ax lab {words.tone}{' halo' if words.long else ''}"
    return f'<text class="{look}" {place} y="{y:.1f}">{escape(words.text)}</text>'
