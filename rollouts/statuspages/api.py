"""The API of a rollout's readers: the same verbs as the pages."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.services import KeyReused, Repeated
from rollouts.audit.values import EventView, Face
from rollouts.catalog.models import Service
from rollouts.lib.idempotency import KEY, key_of, reused
from rollouts.lib.problems import Problem
from rollouts.plans.models import Rollout
from rollouts.statuspages import queries, services
from rollouts.statuspages.models import Feedback, Site, Update

Done = TypeVar("Done")


class UpdateOut(serializers.ModelSerializer[Update]):
    """An update as it was posted."""

    class Meta:
        model = Update
        fields = ("id", "text", "author_name", "at", "public")


class UpdateIn(serializers.Serializer[Update]):
    """An update to post."""

    text = serializers.CharField(max_length=services.LONGEST)
    public = serializers.BooleanField(default=False)


class FeedbackOut(serializers.ModelSerializer[Feedback]):
    """What a reader wrote, with its answer."""

    class Meta:
        model = Feedback
        fields = (
            "id",
            "kind",
            "name",
            "contact",
            "text",
            "at",
            "answer",
            "answered_by",
            "answered_at",
            "public",
        )


class AnswerIn(serializers.Serializer[Feedback]):
    """An answer to a reader."""

    text = serializers.CharField(max_length=services.LONGEST)
    public = serializers.BooleanField(default=False)


class LinkIn(serializers.Serializer[Rollout]):
    """When a link ends."""

    expires_at = serializers.DateTimeField()


class LinkOut(serializers.Serializer[Rollout]):
    """A new link's key, shown once, and the path that it opens."""

    key = serializers.CharField()
    path = serializers.CharField()


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A status site."""

    services = serializers.SlugRelatedField(
        slug_field="slug", many=True, queryset=Service.objects.all(), required=False
    )

    class Meta:
        model = Site
        fields = ("slug", "title", "lede", "zone", "default", "services")
        extra_kwargs: ClassVar[dict[str, Any]] = {"slug": {"validators": []}, "default": {"validators": []}}
        validators: ClassVar[list[Any]] = []


def _caller(request: Request) -> Person:
    return cast("Person", request.user)


def _rollout(request: Request, slug: str, *, to_tell: bool = False) -> Rollout:
    """The rollout, when the caller may see it and, if asked, speak to its readers."""
    rows = Rollout.objects.accessible_to(_caller(request)).select_related("team", "in_force")
    found = get_object_or_404(rows, slug=slug)
    if to_tell and not queries.may_tell(_caller(request), found):
        raise Problem(
            code="right",
            detail=f"The owner and planners of {found.team} speak to the readers.",
            remedy="Ask one of them.",
            status=403,
        )
    return found


def _done(verb: Callable[[], Done], again: Callable[[EventView], Done]) -> Done:
    """What the verb answers, or `again` when its Idempotency-Key did it before. Raises Problem."""
    try:
        return verb()
    except Repeated as repeated:
        return again(repeated.event)
    except KeyReused as error:
        raise reused(error) from error
    except services.Unwelcome as error:
        raise _unwelcome(error) from error


def _unwelcome(error: services.Unwelcome) -> Problem:
    return Problem(code="unwelcome", detail=str(error), remedy="Correct it and send it again.", status=422)


def _shown_once(_event: EventView) -> str:
    """The key of a link is kept as a digest: it cannot be told again."""
    raise Problem(
        code="shown_once",
        detail="This request made a link before, and the key of a link is shown once.",
        remedy="If its answer was lost, make another link under a new Idempotency-Key.",
    )


class Updates(generics.ListAPIView[Update]):
    """The updates of a rollout."""

    serializer_class = UpdateOut
    filter_backends = ()
    queryset = Update.objects.none()

    def get_queryset(self) -> "QuerySet[Update]":
        rollout = _rollout(self.request, self.kwargs["slug"])
        return Update.objects.filter(rollout=rollout).order_by("-at", "-pk")

    @extend_schema(request=UpdateIn, responses={201: UpdateOut}, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Posts an update."""
        rollout = _rollout(request, slug, to_tell=True)
        asked = UpdateIn(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {**asked.validated_data, "author": _caller(request), "key": key_of(request)}
        update = _done(
            lambda: services.post_update(rollout=rollout.slug, face=Face.API, **given),
            lambda event: Update.objects.get(pk=event.content["update"]),
        )
        return Response(UpdateOut(update).data, status=201)


class Letters(generics.ListAPIView[Feedback]):
    """What readers of a rollout wrote."""

    serializer_class = FeedbackOut
    filter_backends = ()
    queryset = Feedback.objects.none()

    def get_queryset(self) -> "QuerySet[Feedback]":
        rollout = _rollout(self.request, self.kwargs["slug"])
        return Feedback.objects.filter(rollout=rollout).order_by("-at", "-pk")


class Answer(APIView):
    """The answer to one reader."""

    @extend_schema(request=AnswerIn, responses=FeedbackOut, parameters=[KEY])
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Answers, or answers anew."""
        rollout = _rollout(request, slug, to_tell=True)
        get_object_or_404(Feedback, pk=pk, rollout=rollout)
        asked = AnswerIn(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {**asked.validated_data, "by": _caller(request), "key": key_of(request)}
        row = _done(
            lambda: services.answer_feedback(pk=pk, rollout=rollout.slug, face=Face.API, **given),
            lambda event: Feedback.objects.get(pk=event.content["feedback"]),
        )
        return Response(FeedbackOut(row).data)


class Link(APIView):
    """The link that opens the public page to those who hold it."""

    @extend_schema(request=LinkIn, responses={201: LinkOut}, parameters=[KEY])
    def post(self, request: Request, slug: str) -> Response:
        """Makes one; the one before opens nothing any more."""
        rollout = _rollout(request, slug, to_tell=True)
        asked = LinkIn(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {**asked.validated_data, "actor": _caller(request).actor, "client_key": key_of(request)}
        key = _done(lambda: services.make_link(rollout=rollout.slug, face=Face.API, **given), _shown_once)
        site = queries.default_site()
        path = f"{site.path if site else '/status/main/'}{slug}/?key={key}"
        return Response({"key": key, "path": path}, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: None}, parameters=[KEY])
    def delete(self, request: Request, slug: str) -> Response:
        """Revokes it."""
        rollout = _rollout(request, slug, to_tell=True)
        actor, key = _caller(request).actor, key_of(request)
        _done(
            lambda: services.revoke_link(rollout=rollout.slug, actor=actor, face=Face.API, key=key),
            lambda _event: None,
        )
        return Response(status=204)


class Sites(generics.ListAPIView[Site]):
    """The status sites."""

    serializer_class = SiteSerializer
    filter_backends = ()
    queryset = Site.objects.prefetch_related("services").order_by("slug", "pk")


class OneSite(APIView):
    """One status site."""

    @extend_schema(request=SiteSerializer, responses=SiteSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Makes or changes it; for the installation's admins."""
        if not _caller(request).is_staff:
            raise Problem(
                code="right",
                detail="Only the installation's admins set up status sites.",
                remedy="Ask one of them.",
                status=403,
            )
        given: dict[str, Any] = {**dict(request.data), "slug": slug}
        asked = SiteSerializer(data=given)
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        if "services" in data:
            data["services"] = [service.slug for service in data["services"]]
        try:
            site = services.save_site(actor=_caller(request).actor, face=Face.API, **data)
        except services.Unwelcome as error:
            raise _unwelcome(error) from error
        return Response(SiteSerializer(site).data)
