"""Words in messages: escaped for Slack, bounded, with times in UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import dateformat
from django.utils.translation import gettext as _


def escape(text: object) -> str:
    """Text that somebody wrote, so that Slack reads no link, mention or command in it."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bounded(text: str, most: int) -> str:
    """At most `most` characters; what is cut off is shown by an ellipsis. Cuts no entity in two."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    start = cut.rfind("&")
    if start > len(cut) - 5 and ";" not in cut[start:]:
        cut = cut[:start]
    return cut.rstrip() + "…"


def quoted(reason: str) -> str:
    """A person's own words."""
    return f"“{escape(bounded(' '.join(reason.split()), 600))}”"


def clock(at: datetime) -> str:
    """ "02:14 UTC"."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def moment(at: datetime) -> str:
    """ "Wed 25 Nov, 02:14 UTC"."""
    return f"{dateformat.format(at.astimezone(UTC), 'D j M, H:i')} UTC"


def in_zone(at: datetime, zone: str) -> str:
    """ "02:14 UTC (03:14 in Berlin)" for a reader elsewhere."""
    try:
        place = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return clock(at)
    if place.utcoffset() == timedelta():
        return clock(at)
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return _("%(utc)s (%(own)s in %(city)s)") % {"utc": clock(at), "own": f"{place:%H:%M}", "city": city}


def span(length: timedelta) -> str:
    """ "12 h", "45 min", "30 s"."""
    seconds = int(length.total_seconds())
    if seconds >= 7200 or (seconds >= 3600 and seconds % 3600 == 0):
        hours, rest = divmod(seconds, 3600)
        return f"{hours} h" + (f" {rest // 60} min" if rest >= 60 else "")
    return f"{seconds // 60} min" if seconds >= 120 or seconds == 60 else f"{seconds} s"
