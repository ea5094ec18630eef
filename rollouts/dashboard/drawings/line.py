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
    for mark in series.marks:
        if frame.begin <= mark.at <= frame.end:
            x = frame.x(mark.at)
            parts.append(f'<path class="s-event" d="M{x:.1f} {TOP:g}V{BOTTOM:g}"/>')
            parts.append(beside(x, mark.word))
    if series.limit is not None:
        y = frame.y(series.limit)
        parts.append(f'<path class="s-limit" d="M{LEFT:g} {y:.1f}H{RIGHT:g}"/>')
        parts.append(label(y + 4, series.limit_word or said(series, series.limit), "t-stop"))
    new = series.word or _("new")
    lines = [(series.baseline, "s-base", _("old"), "t-quiet"), (series.canary, "s-can", new, "t-ink")]
    used: list[float] = []
    under = len(parts)
    for points, look, name, tone in lines:
        parts.extend(line(points, frame, look, name, tone, series, used))
    # Other days lie behind, and take the room for words that is left.
    behind = [
        line(each.points, frame, "s-before", each.short, "t-quiet", series, used) for each in series.before
    ]
    return "".join([*parts[:under], *(part for each in behind for part in each), *parts[under:]])


def beside(x: float, word: str) -> str:
    """The word of a mark: after its line, or before it where the limit's name begins."""
    late = x > RIGHT - 60
    place = f'x="{x - 4:.1f}" text-anchor="end"' if late else f'x="{x + 4:.1f}"'
    return f'<text class="ax halo" {place} y="{TOP + 10:g}">{escape(word)}</text>'


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
    points: Sequence[tuple[datetime, float | None]],
    frame: Frame,
    look: str,
    name: str,
    tone: str,
    series: Series,
    used: list[float],
) -> list[str]:
    """One line, broken at gaps, with its name at its end, and its last value but for other days."""
    path, pen, last = [], "M", None
    for at, value in points:
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{frame.x(at):.1f} {frame.y(value):.1f}")
        pen, last = "L", (at, value)
    if last is None:
        return []
    x, y = frame.x(last[0]), frame.y(last[1])
    text_y = y + 4
    away = -13 if y > BOTTOM - 26 else 13  # below the lowest line stand the times
    while any(abs(text_y - other) < 13 for other in used):
        text_y += away
    used.append(text_y)
    dot = f'<circle class="t-ink" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' if look == "s-can" else ""
    return [
        f'<path class="{look}" d="{"".join(path)}"/>{dot}',
        label(text_y, name if look == "s-before" else f"{name} {said(series, last[1])}", tone),
    ]


def label(y: float, text: str, tone: str) -> str:
    """Words at a line's end."""
    return f'<text class="ax lab {tone}" x="{RIGHT + 7:g}" y="{y:.1f}">{escape(text)}</text>'
