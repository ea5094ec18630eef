"""When the demo's stages are planned: the files name no day, so that the plan that is saved says one."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

Span = tuple[datetime, datetime]


def after(start: datetime, *minutes: int) -> list[Span]:
    """Stages that follow each other from the next full five minutes on, each so many minutes long."""
    full = start.astimezone(UTC).replace(second=0, microsecond=0)
    at = full + timedelta(minutes=-full.minute % 5)
    found = []
    for length in minutes:
        found.append((at, at + timedelta(minutes=length)))
        at = found[-1][1]
    return found


def next_working_day(now: datetime) -> datetime:
    """Ten o'clock UTC on the next Monday to Thursday: inside the working hours that a plan asks for."""
    day = now.astimezone(UTC).date() + timedelta(days=1)
    while day.weekday() > 3:
        day += timedelta(days=1)
    return datetime.combine(day, time(10), UTC)


def planned(source: str, spans: Sequence[Span]) -> str:
    """The plan's text with a window below the bake of each stage, in their order."""
    left = iter(spans)

    def with_window(line: re.Match[str]) -> str:
        span = next(left, None)
        if span is None:
            return line[0]
        start, end = (f"{at:%Y-%m-%d %H:%M}" for at in span)
        return f'{line[0]}\n    window: {{start: "{start}", end: "{end}", zone: UTC}}'

    return re.sub(r"^    bake: .*$", with_window, source, flags=re.MULTILINE)
