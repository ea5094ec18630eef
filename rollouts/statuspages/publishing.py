"""Makes the public pages of a rollout anew, and keeps each as a numbered row when it differs.

One lock over all pages: what is written later was read later, and a reader that has seen a row has seen
every row before it.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages.models import Publication, Site, Snapshot
from rollouts.statuspages.pages import reading, render
from rollouts.statuspages.pages.facts import Page
from rollouts.statuspages.pages.render import Document, SiteFacts

KEPT_VERSIONS = 3
RENDER_EVERY = timedelta(seconds=15)
"""So often a page under way is made anew for what the clock and the measurements change."""
AS_OF_S = 30
FIRST_SITE = {"slug": "main", "title": "Status", "default": True}


def publish(*, rollout_id: int) -> None:
    """Makes the pages of a rollout, and of the sites that list it. Inside a transaction."""
    lock()
    rollout = Rollout.objects.select_related("team", "in_force", "environment").filter(pk=rollout_id).first()
    if rollout is None:
        return
    now = database_now()
    page = reading.page(rollout, as_of(now))
    publication, _made = Publication.objects.get_or_create(rollout=rollout)
    services = set(rollout.changes.values_list("service_id", flat=True))
    told = render.summary(page) if page and page.listed else None
    listed_anew = told != publication.summary
    publication.summary = told
    publication.render_due_at = now + RENDER_EVERY if page and not page.ended else None
    publication.save(update_fields=["summary", "render_due_at"])
    for site in sites():
        chosen = {service.pk for service in site.services.all()}
        shows = page is not None and (not chosen or bool(chosen & services))
        _write_rollout(site, rollout, page if shows else None, now)
        if listed_anew:
            publish_index(site, now)


def as_of(now: datetime) -> datetime:
    """The time that stands on a page: coarse, so that a page is new only when it says something new."""
    return now - timedelta(seconds=now.second % AS_OF_S, microseconds=now.microsecond)


def lock() -> None:
    """Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('statuspages.publish'))")


def sites() -> list[Site]:
    """Every site with its services; the first one is made when there is none."""
    found = list(Site.objects.prefetch_related("services").order_by("slug", "pk"))
    return found or [begin()]


def begin() -> Site:
    """The first site, with its empty index. Under the lock."""
    site = Site.objects.create(**FIRST_SITE)
    publish_index(site, database_now())
    return site


def facts_of(site: Site) -> SiteFacts:
    return SiteFacts(site.slug, site.title, site.zone, site.path, site.lede)


def publish_index(site: Site, now: datetime) -> None:
    """The index of a site, from what its rollouts said last. Under the lock."""
    rows = Publication.objects.filter(summary__isnull=False)
    chosen = [service.pk for service in site.services.all()]
    if chosen:
        rows = rows.filter(rollout__changes__service__in=chosen).distinct()
    said: list[dict[str, Any]] = [row.summary for row in rows.order_by("pk") if row.summary]
    for document in render.index_documents(facts_of(site), said, now):
        keep(site.slug, document, now)
        if site.default:
            keep(
                site.slug, Document(_default(document.path, site), document.content_type, document.body), now
            )


def _default(path: str, site: Site) -> str:
    return "/status/" + path.removeprefix(site.path)


def publish_all() -> None:
    """Every page anew: after a site has changed. Inside a transaction."""
    lock()
    now = database_now()
    for site in sites():
        publish_index(site, now)
    for pk in Publication.objects.order_by("pk").values_list("rollout_id", flat=True):
        publish(rollout_id=pk)


def _write_rollout(site: Site, rollout: Rollout, page: Page | None, now: datetime) -> None:
    if page is None:
        take_off(f"{site.path}{rollout.slug}/", now)
        return
    key, expires_at = "", None
    if not page.listed:
        if not rollout.link_key or (rollout.link_expires_at and rollout.link_expires_at <= now):
            take_off(f"{site.path}{rollout.slug}/", now)
            return
        key, expires_at = rollout.link_key, rollout.link_expires_at
    for document in render.rollout_documents(facts_of(site), page):
        keep(site.slug, document, now, key=key, expires_at=expires_at)


def keep(
    site: str, document: Document, now: datetime, *, key: str = "", expires_at: datetime | None = None
) -> None:
    """A newer version, unless the newest says and shows the same."""
    etag = f'"{hashlib.sha256(document.body).hexdigest()[:24]}"'
    newest = _newest(document.path)
    same = newest is not None and (
        newest["etag"],
        newest["key_digest"],
        newest["expires_at"],
        newest["status"],
    ) == (
        etag,
        key,
        expires_at,
        200,
    )
    if not same:
        _insert(
            Snapshot(
                site=site,
                path=document.path,
                version=newest["version"] + 1 if newest else 1,
                content_type=document.content_type,
                etag=etag,
                body=document.body,
                key_digest=key,
                expires_at=expires_at,
                created_at=now,
            )
        )


def take_off(path: str, now: datetime) -> None:
    """The page and what lies beside it show nothing any more."""
    beside = (path, f"{path}status.json", f"{path}feed.atom")
    for address in beside:
        newest = _newest(address)
        if newest is None or newest["status"] == 404:
            continue
        _insert(
            Snapshot(
                site=newest["site"],
                path=address,
                version=newest["version"] + 1,
                status=404,
                content_type=render.HTML,
                etag='"gone"',
                body=b"",
                created_at=now,
            )
        )


def _newest(path: str) -> dict[str, Any] | None:
    columns = ("site", "version", "status", "etag", "key_digest", "expires_at")
    rows = Snapshot.objects.filter(path=path).order_by("-version").values(*columns)[:1]
    return next((dict(row) for row in rows), None)


def _insert(snapshot: Snapshot) -> None:
    snapshot.save(force_insert=True)
    Snapshot.objects.filter(path=snapshot.path, version__lte=snapshot.version - KEPT_VERSIONS).delete()


def preview(rollout: Rollout) -> str | None:
    """The rollout's page as outsiders would see it, for its owner; None without public words."""
    page = reading.page(rollout, as_of(database_now()), preview=True)
    if page is None:
        return None
    documents: Iterable[Document] = render.rollout_documents(facts_of(sites()[0]), page)
    return next(document.body.decode() for document in documents if document.content_type == render.HTML)
