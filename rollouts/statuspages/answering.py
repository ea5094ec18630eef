"""Answers a request for a public page from memory: bytes, headers, 304, and how old it may be."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from rollouts.statuspages.store import Store
from rollouts.statuspages.stored import CHECKED, KEY_PLACE, Stored

FRESH_S = 20.0
"""So long after the last look a page counts as checked; looks are made every two seconds."""
CACHE = "public, max-age=2, stale-if-error=86400"
REASONS = {200: "200 OK", 304: "304 Not Modified", 404: "404 Not Found"}


@dataclass(frozen=True)
class Answer:
    """What is sent: a status, headers and bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer(store: Store, path: str, *, query: str = "", if_none_match: str = "") -> Answer | None:
    """The answer for an address; None when no such page is known, or it does not open to the reader."""
    page = store.get(path)
    if page is None:
        return None
    now = time.time()
    key = parse_qs(query).get("key", [""])[-1] if page.key_digest else ""
    if page.status != 200 or not page.opens_to(key, now):
        return None
    checked_at = store.checked_at
    stale = now - checked_at > FRESH_S
    body, etag = _as_served(page, checked_at, stale, key)
    headers = [
        ("Content-Type", page.content_type),
        ("ETag", etag),
        ("Last-Modified", _http_date(page.created_at)),
        ("Cache-Control", "private, no-store" if page.key_digest else CACHE),
        ("Age", str(max(0, int(now - (checked_at or page.created_at))))),
    ]
    if page.key_digest:
        headers += [("X-Robots-Tag", "noindex"), ("Referrer-Policy", "no-referrer")]
    elif not page.content_type.startswith("text/html"):
        headers.append(("Access-Control-Allow-Origin", "*"))
    if etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]:
        return Answer(304, headers, b"")
    return Answer(200, [*headers, ("Content-Length", str(len(body)))], body)


def _as_served(page: Stored, checked_at: float, stale: bool, key: str) -> tuple[bytes, str]:
    """The bytes with the age in them. A fresh page's are always the same, so that copies stay valid."""
    kept = getattr(page, "_served", None)
    epoch = int(checked_at // 60) if stale else 0
    if kept is not None and kept[0] == epoch and not key:
        return kept[1], kept[2]
    body, etag = page.body.replace(CHECKED, _age(page, checked_at, stale).encode()), page.etag
    if stale:
        etag = f'{etag[:-1]}-{epoch}"'
    if key:
        return body.replace(KEY_PLACE, key.encode()), etag
    object.__setattr__(page, "_served", (epoch, body, etag))
    return body, etag


def _age(page: Stored, checked_at: float, stale: bool) -> str:
    """How old the page may be, in one line of HTML."""
    if not stale:
        return escape(_("Checked less than a minute ago. If checks go silent, this page says so."))
    at = datetime.fromtimestamp(checked_at or page.created_at, UTC)
    told = f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at.day} {at:%b %Y, %H:%M} UTC</time>'
    why = escape(_("We cannot check now, so this page may be older than it looks."))
    return f"<b>{escape(_('Last checked'))} {told}.</b> {why}"


def _http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)
