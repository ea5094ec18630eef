"""Header fields that say that an interface ends: RFC 9745, RFC 8594 and RFC 5829. Pure."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from urllib.parse import quote

LAST_MOMENT = time(23, 59, 59, tzinfo=UTC)


def sunset_at(day: date) -> datetime:
    """The last second of a version's last day, in UTC."""
    return datetime.combine(day, LAST_MOMENT)


def headers(
    *, deprecated_on: date | None, sunset_on: date | None, page: str, successor: str = ""
) -> tuple[tuple[str, str], ...]:
    """What a provider sends beside each answer of a deprecated version: name and value.

    `page` tells people about the end, `successor` is the page of the version that follows. A sunset before
    the deprecation is left out: RFC 9745 forbids it.
    """
    page, successor = (quote(each, safe="%/:=&?~#+!$,;'@()*[]") for each in (page, successor))
    found: list[tuple[str, str]] = []
    if deprecated_on is not None:
        seconds = int(datetime.combine(deprecated_on, time(0, tzinfo=UTC)).timestamp())
        found.append(("Deprecation", f"@{seconds}"))
        found.append(("Link", f'<{page}>; rel="deprecation"; type="text/html"'))
    if sunset_on is not None and (deprecated_on is None or sunset_on >= deprecated_on):
        found.append(("Sunset", format_datetime(sunset_at(sunset_on), usegmt=True)))
        found.append(("Link", f'<{page}>; rel="sunset"; type="text/html"'))
    if successor:
        found.append(("Link", f'<{successor}>; rel="successor-version"'))
    return tuple(found)
