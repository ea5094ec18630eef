"""What pages, the API, plan editors and public pages read of reviews."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit import queries as audit
from rollouts.audit.values import EventView
from rollouts.lib import learned
from rollouts.plans.models import Rollout
from rollouts.reviews.models import ActionItem, Lesson, Review
from rollouts.reviews.rights import rights_of
from rollouts.reviews.values import ItemState, ReviewState, SectionName

__all__ = ["rights_of"]

TOLD = ("rollout.", "escalation.")
QUIET = frozenset({"rollout.verdict_changed", "rollout.bake_started", "rollout.revision_saved"})
MOST_EVENTS = 500


def reviews_for(person: Person) -> QuerySet[Review]:
    """The reviews that this person may see, with what a row of the list shows."""
    rows = Review.objects.accessible_to(person).select_related("rollout__team", "author", "reviewer")
    open_items = Count("items", filter=Q(items__state=ItemState.OPEN), distinct=True)
    return rows.annotate(open_items=open_items).order_by("-opened_at", "-pk")


def whole(person: Person, slug: str) -> Review | None:
    """One review with all of its parts."""
    parts = (
        "sections",
        Prefetch("items", ActionItem.objects.select_related("owner").order_by("state", "due_on", "pk")),
        Prefetch("lessons", Lesson.objects.prefetch_related("services").order_by("pk")),
        "comments",
    )
    return reviews_for(person).filter(rollout__slug=slug).prefetch_related(*parts).first()


def in_order(review: Review) -> list[Any]:
    """The sections as they are read."""
    order = list(SectionName)
    return sorted(review.sections.all(), key=lambda section: order.index(section.word))


def timeline(review: Review) -> list[EventView]:
    """What happened, from the log, oldest first: derived, never edited."""
    rows = audit.events(review.rollout.stream, limit=MOST_EVENTS, newest_first=False)
    return [row for row in rows if row.kind.startswith(TOLD) and row.kind not in QUIET]


def decisions(events: Collection[EventView]) -> list[EventView]:
    """What people decided, with what they were shown."""
    return [event for event in events if event.actor.kind == "person" and event.content.get("moved")]


@dataclass(frozen=True)
class Delay:
    """A stretch of the story, in words and seconds; None where it did not come to that."""

    name: str
    length: timedelta | None
    note: str


def delays(events: Collection[EventView]) -> list[Delay]:
    """How long it took to notice and to get back, from the log alone."""
    entered = halted = back = None
    by = ""
    for event in events:
        if event.kind in ("rollout.started", "rollout.promoted") and halted is None:
            entered = event.at
        elif event.kind == "rollout.halted" and halted is None:
            halted, by = event.at, "a gate" if event.actor.is_system else event.actor.name
        elif event.kind in ("rollout.rolled_back", "rollout.resumed") and halted and back is None:
            back = event.at
    return [
        Delay("Stopped after", halted - entered if halted and entered else None, f"by {by}" if by else ""),
        Delay("Settled after", back - halted if back and halted else None, "from the halt"),
    ]


# --- for others ----------------------------------------------------------------------------------


def lessons_for(services: Collection[str]) -> list[learned.Lesson]:
    """Lessons of reviews, newest first, in two queries; those of private rollouts name no rollout."""
    rows = Lesson.objects.filter(services__slug__in=list(services)).distinct()
    rows = rows.exclude(review__rollout__visibility="private")
    found = rows.select_related("review__rollout").prefetch_related("services").order_by("-at", "-pk")
    return [
        learned.Lesson(
            title=row.title,
            text=row.text,
            services=tuple(service.slug for service in row.services.all()),
            href=reverse("reviews:review", args=[row.review.rollout.slug]),
            at=row.at,
            rollout=row.review.rollout.title,
        )
        for row in found[:50]
    ]


def harms(rollout_ids: Collection[int]) -> dict[int, bool]:
    """Which of these rollouts did harm, and which did none, where a review says so."""
    rows = Review.objects.filter(rollout__in=rollout_ids, harmful__isnull=False)
    return {pk: bool(harmful) for pk, harmful in rows.values_list("rollout_id", "harmful")}


def public_review(rollout_id: int) -> learned.PublicReview | None:
    """The public version, where its author chose to show it."""
    review = Review.objects.filter(rollout=rollout_id, published=True).first()
    if review is None or not review.word.frozen:
        return None
    words = dict(review.sections.exclude(public="").values_list("name", "public"))
    if SectionName.SUMMARY not in words:
        return None
    told = [words[name] for name in SectionName if name in words and name is not SectionName.LESSONS]
    lessons = [words[SectionName.LESSONS]] if SectionName.LESSONS in words else []
    lessons += review.lessons.filter(public=True).order_by("pk").values_list("title", flat=True)
    return learned.PublicReview(summary="\n\n".join(told), lessons=tuple(lessons), at=review.reviewed_at)


def lessons_of_plan(rollout: Rollout) -> list[learned.Lesson]:
    """What others learned about the services that this rollout touches."""
    slugs = list(rollout.changes.values_list("service__slug", flat=True))
    here = reverse("reviews:review", args=[rollout.slug])
    return [lesson for lesson in learned.lessons_for(slugs) if lesson.href != here] if slugs else []


# --- what needs a person -------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Reviews to write, to read and to close, and action items to do."""

    write: list[Review]
    judge: list[Review]
    close: list[Review]
    items: list[ActionItem]


def wanted_of(person: Person, now: datetime) -> Wanted:
    """What is asked of this person; a constant number of queries."""
    rows = Review.objects.open().select_related("rollout__team", "author")
    mine = list(rows.filter(author=person).order_by("due_at", "pk"))
    roles = held_roles(person.pk)
    able = [team for team, held in roles.items() if {"approver", "planner"} & held]
    asked = rows.filter(state=ReviewState.IN_REVIEW).exclude(author=person)
    asked = asked.exclude(submitter_ref=str(person.pk))
    teams = Q(rollout__team__slug__in=able) | Q(rollout__changes__service__team__slug__in=able)
    soon = (now + timedelta(days=2)).date()
    items = ActionItem.objects.open().filter(owner=person, due_on__lte=soon)
    return Wanted(
        write=[row for row in mine if row.state == ReviewState.DRAFT and row.required],
        judge=list(asked.filter(teams).distinct().order_by("due_at", "pk")) if able else [],
        close=[row for row in mine if row.state == ReviewState.REVIEWED],
        items=list(items.select_related("review__rollout").order_by("due_on", "pk")),
    )
