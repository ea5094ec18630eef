"""A page's documents: HTML, JSON and Atom, as bytes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from rollouts.lib.markdown import render as markdown
from rollouts.statuspages import words
from rollouts.statuspages.pages import drawing
from rollouts.statuspages.pages.facts import Page, Told
from rollouts.statuspages.stored import KEY_PLACE

HTML = "text/html; charset=utf-8"
JSON = "application/json"
ATOM = "application/atom+xml; charset=utf-8"
PAST = timedelta(days=90)


@dataclass(frozen=True)
class SiteFacts:
    """A status site as pages need it."""

    slug: str
    title: str
    zone: str
    path: str
    lede: str = ""


@dataclass(frozen=True)
class Document:
    """The bytes of one address."""

    path: str
    content_type: str
    body: bytes


def rollout_documents(site: SiteFacts, page: Page) -> list[Document]:
    """The rollout's page, JSON and feed on a site."""
    path = f"{site.path}{page.slug}/"
    key = "" if page.listed else f"?key={KEY_PLACE.decode()}"
    context = {
        "site": site,
        "site_name": site.title,
        "site_url": site.path,
        "zone": site.zone,
        "now": page.as_of,
        "page": page,
        "text": markdown(page.text),
        "told": [(line, markdown(line.text) if line.text else "") for line in page.told],
        "timeline": drawing.draw(page, site.zone),
        "key": key,
    }
    html = render_to_string("statuspages/rollout.html", context)
    said = {"site": site.slug, **page_json(page), "url": address(path)}
    title = f"{page.title} · {site.title}"
    return [
        Document(path, HTML, html.encode()),
        Document(f"{path}status.json", JSON, orjson.dumps(said)),
        Document(
            f"{path}feed.atom", ATOM, feed(path, title, page.text, entries(page, path), page.as_of, key)
        ),
    ]


def index_documents(site: SiteFacts, summaries: Sequence[dict[str, Any]], now: datetime) -> list[Document]:
    """The site's index, JSON and feed, from what each rollout said when its own page was made."""
    coming = [each for each in summaries if each["state"] in ("proposed", "approved")]
    past = [each for each in summaries if each["ended"] and now - _at(each["since"]) < PAST]
    moving = [each for each in summaries if not each["ended"] and each not in coming]
    tone, icon, headline = words.index_headline([each["state"] for each in moving])
    context = {
        "site": site,
        "site_name": site.title,
        "site_url": site.path,
        "zone": site.zone,
        "now": now,
        "headline": {"tone": tone, "icon": icon, "words": headline},
        "moving": [_shown(each, now) for each in sorted(moving, key=lambda one: one["since"], reverse=True)],
        "coming": [_shown(each, now) for each in sorted(coming, key=lambda one: one["begins"] or "9")],
        "past": [_shown(each, now) for each in sorted(past, key=lambda one: one["since"], reverse=True)],
    }
    html = render_to_string("statuspages/index.html", context)
    keys = ("slug", "title", "state", "word", "headline", "sentence", "step", "steps", "since")
    listed = [
        {**{key: each[key] for key in keys}, "url": address(f"{site.path}{each['slug']}/")}
        for each in summaries
    ]
    body = {"site": site.slug, "title": site.title, "headline": headline, "rollouts": listed}
    lines = [
        (line, each["title"], f"{site.path}{each['slug']}/")
        for each in summaries
        for line in (Told(**{**raw, "at": _at(raw["at"])}) for raw in each["told"])
    ]
    lines.sort(key=lambda line: line[0].at, reverse=True)
    newest = lines[0][0].at if lines else now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        Document(site.path, HTML, html.encode()),
        Document(f"{site.path}status.json", JSON, orjson.dumps(body)),
        Document(
            f"{site.path}feed.atom", ATOM, feed(site.path, site.title, site.lede, lines[:50], newest, "")
        ),
    ]


