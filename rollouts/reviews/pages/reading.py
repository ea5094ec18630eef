"""The list of reviews, one review, its public version, and older words."""

from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from rollouts.accounts.models import Person
from rollouts.lib.clock import database_now
from rollouts.lib.learned import lessons_for
from rollouts.lib.markdown import render as markdown
from rollouts.reviews import queries, services
from rollouts.reviews.models import Review
from rollouts.reviews.pages.charts import charts
from rollouts.reviews.values import ReviewState, SectionName, Span

LOOKS = {
    ReviewState.DRAFT: ("none", "edit"),
    ReviewState.IN_REVIEW: ("wait", "wait"),
    ReviewState.REVIEWED: ("pass", "pass"),
    ReviewState.CLOSED: ("none", "x"),
}
HINTS = {
    SectionName.SUMMARY: gettext_lazy("What happened, to whom, for how long, in three sentences."),
    SectionName.IMPACT: gettext_lazy("What the numbers below mean for people."),
    SectionName.FACTORS: gettext_lazy(
        "Conditions, not people. At least one from how we decide, not only from code."
    ),
    SectionName.WENT_WELL: gettext_lazy("What to keep."),
    SectionName.WENT_BADLY: gettext_lazy("What was missing, slow or lucky."),
    SectionName.LESSONS: gettext_lazy(
        "What ties the lessons together. Each lesson for a service stands below."
    ),
}
EVENTS = {
    "halted": ("stop", "halt"), "rollback_failed": ("stop", "back"), "rolling_back": ("back", "back"),
    "rolled_back": ("back", "back"), "held": ("wait", "held"), "promoted": ("move", "arrow"),
    "started": ("move", "arrow"), "resumed": ("move", "move"), "completed": ("pass", "pass"),
    "approved": ("pass", "approval"), "voted": ("pass", "approval"), "acknowledged": ("pass", "approval"),
    "stage_ready": ("pass", "ready"), "update_posted": ("none", "public"), "feedback": ("wait", "chat"),
}  # fmt: skip


def person_of(request: HttpRequest) -> Person:
    return cast("Person", request.user)


def found_for(request: HttpRequest, slug: str) -> Review:
    """The review, if this person may see it. Raises Http404."""
    review = queries.whole(person_of(request), slug)
    if review is None:
        raise Http404
    return review


@login_required
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """Every review that the reader may see, by state, owner, team and words."""
    now = database_now()
    rows = filtered(queries.reviews_for(person_of(request)), request, now)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "rows": [(row, *look(row, now)) for row in page],
        "states": ReviewState.choices(),
        "state": request.GET.get("state", ""),
        "text": request.GET.get("q", ""),
        "mine": request.GET.get("mine", ""),
        "query": query.urlencode(),
        "nav": "reviews",
    }
    return render(request, "reviews/reviews.html", context)


def filtered(rows: QuerySet[Review], request: HttpRequest, now: datetime) -> QuerySet[Review]:
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state in set(ReviewState):
        rows = rows.filter(state=state)
    elif state == "overdue":
        rows = rows.filter(due_at__lte=now, required=True).exclude(state=ReviewState.CLOSED)
    if request.GET.get("mine"):
        rows = rows.filter(Q(author=person_of(request)) | Q(items__owner=person_of(request))).distinct()
    if text:
        rows = rows.filter(Q(rollout__title__icontains=text) | Q(rollout__slug__icontains=text))
    return rows


def look(review: Review, now: datetime) -> tuple[str, str, str]:
    """Tone, icon and word of a review's lamp."""
    tone, icon = LOOKS[review.word]
    if review.required and review.state != ReviewState.CLOSED and review.due_at <= now:
        return "stop", "clock", _("%(state)s, overdue") % {"state": review.word.label}
    return tone, icon, review.word.label


@login_required
@require_safe
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """One review: what it wrote of itself, and what people wrote."""
    return page(request, found_for(request, slug))


def page(request: HttpRequest, row: Review, *, refused: str = "", status: int = 200) -> HttpResponse:
    now = database_now()
    events = queries.timeline(row)
    rights = queries.rights_of(person_of(request), row)
    context = {
        "review": row,
        "look": look(row, now),
        "rights": rights,
        "sections": [
            (
                section,
                markdown(section.internal),
                HINTS[section.word],
                (section.public and markdown(section.public)),
            )
            for section in queries.in_order(row)
        ],
        "timeline": [(event, *event_look(event.kind)) for event in events],
        "decisions": queries.decisions(events),
        "delays": queries.delays(events),
        "impact": impact(row),
        "charts": charts(row, events),
        "editable": rights.edit and row.state == ReviewState.DRAFT,
        "teachable": rights.edit and not row.word.frozen,
        "extendable": rights.edit and row.state != ReviewState.CLOSED,
        "missing": services.missing(row),
        "blocked": services.not_closable(row),
        "lessons": [(lesson, markdown(lesson.text)) for lesson in row.lessons.all()],
        "comments": [(one, markdown(one.text)) for one in sorted(row.comments.all(), key=lambda c: c.pk)],
        "before": seen_before(row),
        "refused": refused,
        "today": now.date(),
        "nav": "reviews",
    }
    return render(request, "reviews/review.html", context, status=status)


def event_look(kind: str) -> tuple[str, str]:
    return EVENTS.get(kind.partition(".")[2], ("none", "pending"))


def impact(row: Review) -> dict[str, Any]:
    """Rows of the table of numbers: one for each signal and version, with a cell for each span."""
    spans = row.impact.get("spans", {})
    return {
        "rows": [
            {**one, "cells": [(span.label, one["cells"][span.value]) for span in Span]}
            for one in row.impact.get("rows", [])
        ],
        "spans": [
            (span.label, *(datetime.fromisoformat(at) for at in spans[span.value])) for span in Span if spans
        ],
        "why_none": row.impact.get("why_none", ""),
    }


def seen_before(row: Review) -> list[Any]:
    """Lessons of other reviews about the same services."""
    slugs = list(row.rollout.changes.values_list("service__slug", flat=True))
    return [lesson for lesson in lessons_for(slugs) if lesson.href != row.get_absolute_url()][:5]


@login_required
@require_safe
def public(request: HttpRequest, slug: str) -> HttpResponse:
    """What outsiders would read."""
    row = found_for(request, slug)
    words = [(section, markdown(section.public)) for section in queries.in_order(row) if section.public]
    lessons = [lesson for lesson in row.lessons.all() if lesson.public]
    return render(
        request, "reviews/public.html", {"review": row, "words": words, "lessons": lessons, "nav": "reviews"}
    )


@login_required
@require_safe
def versions(request: HttpRequest, slug: str, section: str) -> HttpResponse:
    """Every text that was saved for a section, newest first."""
    row = found_for(request, slug)
    part = get_object_or_404(row.sections.all(), name=section)
    rows = part.versions.order_by("-number", "-pk")
    return render(
        request, "reviews/versions.html", {"review": row, "section": part, "versions": rows, "nav": "reviews"}
    )
