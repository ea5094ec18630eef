"""What the log of a rollout means for its review, and what the clock asks."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollouts.audit.values import SYSTEM, EventView, Face
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.reviews import state
from rollouts.reviews.models import ActionItem, Review

ENDS = frozenset({"rollout.halted", "rollout.rolled_back", "rollout.completed", "rollout.closed"})
"""After these the numbers are worth reading again."""


def wants(kind: str) -> bool:
    return kind.startswith("rollout.")


def follow(event: EventView) -> None:
    """Opens the review when the machine said so. In the follower's transaction; safe to run twice."""
    cause = (event.content.get("moved") or {}).get("opens_review")
    if not cause and event.kind not in ENDS:
        return
    rows = Rollout.objects.select_related("team", "owner", "in_force", "environment")
    rollout = rows.filter(slug=event.content.get("rollout", "")).first()
    if rollout is None:
        return
    now = database_now()
    if cause:
        state.open_review(rollout, cause, now=now)
        return
    review = Review.objects.select_for_update(of=("self",)).filter(rollout=rollout).first()
    if review is not None and not review.word.frozen:
        review.rollout = rollout
        state.remeasure(review, now=now)


def due_reviews(now: datetime, limit: int) -> Sequence[int]:
    return list(Review.objects.due(now).values_list("pk", flat=True)[:limit])


def remind_of_review(pk: int) -> None:
    """Says that a review is overdue, again every two days until it is closed. Safe to run twice at once."""
    with transaction.atomic(durable=True):
        rows = Review.objects.select_for_update(of=("self",), skip_locked=True).select_related("rollout")
        review, now = rows.filter(pk=pk).first(), database_now()
        if review is None or review.remind_due_at is None or review.remind_due_at > now:
            return
        review.remind_due_at = now + state.REMIND_EVERY
        review.save(update_fields=["remind_due_at"])
        sentence = f"The review of {review.rollout} was due on {review.due_at:%-d %B} and is not closed."
        state.say(
            review, "review.overdue", sentence, actor=SYSTEM, face=Face.TICKER, at=now,
            people=[str(review.author_id)] if review.author_id else [],
        )  # fmt: skip


def due_items(now: datetime, limit: int) -> Sequence[int]:
    return list(ActionItem.objects.due(now).values_list("pk", flat=True)[:limit])


def remind_of_item(pk: int) -> None:
    """Says that an action item is overdue, also when its review is closed. Safe to run twice at once."""
    with transaction.atomic(durable=True):
        rows = ActionItem.objects.select_for_update(of=("self",), skip_locked=True)
        now = database_now()
        item = rows.select_related("review__rollout", "owner").filter(pk=pk).due(now).first()
        if item is None:
            return
        item.remind_due_at = now + state.REMIND_EVERY
        item.save(update_fields=["remind_due_at"])
        who = item.owner or item.review.author
        owner = f"{item.owner} owns it" if item.owner else "Nobody owns it"
        state.say(
            item.review, "review.item_overdue",
            f"Action item “{item.title}” was due on {item.due_on:%-d %B}. {owner}.",
            actor=SYSTEM, face=Face.TICKER, at=now, item=item.pk, people=[str(who.pk)] if who else [],
        )  # fmt: skip
