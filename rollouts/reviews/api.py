"""Reviews over the API: everything that their pages do."""

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.services import KeyReused
from rollouts.audit.values import EventView, Face
from rollouts.lib import idempotency
from rollouts.lib.idempotency import KEY, key_of
from rollouts.lib.problems import Problem
from rollouts.reviews import learning, queries, services
from rollouts.reviews import serializers as shapes
from rollouts.reviews.models import ActionItem, Comment, Lesson, Review, Section
from rollouts.reviews.rights import Refused
from rollouts.reviews.values import ReviewState


def caller(request: Request) -> Person:
    return cast("Person", request.user)


Again = Callable[[EventView], Any]


def given_by(request: Request, slug: str) -> dict[str, Any]:
    """What every verb is told: which review, who, by which face, under which key of the client."""
    get_object_or_404(Review.objects.accessible_to(caller(request)), rollout__slug=slug)
    return {"review": slug, "actor": caller(request).actor, "face": Face.API, "key": key_of(request)}


def done(verb: Callable[..., Any], again: Again, **given: Any) -> Any:
    """What the verb answers, or `again` when its key did it before.

    A refusal as the API tells it: 403 for a right, 422 for a key of another request, else 409.
    """
    try:
        try:
            return verb(**given)
        except services.Repeated as repeated:
            return again(repeated.event)
    except KeyReused as reused:
        raise idempotency.reused(reused) from None
    except services.Stale as stale:
        extra = {"current": shapes.SectionOut(stale.current).data}
        raise Problem(code=stale.code, detail=stale.sentence, remedy=stale.remedy, extra=extra) from None
    except Refused as refused:
        status = 403 if refused.code in ("forbidden", "own_review") else 409
        raise Problem(
            code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=status
        ) from None
    except ObjectDoesNotExist:
        raise Http404 from None


def read(shape: type[Any], request: Request, **more: Any) -> dict[str, Any]:
    """The request's body, checked."""
    asked = shape(data=request.data, **more)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


class ReviewFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, author's e-mail, owning team, and service."""

    state = filters.ChoiceFilter(choices=ReviewState.choices())
    author = filters.CharFilter(field_name="author__email")
    team = filters.CharFilter(field_name="rollout__team__slug")
    service = filters.CharFilter(field_name="rollout__changes__service__slug", distinct=True)
    due_before = filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Review
        fields: list[str] = []


class Reviews(generics.ListAPIView[Review]):
    """The reviews that the caller may see, newest first."""

    serializer_class = shapes.ReviewRow
    filterset_class = ReviewFilter
    queryset = Review.objects.none()

    def get_queryset(self) -> "QuerySet[Review]":
        return queries.reviews_for(caller(self.request))


class OneReview(APIView):
    """One review with its words, numbers, items and lessons; its timeline stands beside it."""

    @extend_schema(responses=shapes.ReviewOut)
    def get(self, request: Request, slug: str) -> Response:
        """The review."""
        found = queries.whole(caller(request), slug)
        if found is None:
            raise Http404
        return Response(shapes.ReviewOut(found).data)

    @extend_schema(request=shapes.ArrangeIn, responses=shapes.ReviewRow, parameters=[KEY])
    def patch(self, request: Request, slug: str) -> Response:
        """Names another author or due date."""
        data = read(shapes.ArrangeIn, request)
        done(services.assign, nothing, **given_by(request, slug), **data)
        return _row(request, slug)


def nothing(_event: EventView) -> None:
    """Where the answer is read anew."""


def _row(request: Request, slug: str) -> Response:
    return Response(shapes.ReviewRow(queries.reviews_for(caller(request)).get(rollout__slug=slug)).data)


