"""Metric sources over the API: what is asked, how it goes, and what is measured now."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.queries import plans_for
from rollouts.catalog.registry import What
from rollouts.health import services
from rollouts.health.models import Source, Target
from rollouts.health.values import DECLARED_KINDS
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class TargetOut(serializers.ModelSerializer[Target]):
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Target
        fields = ("service", "url", "version", "last_success_at", "last_error", "last_error_at")


class SourceOut(serializers.ModelSerializer[Source]):
    """A source; `last_error` is empty while all that it is asked is answered.

    Of kind `prometheus`: `settings` is what is looked for, `access` only whether credentials are kept.
    """

    access = serializers.SerializerMethodField()

    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    targets = TargetOut(many=True, read_only=True)

    def get_access(self, source: Source) -> bool:
        """Whether credentials are kept; they are never shown."""
        return source.access != ""

    class Meta:
        model = Source
        fields = (
            "slug", "name", "kind", "environment", "team", "window_s", "timeout_s", "keep_days", "enabled",
            "collected_through_at", "last_success_at", "last_error", "last_error_at", "targets",
            "url", "delay_s", "settings", "access", "last_warning", "last_warning_at", "failed_windows",
            "rests_until_at", "requests_last", "requests_made", "exemplars_error",
        )  # fmt: skip


class SourceFilter(filters.FilterSet):  # type: ignore[misc]
    """By environment, owning team, or a service that it asks about."""

    environment = filters.CharFilter(field_name="environment__slug")
    team = filters.CharFilter(field_name="team__slug")
    service = filters.CharFilter(field_name="targets__service__slug", distinct=True)

    class Meta:
        model = Source
        fields: list[str] = []


def _sources() -> Any:
    targets = Target.objects.select_related("service").order_by("service__slug", "pk")
    return (
        Source.objects.select_related("environment", "team")
        .prefetch_related(Prefetch("targets", targets))
        .order_by("slug", "pk")
    )


class Sources(generics.ListAPIView[Source]):
    """All metric sources."""

    serializer_class = SourceOut
    filterset_class = SourceFilter
    queryset = Source.objects.none()

    def get_queryset(self) -> Any:
        return _sources()


class TargetIn(serializers.Serializer[Any]):
    service = serializers.CharField()
    url = serializers.CharField()
    version = serializers.CharField(required=False)


class SourceIn(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    environment = serializers.CharField()
    team = serializers.CharField()
    window_s = serializers.IntegerField(required=False)
    timeout_s = serializers.FloatField(required=False)
    enabled = serializers.BooleanField(required=False, help_text="Default: as it stands; a new one is asked.")
    targets = TargetIn(many=True, required=False, help_text="Of kind openmetrics.")
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in DECLARED_KINDS], required=False
    )
    url = serializers.CharField(required=False, help_text="Of kind prometheus: what stands before /api/v1.")
    delay_s = serializers.IntegerField(required=False)
    conventions = serializers.ListField(child=serializers.CharField(), required=False)
    service_label = serializers.CharField(required=False)
    version_label = serializers.CharField(required=False)
    matchers = serializers.CharField(required=False)
    names = serializers.DictField(child=serializers.CharField(), required=False)
    bounds_s = serializers.ListField(child=serializers.FloatField(), required=False)
    exemplars = serializers.BooleanField(required=False, help_text="Of kind prometheus.")


class SwitchIn(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


class OneSource(APIView):
    @extend_schema(operation_id="source_read", responses=SourceOut)
    def get(self, request: Request, slug: str) -> Response:
        """One metric source."""
        return Response(SourceOut(get_object_or_404(_sources(), slug=slug)).data)

    @extend_schema(operation_id="source_save", request=SourceIn, responses={200: SourceOut, 201: SourceOut})
    def put(self, request: Request, slug: str) -> Response:
        """Declares a source as `catalog.yaml` does; targets that are not given are asked no longer."""
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send a JSON object.")
        try:
            outcome = catalog.save_entry(
                section="sources", entry={**request.data, "name": slug}, by=_caller(request), face=Face.API
            )
        except catalog.Unsound as unsound:
            extra = {"problems": [one.as_json() for one in unsound.problems]}
            raise Problem(
                code=unsound.code, detail=unsound.sentence, remedy=unsound.remedy, status=422, extra=extra
            ) from None
        except Refusal as refusal:
            raise Problem(
                code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=403
            ) from None
        status = 201 if outcome.what is What.ADDED else 200
        return Response(SourceOut(_sources().get(slug=slug)).data, status=status)

    @extend_schema(operation_id="source_switch", request=SwitchIn, responses=SourceOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Asks a source from now on, or not any more; what was measured stays."""
        source = get_object_or_404(_sources(), slug=slug)
        given = SwitchIn(data=request.data)
        given.is_valid(raise_exception=True)
        if not plans_for(_caller(request), source.team.slug):
            raise Problem(
                code="forbidden",
                detail=f"You may not change {source.name}.",
                remedy=f"Ask a planner of {source.team.name}.",
                status=403,
            )
        services.switch_source(
            slug=slug,
            enabled=given.validated_data["enabled"],
            actor=_caller(request).actor,
            face=Face.API,
        )
        return Response(SourceOut(_sources().get(slug=slug)).data)
