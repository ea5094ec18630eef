"""Links into trace and log systems, as the operator writes them: a name and an address with places."""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

PLACES = ("service", "version", "environment", "from", "to", "from_ms", "to_ms", "trace")
"""`from` and `to` are ISO 8601 in UTC, those with `_ms` milliseconds since 1970."""


@dataclass(frozen=True)
class Template:
    """One system: what it is called, and its address with places in braces."""

    name: str
    url: str


@dataclass(frozen=True)
class Link:
    """One address, filled in."""

    name: str
    href: str


def read(text: str) -> tuple[Template, ...]:
    """The templates in a JSON object of names and addresses. Raises ValueError with what to mend."""
    if not text.strip():
        return ()
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}.") from None
    if not isinstance(given, dict) or not all(isinstance(url, str) for url in given.values()):
        raise ValueError('must be an object of names and addresses, such as {"Traces": "https://…"}.')
    return tuple(_checked(name, url) for name, url in given.items())


def _checked(name: str, url: str) -> Template:
    try:
        places = {
            place for _text, place, _form, _conversion in string.Formatter().parse(url) if place is not None
        }
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from None
    if unknown := sorted(places - set(PLACES)):
        raise ValueError(f"{name}: there is no place {{{unknown[0]}}}. There are: {', '.join(PLACES)}.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        raise ValueError(
            f"{name}: the address must begin with http:// or https:// and a host without places."
        )
    return Template(name, url)


def fill(
    templates: tuple[Template, ...],
    *,
    service: str,
    environment: str,
    since: datetime,
    until: datetime,
    version: str = "",
    trace: str = "",
) -> list[Link]:
    """The links of one service and window; what is filled in is quoted. A template of versions needs one.

    With a `trace` they are only those that name one, which lead nowhere without.
    """
    values: Mapping[str, str] = {
        "service": service,
        "version": version,
        "environment": environment,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "from_ms": str(int(since.timestamp() * 1000)),
        "to_ms": str(int(until.timestamp() * 1000)),
        "trace": trace,
    }
    quoted = {place: quote(value, safe="") for place, value in values.items()}
    wanted = [
        each
        for each in templates
        if (version or "{version}" not in each.url) and bool(trace) == ("{trace}" in each.url)
    ]
    return [Link(each.name, each.url.format(**quoted)) for each in wanted]
