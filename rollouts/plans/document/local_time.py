"""Local times with an IANA zone, and the hours that a change of clocks skips or repeats."""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache


class NotATime(ValueError):
    """The text names no moment in the zone; `remedy` offers the moments that were perhaps meant."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Moment:
    """A planned time: as written, its zone, and resolved."""

    local: str
    zone: str
    at: datetime
    """The same moment in UTC."""


@cache
def zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def resolve(text: str, zone: str) -> Moment:
    """The moment that `text` names in `zone`. Raises NotATime, with both choices where there are two."""
    if zone not in zones():
        raise NotATime(f"{zone} is no zone of the IANA database.", "Write one such as Europe/Berlin or UTC.")
    try:
        written = datetime.fromisoformat(text.replace(" ", "T"))
    except ValueError as error:
        raise NotATime(f"{text} is not in the calendar.", "Write a day and time that exist.") from error
    place = zoneinfo.ZoneInfo(zone)
    if written.tzinfo is not None:
        return Moment(text, zone, _with_offset(written, place, text, zone))
    return Moment(text, zone, _without_offset(written, place, text, zone))


def _with_offset(written: datetime, place: zoneinfo.ZoneInfo, text: str, zone: str) -> datetime:
    moment = written.astimezone(UTC)
    there = moment.astimezone(place)
    if there.replace(tzinfo=None) != written.replace(tzinfo=None) and written.utcoffset() != timedelta(0):
        offset = there.isoformat(timespec="minutes")
        raise NotATime(f"{text} is not an offset of {zone} at that time.", f'Write "{offset}".')
    return moment


def _without_offset(written: datetime, place: zoneinfo.ZoneInfo, text: str, zone: str) -> datetime:
    first, second = (written.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    one, two = (moment.astimezone(place) for moment in sorted((first, second)))
    if one.replace(tzinfo=None) == written and two.replace(tzinfo=None) == written:
        raise NotATime(
            f"{text} comes twice in {zone}: clocks go back.",
            f'Write "{_spelt(one, offset=True)}" for the first '
            f'or "{_spelt(two, offset=True)}" for the second.',
        )
    raise NotATime(
        f"{text} does not exist in {zone}: clocks skip it.",
        f'Write "{_spelt(one)}" for before the change or "{_spelt(two)}" for after it.',
    )


def _spelt(moment: datetime, *, offset: bool = False) -> str:
    return (moment if offset else moment.replace(tzinfo=None)).isoformat(timespec="minutes")
