"""What follows an event: the deliveries that the rules ask for, written in one transaction."""

from collections.abc import Iterator

from notifications.audience import channel_of
from notifications.delivery import queue
from notifications.messages.facts import Facts
from notifications.rules.alerts import alerts
from notifications.rules.edges import ASKED, edges
from notifications.rules.hooks import hooks
from notifications.rules.mails import mails
from notifications.rules.outages import TOLD, outages
from notifications.rules.paging import paging
from notifications.rules.redraws import redraws
from notifications.rules.reviews import reviews
from notifications.rules.stories import story
from notifications.rules.sunsets import TOLD as ENDS
from notifications.rules.sunsets import sunsets
from notifications.values import Draft
from rollouts.audit.values import EventView
from rollouts.plans.models import Rollout
from rollouts.plans.values import Visibility

BURNS = ("slo.burning", "slo.calm")
ABOUT_EDGES = (ASKED, "dependency.dismissed", "dependency.confirmed", "dependency.taken_back")


def wants(kind: str) -> bool:
    rest = (*BURNS, *TOLD, *ABOUT_EDGES, *ENDS)
    return kind.startswith(("rollout.", "escalation.", "review.", "alert.", *rest))


def follow(event: EventView) -> None:
    """Writes the event's deliveries. Safe to run twice: each has a key."""
    if event.erased:
        return
    queue.write(list(_drafts(event)))


def _drafts(event: EventView) -> Iterator[Draft]:
    if event.kind in TOLD:
        yield from outages(event)
        yield from hooks(event)
        return
    if event.kind in BURNS:
        yield from hooks(event)
        return
    if event.kind in ABOUT_EDGES:
        if event.kind == ASKED:
            yield from edges(event)
        yield from hooks(event)
        return
    if event.kind in ENDS:
        yield from sunsets(event)
        yield from hooks(event)
        return
    if event.kind.startswith("alert."):
        yield from alerts(event)
        yield from hooks(event)
        return
    rows = Rollout.objects.select_related("team", "owner", "in_force")
    rollout = rows.filter(slug=event.content.get("rollout") or "").first()
    if rollout is None:
        return
    facts = Facts(rollout)
    if event.kind.startswith("review."):
        yield from reviews(event, facts)
        if rollout.visibility != Visibility.PRIVATE.value:
            yield from hooks(event)
        return
    channel = channel_of(rollout)
    if channel:
        yield from redraws(event, facts)
        yield from story(event, facts, channel)
    if event.kind.startswith("escalation."):
        yield from paging(event, facts)
    else:
        yield from mails(event, facts)
    if rollout.visibility != Visibility.PRIVATE.value:
        yield from hooks(event)
