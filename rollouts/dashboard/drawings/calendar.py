"""The calendar: planned windows thin, actual ones thick, freezes hatched, a line for now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollouts.dashboard import lamps, wording
from rollouts.dashboard.values import StageView

LEFT, RIGHT, TOP, STEP = 150.0, 1280.0, 30.0, 28.0


@dataclass(frozen=True)
class Bar:
    """A rectangle on the calendar."""

    x: float
    y: float
    width: float
    look: str = ""
    label: str = ""


@dataclass(frozen=True)
class Tick:
    """A labelled day."""

    x: float
    label: str


@dataclass(frozen=True)
class Row:
    """One stage: its name and its bars."""

    label: str
    y: float
    planned: Bar | None = None
    actual: Bar | None = None


@dataclass(frozen=True)
class Calendar:
    """Everything the template draws; `height` of a picture 1290 wide. `sentence` says it in words."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    freezes: tuple[Bar, ...]
    now_x: float | None
    height: float
    sentence: str = ""
    bottom: float = field(default=0.0)


def draw(
    stages: Sequence[StageView],
    freezes: Sequence[tuple[str, datetime, datetime]],
    now: datetime,
    sentence: str = "",
) -> Calendar | None:
    """The calendar of the stages, or None when nothing has a time."""
    begin, end = bounds(stages, now)
    if begin is None or end is None:
        return None
    scale = (RIGHT - LEFT) / (end - begin).total_seconds()

    def at(moment: datetime) -> float:
        return round(LEFT + max(0.0, min(1.0, (moment - begin) / (end - begin))) * (RIGHT - LEFT), 1)

    bottom = TOP + STEP * len(stages)
    rows = tuple(
        Row(
            label=f"{stage.number} {stage.title}",
            y=TOP + 11 + STEP * index,
            planned=bar(at, stage.planned_start_at, stage.planned_end_at, TOP + STEP * index, "plan"),
            actual=bar(at, stage.entered_at, actual_end(stage, now), TOP + 6 + STEP * index, look(stage)),
        )
        for index, stage in enumerate(stages)
    )
    held = tuple(
        Bar(at(start), 18, max(2.0, at(stop) - at(start)), "freeze", name)
        for name, start, stop in freezes
        if stop > begin and start < end
    )
    return Calendar(
        rows=rows,
        ticks=ticks(begin, end, at, scale),
        freezes=held,
        now_x=at(now) if begin <= now <= end else None,
        height=bottom + 24,
        bottom=bottom,
        sentence=sentence,
    )


def bounds(stages: Sequence[StageView], now: datetime) -> tuple[datetime | None, datetime | None]:
    """First and last time on the calendar, with a margin."""
    times = [
        moment
        for stage in stages
        for moment in (stage.planned_start_at, stage.planned_end_at, stage.entered_at, stage.ended_at)
        if moment
    ]
    if not times:
        return None, None
    begin, end = min(times), max(times)
    if any(stage.current for stage in stages):
        begin, end = min(begin, now), max(end, now)
    margin = max((end - begin) * 0.03, timedelta(minutes=1))
    return begin - margin, end + margin


def actual_end(stage: StageView, now: datetime) -> datetime | None:
    """When a stage was left, or now while it is carried out."""
    return stage.ended_at or (now if stage.entered_at else None)


def bar(at: object, start: datetime | None, stop: datetime | None, y: float, kind: str) -> Bar | None:
    """A bar between two times; one with a start alone is a mark."""
    if start is None or not callable(at):
        return None
    x = at(start)
    return Bar(x, y, max(3.0, at(stop) - x) if stop else 3.0, kind)


def look(stage: StageView) -> str:
    """The class of an actual bar."""
    return f"b-{lamps.lamp_of(stage.state).tone}"


def ticks(begin: datetime, end: datetime, at: object, scale: float) -> tuple[Tick, ...]:
    """Labels at least 90 wide apart, on whole minutes, hours or days."""
    steps = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 28 * 86400)
    step = next((s for s in steps if s * scale >= 90), steps[-1])
    first = datetime.fromtimestamp((begin.timestamp() // step + 1) * step, tz=begin.tzinfo)
    found: list[Tick] = []
    moment = first
    room = timedelta(seconds=40 / scale)  # a label stands to the right of its line
    while moment < end - room and callable(at) and len(found) < 14:
        shape = "clock" if step < 86400 else "day"
        label = wording.moment(moment, now=begin, shape=shape)
        if step < 86400 and moment.hour == 0 and moment.minute == 0:
            label = wording.moment(moment, now=begin, shape="day")
        found.append(Tick(at(moment), label))
        moment += timedelta(seconds=step)
    return tuple(found)
