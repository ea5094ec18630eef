"""The writers of reviews. Call them inside a transaction; each appends the event that tells of it."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import holders
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.plans.models import Rollout
from rollouts.plans.queries import governing_revision, plan_of
from rollouts.reviews.impact.reading import measure
from rollouts.reviews.models import ActionItem, Review, Section
from rollouts.reviews.values import SectionName

REMIND_EVERY = timedelta(days=2)


def say(
    review: Review, kind: str, sentence: str, *, actor: Actor, face: Face, at: datetime, **more: Any
) -> EventView:
    """Appends one event to the rollout's stream, where the rest of its story stands."""
    content = {
        "rollout": review.rollout.slug,
        "title": review.rollout.title,
        "stage": None,
        "stage_name": "",
        "revision": None,
        "reason": "",
        "shown": None,
        "review": review.pk,
        "state": review.state,
        "author": str(review.author_id or ""),
        "sentence": sentence,
        **more,
    }
    return audit.append(
        stream=review.rollout.stream, kind=kind, actor=actor, face=face, content=content, at=at
    )


def open_review(rollout: Rollout, cause: str, *, now: datetime) -> Review:
    """Opens the one review of a rollout, with author, due date and numbers; one that is there stays."""
    found = Review.objects.filter(rollout=rollout).first()
    if found is not None:
        return found
    revision = governing_revision(rollout)
    plan = plan_of(revision).review if revision else None
    required = cause != "completion" or plan is None or plan.required
    due_at = now + (plan.due_within if plan else timedelta(days=5))
    review = Review.objects.create(
        rollout=rollout,
        cause=cause,
        required=required,
        author=_author(rollout, plan.author if plan else ""),
        due_at=due_at,
        remind_due_at=due_at if required else None,
        opened_at=now,
        impact=measure(rollout, now),
        measured_at=now,
    )
    Section.objects.bulk_create(Section(review=review, name=name) for name in SectionName)
    who = f"{review.author} writes it" if review.author else "It has no author yet"
    sentence = f"A review was opened by the {cause}. {who}; it is due on {due_at:%-d %B %Y}."
    say(
        review, "review.opened", sentence, actor=SYSTEM, face=Face.TICKER, at=now,
        cause=cause, due_at=due_at, required=required,
    )  # fmt: skip
    return review


def _author(rollout: Rollout, wanted: str) -> Person | None:
    """As the plan says: an e-mail, or a team's person on call, else its first planner; else the owner."""
    people = Person.objects.filter(is_active=True)
    if "@" in wanted:
        found = people.filter(email=wanted.lower()).first()
        if found:
            return found
    elif wanted:
        team = Team.objects.select_related("on_call").filter(slug=wanted).first()
        if team and team.on_call and team.on_call.is_active:
            return team.on_call
        if team and (planners := holders(teams=[wanted], roles=["planner"])):
            return planners[0]
    return rollout.owner if rollout.owner and rollout.owner.is_active else None


def remeasure(review: Review, *, now: datetime) -> None:
    """Writes the numbers as the sources have them now."""
    review.impact, review.measured_at = measure(review.rollout, now), now
    review.save(update_fields=["impact", "measured_at"])


def end_of(day: date, owner: Person | None) -> datetime:
    """The end of a day where its owner lives."""
    zone = ZoneInfo(owner.timezone if owner and owner.timezone else "UTC")
    return datetime.combine(day + timedelta(days=1), time(), zone)


def set_reminder(item: ActionItem) -> None:
    """An open item with a day reminds from the end of that day on."""
    due = item.due_on if item.state == "open" else None
    item.remind_due_at = end_of(due, item.owner) if due else None