class Timeline(APIView):
    """What happened, derived from the log."""

    @extend_schema(responses=shapes.ReviewEventOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Oldest first."""
        rows = Review.objects.accessible_to(caller(request)).select_related("rollout")
        events = queries.timeline(get_object_or_404(rows, rollout__slug=slug))
        return Response(shapes.ReviewEventOut(events, many=True).data)


class OneSection(APIView):
    """The words of one section."""

    @extend_schema(request=shapes.SectionIn, responses=shapes.SectionOut, parameters=[KEY])
    def put(self, request: Request, slug: str, section: str) -> Response:
        """Saves them if `version` is the newest; else 409 with what stands there now."""
        data = read(shapes.SectionIn, request)
        stands = Section.objects.filter(review__rollout__slug=slug, name=section)
        saved = done(
            services.save_section,
            lambda _event: stands.get(),
            section=section,
            **given_by(request, slug),
            **data,
        )
        return Response(shapes.SectionOut(saved).data)


class Versions(APIView):
    """Every text that was saved for a section."""

    @extend_schema(responses=shapes.SectionVersionOut(many=True))
    def get(self, request: Request, slug: str, section: str) -> Response:
        """Newest first."""
        rows = Review.objects.accessible_to(caller(request))
        part = get_object_or_404(get_object_or_404(rows, rollout__slug=slug).sections.all(), name=section)
        return Response(shapes.SectionVersionOut(part.versions.order_by("-number", "-pk"), many=True).data)


class Act(APIView):
    """What moves a review on."""

    verbs: dict[str, Callable[..., Review]] = {  # noqa: RUF012
        "submit": services.submit,
        "return": services.return_to_author,
        "approve": services.approve,
        "close": services.close,
        "measure": services.refresh_impact,
    }

    @extend_schema(request=shapes.ActIn, responses=shapes.ReviewRow, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Submits, returns (with a reason), approves, closes, measures, (un)publishes, or says of harm."""
        data = read(shapes.ActIn, request)
        action, more = data["action"], {}
        verb: Callable[..., Review] = self.verbs.get(action, services.publish)
        if action in ("harmful", "harmless"):
            verb, more = services.say_harm, {"harmful": action == "harmful"}
        elif action == "return":
            more = {"reason": data["reason"]}
        elif verb is services.publish:
            more = {"published": action == "publish"}
        done(verb, nothing, **given_by(request, slug), **more)
        return _row(request, slug)


def _item(event: EventView) -> ActionItem:
    return ActionItem.objects.get(pk=event.content["item"])


def _lesson(event: EventView) -> Lesson:
    return Lesson.objects.get(pk=event.content["lesson"])


def _comment(event: EventView) -> Comment:
    return Comment.objects.get(pk=event.content["comment"])


class Items(APIView):
    """The action items of a review."""

    @extend_schema(request=shapes.ItemIn, responses={201: shapes.ActionItemOut}, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Adds one."""
        data = read(shapes.ItemIn, request)
        data.pop("state", None)
        made = done(learning.add_item, _item, **given_by(request, slug), **data)
        return Response(shapes.ActionItemOut(made).data, status=201)


class OneItem(APIView):
    """One action item."""

    @extend_schema(request=shapes.ItemIn, responses=shapes.ActionItemOut, parameters=[KEY])
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Changes what is given, also after the review is closed."""
        data = read(shapes.ItemIn, request, partial=True)
        saved = done(learning.change_item, _item, item=pk, **given_by(request, slug), **data)
        return Response(shapes.ActionItemOut(saved).data)


class Lessons(APIView):
    """The lessons of a review."""

    @extend_schema(request=shapes.LessonIn, responses={201: shapes.LessonOut}, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Attaches one to services."""
        data = read(shapes.LessonIn, request)
        made = done(learning.add_lesson, _lesson, **given_by(request, slug), **data)
        return Response(shapes.LessonOut(made).data, status=201)


class OneLesson(APIView):
    """One lesson."""

    @extend_schema(request=shapes.LessonIn, responses=shapes.LessonOut, parameters=[KEY])
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Writes it anew."""
        data = read(shapes.LessonIn, request)
        saved = done(learning.change_lesson, _lesson, lesson=pk, **given_by(request, slug), **data)
        return Response(shapes.LessonOut(saved).data)

    @extend_schema(responses={204: None}, parameters=[KEY])
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Takes it back."""
        done(learning.remove_lesson, nothing, lesson=pk, **given_by(request, slug))
        return Response(status=204)


class Comments(APIView):
    """What is said about a review."""

    @extend_schema(request=shapes.CommentIn, responses={201: shapes.CommentOut}, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Says something."""
        data = read(shapes.CommentIn, request)
        made = done(services.comment, _comment, **given_by(request, slug), **data)
        return Response(shapes.CommentOut(made).data, status=201)


class LessonFilter(filters.FilterSet):  # type: ignore[misc]
    """By a service that they are attached to."""

    service = filters.CharFilter(field_name="services__slug")

    class Meta:
        model = Lesson
        fields: list[str] = []


class AllLessons(generics.ListAPIView[Lesson]):
    """Lessons of every review that the caller may see, newest first."""

    serializer_class = shapes.LessonOut
    filterset_class = LessonFilter
    queryset = Lesson.objects.none()

    def get_queryset(self) -> "QuerySet[Lesson]":
        seen = Review.objects.accessible_to(caller(self.request)).values("pk")
        rows = Lesson.objects.filter(review__in=seen).select_related("review__rollout")
        return rows.prefetch_related("services").order_by("-at", "-pk")
