"""Follows the log: pages are made anew when something happened, and when the clock says so."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollouts.audit.values import EventView
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.queries import plan_of
from rollouts.statuspages import publishing, services
from rollouts.statuspages.models import Publication, Site
from rollouts.statuspages.pages import reading

UNDER_WAY = frozenset({"running", "held", "halted", "rolling_back", "rollback_failed"})


def wants(kind: str) -> bool:
    return kind.startswith(("rollout.", "review."))


def follow(event: EventView) -> None:
    """Publishes the rollout that an event is about, and keeps the cadence of its updates."""
    slug = event.content.get("rollout") or event.stream.partition(":")[2]
    rollout = Rollout.objects.select_related("in_force").filter(slug=slug).first()
    if rollout is None:
        return
    publishing.lock()  # before any row, as everywhere
    revision = reading.governing(rollout)
    if revision is not None:
        every = plan_of(revision).communication.updates_every
        services.keep_cadence(
            rollout=rollout, every=every, moving=rollout.state in UNDER_WAY, now=database_now()
        )
    publishing.publish(rollout_id=rollout.pk)


def due_pages(now: datetime, limit: int) -> Sequence[int]:
    return list(Publication.objects.to_render(now).values_list("pk", flat=True)[:limit])


def run_page(pk: int) -> None:
    """Makes the pages of one rollout anew; what another has just done is left."""
    with transaction.atomic(durable=True):
        publishing.lock()
        row = Publication.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if row is not None and row.render_due_at is not None and row.render_due_at <= database_now():
            publishing.publish(rollout_id=row.rollout_id)


def due_updates(now: datetime, limit: int) -> Sequence[int]:
    return list(Publication.objects.to_ask(now).values_list("pk", flat=True)[:limit])


def due_first_site(now: datetime, limit: int) -> Sequence[int]:
    """One while there is no site: a new installation has an empty index, not a missing one."""
    return [] if Site.objects.exists() else [0]


def run_first_site(_pk: int) -> None:
    with transaction.atomic(durable=True):
        publishing.lock()
        publishing.sites()