def summary(page: Page) -> dict[str, Any]:
    """What an index says of a rollout, as JSON."""
    current = page.current
    return {
        "slug": page.slug,
        "title": page.title,
        "text": " ".join(page.text.strip().split("\n\n", 1)[0].split()),
        "state": page.state,
        "tone": page.standing.tone,
        "icon": page.standing.icon,
        "word": page.standing.word,
        "headline": page.standing.headline,
        "sentence": page.standing.sentence,
        "since": (page.since or page.as_of).isoformat(),
        "begins": page.steps[0].planned_start_at.isoformat()
        if page.steps and page.steps[0].planned_start_at
        else None,
        "next": page.upcoming.planned_start_at.isoformat()
        if page.upcoming and page.upcoming.planned_start_at
        else None,
        "step": current.number if current else None,
        "steps": len(page.steps),
        "strip": [{"state": s.state, "share": s.share, "current": s.current} for s in page.steps],
        "ended": page.ended,
        "told": [{**asdict(line), "at": line.at.isoformat()} for line in page.told[:10]],
    }


def page_json(page: Page) -> dict[str, Any]:
    """The page for programs: the same facts, and nothing that the page does not show."""
    return {
        "rollout": page.slug,
        "title": page.title,
        "text": page.text,
        "state": page.state,
        "word": page.standing.word,
        "headline": page.standing.headline,
        "sentence": page.standing.sentence,
        "since": page.since,
        "team": page.team,
        "steps": [
            {
                "number": step.number,
                "title": step.title,
                "text": step.text,
                "state": step.state,
                "word": step.word,
                "current": step.current,
                "planned_start_at": step.planned_start_at,
                "planned_end_at": step.planned_end_at,
                "began_at": step.began_at,
                "ended_at": step.ended_at,
            }
            for step in page.steps
        ],
        "moves_on_when": [{"text": check.text, "met": check.met} for check in page.moves],
        "awaits": list(page.awaits),
        "would_stop": list(page.stops),
        "going_back": page.back,
        "services": [
            {"name": each.name, "text": each.text, "changes": each.changes} for each in page.services
        ],
        "updates": [
            {"id": line.id, "at": line.at, "title": line.title, "text": line.text, "by": line.by}
            for line in page.told
        ],
        "answered": [{"text": each.text, "answer": each.answer, "at": each.at} for each in page.answered],
        "review": {"summary": page.learned.summary, "lessons": list(page.learned.lessons)}
        if page.learned
        else None,
        "revision": page.revision,
    }


def entries(page: Page, path: str) -> list[tuple[Told, str, str]]:
    """A page's lines with what they are about, for a feed."""
    return [(line, page.title, path) for line in page.told]


def feed(
    path: str, title: str, text: str, lines: Sequence[tuple[Told, str, str]], updated: datetime, key: str
) -> bytes:
    """An Atom feed with stable ids and absolute addresses."""
    made = Atom1Feed(
        title=title,
        link=address(path) + key,
        feed_url=address(f"{path}feed.atom") + key,
        feed_guid=guid(path),
        description=text,
        subtitle=text,
        language="en-GB",
    )
    for line, about, where in lines:
        made.add_item(
            title=f"{about}: {line.title}",
            link=f"{address(where)}{key}#{line.id}",
            description=str(markdown(line.text)) if line.text else line.title,
            unique_id=guid(f"{where}{line.id}"),
            pubdate=line.at,
            updateddate=line.at,
            author_name=line.by or _("Gatehouse"),
        )
    newest = max((line.at for line, _about, _where in lines), default=updated)
    made.latest_post_date = lambda: newest  # type: ignore[method-assign]
    return made.writeString("utf-8").encode()


def address(path: str) -> str:
    """The absolute address of a path."""
    return f"{settings.GATEHOUSE_URL}{path}"


def guid(what: str) -> str:
    """A tag URI (RFC 4151) that stays when addresses move."""
    host = urlsplit(settings.GATEHOUSE_URL).hostname or "localhost"
    return f"tag:{host},2026:gatehouse{what}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _shown(each: dict[str, Any], now: datetime) -> dict[str, Any]:
    """With times; `late`: what was planned next, or first, should have begun by now."""
    times = {name: _at(each[name]) if each[name] else None for name in ("since", "begins", "next")}
    planned = times["next"] or times["begins"]
    return {**each, **times, "late": planned is not None and planned < now}
