"""What other pages show of reviews: a panel on the rollout, the inbox, and search."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.lib.inbox import Item, Step
from rollouts.lib.panels import Panel
from rollouts.lib.search import Hit
from rollouts.plans.models import Rollout
from rollouts.reviews import queries
from rollouts.reviews.models import ActionItem, Lesson, Review


def review_panel(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """The review of this rollout, and what others learned about its services."""
    review = Review.objects.filter(rollout=rollout).select_related("author").first()
    if review is not None:
        review.rollout = rollout
    return {"review": review, "lessons": queries.lessons_of_plan(rollout)[:5]}


PANEL = Panel("review", "halves", 50, "reviews/panel.html", review_panel)


def inbox(person: Any, now: datetime) -> list[Item]:
    """Reviews to write, read and close, and action items that are due."""
    wanted = queries.wanted_of(person, now)
    said = (
        (wanted.write, _("Write the review: %(title)s"), _("It wrote half of itself; the words are yours.")),
        (wanted.judge, _("Read the review: %(title)s"), _("Another person than its author approves it.")),
        (wanted.close, _("Close the review: %(title)s"), _("It was approved.")),
    )
    items = [_item(row, title, sentence, now) for rows, title, sentence in said for row in rows]
    return items + [_action(row, now) for row in wanted.items]


def _item(review: Review, title: str, sentence: str, now: datetime) -> Item:
    late = review.due_at <= now
    words = _("was due %(day)s") if late else _("due %(day)s")
    return Item(
        urgency=4 if late else 7,
        tone="stop" if late else "wait",
        icon="edit",
        title=title % {"title": review.rollout.title},
        href=review.get_absolute_url(),
        sentence=sentence,
        until=words % {"day": f"{review.due_at:%-d %b}"},
        until_at=review.due_at,
        steps=(Step(_("Open"), review.get_absolute_url(), "go"),),
    )


def _action(item: ActionItem, now: datetime) -> Item:
    day = item.due_on or now.date()
    late = day < now.date()
    href = reverse("reviews:review", args=[item.review.rollout.slug]) + "#actions"
    return Item(
        urgency=5 if late else 7,
        tone="stop" if late else "wait",
        icon="checklist",
        title=item.title,
        href=href,
        sentence=_("An action item of the review of %(title)s.") % {"title": item.review.rollout.title},
        until=_("due %(day)s") % {"day": f"{day:%-d %b}"},
        steps=(Step(_("Open"), href, "go"),),
    )


def find(person: Person, text: str, limit: int) -> list[Hit]:
    """Reviews and lessons whose words hold the text."""
    seen = Review.objects.accessible_to(person)
    rows = seen.filter(
        Q(rollout__title__icontains=text) | Q(sections__internal__icontains=text)
        | Q(lessons__title__icontains=text)
    )  # fmt: skip
    found = rows.select_related("rollout").distinct().order_by("-opened_at", "-pk")[:limit]
    return [Hit(str(row.rollout.title), row.get_absolute_url(), _("Review"), row.word.label) for row in found]


def find_lessons(person: Person, text: str, limit: int) -> list[Hit]:
    """Lessons by their words."""
    seen = Review.objects.accessible_to(person).values("pk")
    rows = Lesson.objects.filter(review__in=seen).filter(Q(title__icontains=text) | Q(text__icontains=text))
    found = rows.select_related("review__rollout").order_by("-at", "-pk")[:limit]
    return [
        Hit(row.title, f"{row.review.get_absolute_url()}#lessons", _("Lesson"), row.review.rollout.title)
        for row in found
    ]
