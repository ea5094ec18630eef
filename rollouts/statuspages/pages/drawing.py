"""The timeline of the steps: planned is thin, actual is thick. SVG for everyone, and a figure for Plotly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from rollouts.statuspages.pages.facts import Page, Step

WIDTH, LEFT, TOP, ROW = 820.0, 210.0, 26.0, 26.0
COLOURS = {
    "pass": "#3c7a56",
    "move": "#2d6fb0",
    "wait": "#9a6b00",
    "stop": "#b3372f",
    "back": "#7a4fa3",
    "none": "#8a9690",
}
SPACINGS = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 28 * 86400)


@dataclass(frozen=True)
class Bar:
    """A rectangle: where it begins and how wide it is."""

    x: float
    width: float


@dataclass(frozen=True)
class Row:
    """One step with its bars; `look` is the class of the actual one."""

    label: str
    y: float
    look: str
    planned: Bar | None
    actual: Bar | None


@dataclass(frozen=True)
class Timeline:
    """What the template draws in a picture 820 wide, and what Plotly draws instead."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    now_x: float | None
    height: float
    bottom: float
    plot: dict[str, Any]


def draw(page: Page, zone: str) -> Timeline | None:
    """The timeline of a page's steps, or None where no step has a time."""
    times = [
        at
        for step in page.steps
        for at in (step.planned_start_at, step.planned_end_at, step.began_at, step.ended_at)
        if at
    ]
    if not times:
        return None
    end = max([*times, *([page.as_of] if page.current else [])])
    begin = min(times)
    margin = max((end - begin) * 0.03, timedelta(minutes=1))
    begin, end = begin - margin, end + margin

    def x(at: datetime) -> float:
        share = (at - begin) / (end - begin)
        return round(LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT), 1)

    def bar(start: datetime | None, stop: datetime | None) -> Bar | None:
        if start is None:
            return None
        return Bar(x(start), round(max(3.0, x(stop or start) - x(start)), 1))

    rows = tuple(
        Row(
            label=step.known_as if len(step.known_as) <= 32 else step.known_as[:31] + "…",
            y=TOP + ROW * place,
            look=f"b-{step.tone}",
            planned=bar(step.planned_start_at, step.planned_end_at),
            actual=bar(step.began_at, _stop(step, page)),
        )
        for place, step in enumerate(page.steps)
    )
    bottom = TOP + ROW * len(rows)
    now = x(page.as_of) if page.current and begin <= page.as_of <= end else None
    return Timeline(rows, _ticks(begin, end, x, zone), now, bottom + 20, bottom, figure(page, zone))


def _stop(step: Step, page: Page) -> datetime | None:
    return step.ended_at or (page.as_of if step.began_at and step.current else step.began_at)


def _ticks(begin: datetime, end: datetime, x: Any, zone: str) -> tuple[tuple[float, str], ...]:
    place = ZoneInfo(zone)
    scale = (WIDTH - LEFT) / (end - begin).total_seconds()
    step = next((spacing for spacing in SPACINGS if spacing * scale >= 84), SPACINGS[-1])
    offset = begin.astimezone(place).utcoffset() or timedelta()
    local = begin.timestamp() + offset.total_seconds()
    moment = (local // step + 1) * step - offset.total_seconds()
    found: list[tuple[float, str]] = []
    while moment < end.timestamp() and len(found) < 12:
        at = datetime.fromtimestamp(moment, UTC)
        shown = at.astimezone(place)
        found.append((x(at), f"{shown.day} {shown:%b}" if step >= 86400 else f"{shown:%H:%M}"))
        moment += step
    return tuple(found)


def figure(page: Page, zone: str) -> dict[str, Any]:
    """The same as Plotly's data and layout; times are local, because Plotly knows no zones."""
    place = ZoneInfo(zone)

    def local(at: datetime | None) -> str | None:
        return at.astimezone(place).strftime("%Y-%m-%d %H:%M:%S") if at else None

    def trace(
        name: str, spans: Sequence[tuple[Step, datetime | None, datetime | None]], width: float
    ) -> dict[str, Any]:
        known = [(step, start, stop) for step, start, stop in spans if start and stop]
        colours = [COLOURS[step.tone] if width > 0.3 else COLOURS["none"] for step, _start, _stop in known]
        return {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [step.known_as for step, _start, _stop in known],
            "base": [local(start) for _step, start, _stop in known],
            "x": [(stop - start).total_seconds() * 1000 for _step, start, stop in known],
            "width": width,
            # With an edge, so that a step of a moment is seen as well.
            "marker": {"color": colours, "line": {"color": colours, "width": 1}},
            "customdata": [[local(start), local(stop)] for _step, start, stop in known],
            "hovertemplate": "%{y}: %{customdata[0]} – %{customdata[1]}<extra>" + name + "</extra>",
        }

    planned = [(step, step.planned_start_at, step.planned_end_at) for step in page.steps]
    actual = [(step, step.began_at, _stop(step, page)) for step in page.steps]
    return {
        # The thin one lies upon the thick one, so that both are seen.
        "data": [trace(_("Actual"), actual, 0.5), trace(_("Planned"), planned, 0.08)],
        "layout": {
            "barmode": "overlay",
            "showlegend": False,
            "xaxis": {"type": "date", "title": {"text": zone}},
            # Every step has its row, also one without a time.
            "yaxis": {
                "type": "category",
                "categoryorder": "array",
                "categoryarray": [step.known_as for step in page.steps],
                "range": [len(page.steps) - 0.5, -0.5],
                "automargin": True,
            },
            "margin": {"l": 10, "r": 10, "t": 10, "b": 40},
            "height": max(220, 90 + 34 * len(page.steps)),
        },
    }
