"""What happened to the reader's rollouts since they last looked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest

from rollouts.audit import queries as audit
from rollouts.audit.values import EventView
from rollouts.dashboard import wording
from rollouts.dashboard.glance.looking import Glance
from rollouts.dashboard.parts.log import LOOKS
from rollouts.plans.models import Rollout

SHOWN = 6
FIRST = timedelta(days=1)
LONG = 120
PREFIX = "rollout:"
TOLD = (
    "rollout.proposed", "rollout.approved", "rollout.rejected", "rollout.started", "rollout.promoted",
    "rollout.held", "rollout.halted", "rollout.resumed", "rollout.overdue", "rollout.stage_skipped",
    "rollout.rolling_back", "rollout.rolled_back", "rollout.rollback_failed", "rollout.completed",
    "rollout.closed", "rollout.cancelled", "rollout.revision_in_force", "rollout.approval_expired",
)  # fmt: skip
"""What moved a rollout, or stopped it; votes, verdicts and bakes stand on its own page."""


@dataclass(frozen=True)
class Line:
    """One event: of which rollout, and what."""

    at: datetime
    tone: str
    icon: str
    title: str
    href: str
    sentence: str
    shape: str


def context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/lately.html."""
    since = glance.since or glance.now - FIRST
    found = lines(glance, since)
    return {
        "lines": found[:SHOWN],
        "further": len(found) > SHOWN,
        "first": glance.since is None,
        "since": since,
        "length": wording.rough(glance.now - since),
    }


def lines(glance: Glance, since: datetime) -> list[Line]:
    """The newest events, one more than is shown; three queries."""
    keyed = glance.seen.annotate(key=Concat(Value(PREFIX), "slug", output_field=CharField()))
    events = audit.newest(streams=keyed.values("key"), kinds=TOLD, since=since, limit=SHOWN + 1)
    slugs = {event.stream.removeprefix(PREFIX) for event in events}
    rollouts = {row.slug: row for row in Rollout.objects.filter(slug__in=slugs)}
    return [
        line(event, rollouts[slug], glance.now)
        for event in events
        if (slug := event.stream.removeprefix(PREFIX)) in rollouts
    ]


def line(event: EventView, rollout: Rollout, now: datetime) -> Line:
    """One event in the words that it was logged with."""
    tone, icon = LOOKS.get(event.kind, ("none", "pending"))
    said = event.content.get("sentence") or event.kind.replace(".", " ").replace("_", " ")
    sentence = said if len(said) <= LONG else f"{said[: LONG - 1].rstrip()}…"
    shape = "clock" if event.at.date() == now.date() else "day"
    return Line(event.at, tone, icon, rollout.title, rollout.get_absolute_url(), sentence, shape)
