"""How times, spans and numbers are written for people: the rules of the design's section 9."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import dateformat, formats
from django.utils.translation import gettext as _

NBSP = "\u00a0"
MINUS = "\u2212"


def moment(at: datetime, *, now: datetime, zone: str = "UTC", shape: str = "full") -> str:
    """A time with its zone written: "Wed 25 Nov, 02:14 UTC".

    `shape` is `full`, `day` ("25 Nov"), `short` ("25 Nov 02:14"), `clock` ("02:14"), `near` (the clock,
    but `short` on any day but today) or `second` ("02:14:09", with its day unless that is today). The year
    is added when it is not this year's; `full` alone names the zone.
    """
    place, here = at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    year = "" if place.year == here.year else " Y"
    day = "" if place.date() == here.date() else f"j M{year} "
    pattern = {
        "full": f"D j M{year}, H:i",
        "day": f"j M{year}",
        "short": f"j M{year} H:i",
        "clock": "H:i",
        "near": f"{day}H:i",
        "second": f"{day}H:i:s",
    }[shape]
    text = str(dateformat.format(place, pattern))
    return f"{text} {zone_name(place)}" if shape == "full" else text


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone, or UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zone_name(place: datetime) -> str:
    """ "UTC", "CET" or, for a zone without letters, "UTC+3"."""
    name = place.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"


def in_own_zone(at: datetime, zone: str) -> str:
    """The reader's own time in words, "03:14 in Berlin"; empty when it is UTC."""
    place = at.astimezone(zone_of(zone))
    if place.utcoffset() == timedelta(0):
        return ""
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return _("%(time)s in %(city)s") % {
        "time": dateformat.format(place, "H:i"),
        "city": city,
    }


def span(length: timedelta | float) -> str:
    """A length of time in its two largest units: "1 d 18 h", "4 min 12 s", "9 s"."""
    seconds = round(abs(length.total_seconds() if isinstance(length, timedelta) else float(length)))
    units = ((86400, _("d")), (3600, _("h")), (60, _("min")), (1, _("s")))
    parts: list[str] = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{NBSP}{unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or f"0{NBSP}{_('s')}"


def rough(length: timedelta) -> str:
    """Like `span` without seconds from one minute on: what a countdown on a page needs."""
    seconds = abs(length.total_seconds())
    if seconds < 60:
        return span(round(seconds))
    size = 3600 if seconds >= 86400 else 60
    return span(seconds - seconds % size)


def relative(at: datetime, now: datetime) -> str:
    """ "in 2 h 40 min" or "4 min ago"; "now" within five seconds."""
    away = at - now
    if abs(away) < timedelta(seconds=5):
        return _("now")
    if away > timedelta(0):
        return _("in %(span)s") % {"span": rough(away)}
    return _("%(span)s ago") % {"span": rough(away)}


def number(value: float, places: int = 0) -> str:
    """Digits grouped as the language does: "41,000", "99.94"."""
    return str(formats.number_format(round(value, places), decimal_pos=places, force_grouping=True))


def percent(share: float, places: int | None = None) -> str:
    """A share of one as "99.94 %": as many places as are needed, at most two."""
    value = share * 100
    if places is None:
        places = next((p for p in (0, 1) if abs(value - round(value, p)) < 0.005), 2)
    return f"{number(value, places)}{NBSP}%"


def signed(value: float, unit: str = "", places: int = 0) -> str:
    """A difference with sign and unit: "+1.7 %", "-0.01 pt", "0"."""
    if round(value, places) == 0:
        return "0"
    sign = "+" if value > 0 else MINUS
    return f"{sign}{number(abs(value), places)}{NBSP}{unit}".rstrip(NBSP)


def initials(name: str) -> str:
    """At most three letters for a face: "PN" of Priya Natarajan, "SRE" of an acronym."""
    words = [word for word in name.replace("-", " ").split() if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:3].upper() if words[0].isupper() else words[0][:2].upper()
    acronym = next((word for word in words if word.isupper() and 2 <= len(word) <= 3), "")
    return acronym or (words[0][0] + words[-1][0]).upper()


def utc(at: datetime) -> str:
    """The machine's form for `<time datetime>`: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
