"""Environments, services and the whole catalog over the API."""

from typing import Any

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.registry import What
from rollouts.lib.documents.source import MEDIA_TYPES, YAML
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


def caller(request: Request) -> Person:
    """The person who asks."""
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def refused(refusal: Refusal) -> Problem:
    """The refusal as the API tells it: 403 for a right, 422 for a fault of the entry."""
    extra: dict[str, Any] = {}
    status = 403 if refusal.code == "forbidden" else 409
    if isinstance(refusal, services.Unsound):
        status, extra = 422, {"problems": [problem.as_json() for problem in refusal.problems]}
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status, extra=extra
    )


class OutcomeOut(serializers.Serializer[Any]):
    """What became of one entry."""

    section = serializers.CharField()
    name = serializers.CharField()
    what = serializers.ChoiceField(choices=[what.value for what in What])
    details = serializers.ListField(child=serializers.CharField())


class ReportOut(serializers.Serializer[Any]):
    count = serializers.DictField(child=serializers.IntegerField())
    outcomes = OutcomeOut(many=True)


class EnvironmentOut(serializers.ModelSerializer[Environment]):
    class Meta:
        model = Environment
        fields = ("slug", "name", "order", "production")


class EnvironmentIn(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    order = serializers.IntegerField(required=False)
    production = serializers.BooleanField(required=False)


class ServiceOut(serializers.ModelSerializer[Service]):
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Service
        fields = (
            "slug", "name", "description", "team", "tier", "runbook", "repository", "slack_channel",
            "public_name", "gone_at",
        )  # fmt: skip


class ServiceIn(serializers.Serializer[Any]):
    team = serializers.CharField()
    title = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    tier = serializers.IntegerField(required=False)
    runbook = serializers.URLField(required=False)
    repository = serializers.URLField(required=False)
    slack_channel = serializers.CharField(required=False)
    public_name = serializers.CharField(required=False)


class ServiceFilter(filters.FilterSet):  # type: ignore[misc]
    """By owning team, tier, and whether it is gone."""

    team = filters.CharFilter(field_name="team__slug")
    tier = filters.NumberFilter()
    gone = filters.BooleanFilter(field_name="gone_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Service
        fields: list[str] = []


def put_entry(section: str, slug: str, request: Request) -> Response:
    """Saves one entry of the catalog: 201 when it is new, else 200."""
    given = request.data
    if not isinstance(given, dict):
        raise serializers.ValidationError("Send a JSON object.")
    try:
        outcome = services.save_entry(
            section=section, entry={**given, "name": slug}, by=caller(request), face=Face.API
        )
    except Refusal as refusal:
        raise refused(refusal) from None
    return Response(OutcomeOut(outcome.as_json()).data, status=201 if outcome.what is What.ADDED else 200)


class Environments(generics.ListAPIView[Environment]):
    """All environments, in their order."""

    serializer_class = EnvironmentOut
    queryset = Environment.objects.order_by("order", "slug")


class OneEnvironment(APIView):
    @extend_schema(operation_id="environment_read", responses=EnvironmentOut)
    def get(self, request: Request, slug: str) -> Response:
        """One environment."""
        return Response(EnvironmentOut(get_object_or_404(Environment, slug=slug)).data)

    @extend_schema(
        operation_id="environment_save", request=EnvironmentIn, responses={200: OutcomeOut, 201: OutcomeOut}
    )
    def put(self, request: Request, slug: str) -> Response:
        """Describes an environment, as `catalog.yaml` does."""
        return put_entry("environments", slug, request)


class Services(generics.ListAPIView[Service]):
    """All services by name."""

    serializer_class = ServiceOut
    filterset_class = ServiceFilter
    queryset = Service.objects.select_related("team").order_by("slug")


class TeamIn(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    slack_channel = serializers.CharField(required=False)


class OneTeam(APIView):
    @extend_schema(operation_id="team_save", request=TeamIn, responses={200: OutcomeOut, 201: OutcomeOut})
    def put(self, request: Request, slug: str) -> Response:
        """Describes a team, as `catalog.yaml` does; its roles have addresses of their own."""
        return put_entry("teams", slug, request)


class OneService(APIView):
    @extend_schema(operation_id="service_read", responses=ServiceOut)
    def get(self, request: Request, slug: str) -> Response:
        """One service."""
        return Response(ServiceOut(get_object_or_404(Service.objects.select_related("team"), slug=slug)).data)

    @extend_schema(
        operation_id="service_save", request=ServiceIn, responses={200: OutcomeOut, 201: OutcomeOut}
    )
    def put(self, request: Request, slug: str) -> Response:
        """Describes a service, as `catalog.yaml` does: what is left out gets its default."""
        return put_entry("services", slug, request)

    @extend_schema(operation_id="service_retire", responses=OutcomeOut)
    def delete(self, request: Request, slug: str) -> Response:
        """Marks a service as gone; its history stays."""
        get_object_or_404(Service, slug=slug)
        try:
            outcome = services.retire_service(slug=slug, by=caller(request), face=Face.API)
        except Refusal as refusal:
            raise refused(refusal) from None
        return Response(OutcomeOut(outcome.as_json()).data)


class FileParser(BaseParser):
    """Hands the bytes on, whatever they are called."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read()


class WholeCatalog(APIView):
    parser_classes = [FileParser]

    @extend_schema(
        operation_id="catalog_apply",
        request={"application/yaml": OpenApiTypes.STR, "application/json": OpenApiTypes.OBJECT},
        responses=ReportOut,
        parameters=[
            OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Only say what would change."),
            OpenApiParameter(
                "origin",
                OpenApiTypes.STR,
                description="Where a catalog-info.yaml lies, the same each time; default its first name.",
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Applies a `catalog.yaml`, or Backstage's `catalog-info.yaml`; an administrator may."""
        person = caller(request)
        body: Any = request.data
        kind = (request.content_type or "").split(";")[0].strip().lower()
        try:
            report = services.apply_catalog(
                source=body if isinstance(body, bytes) else b"",
                media_type=MEDIA_TYPES.get(kind, YAML),
                actor=person.actor,
                face=Face.API,
                dry_run=request.query_params.get("dry_run", "").lower() in ("1", "true"),
                by=person,
                origin=request.query_params.get("origin", "")[:200],
            )
        except Refusal as refusal:
            raise refused(refusal) from None
        return Response(ReportOut(report.as_json()).data)


def schema(_request: Any) -> JsonResponse:
    """The JSON Schema of `catalog.yaml`."""
    response = JsonResponse(services.schema(), content_type="application/schema+json")
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    return response
