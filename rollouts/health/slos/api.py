"""SLOs over the API: declared, read, imported and ended."""

from typing import Any

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
from rollouts.catalog.registry import What
from rollouts.health.models import Slo
from rollouts.health.slos import queries, saving
from rollouts.lib.clock import database_now
from rollouts.lib.documents.source import JSON, YAML
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class BurnOut(serializers.Serializer[Any]):
    """Burn rates over a long and a short window; null without traffic. `fires` from `factor` on, in both."""

    long_s = serializers.FloatField()
    short_s = serializers.FloatField()
    long = serializers.FloatField(allow_null=True)
    short = serializers.FloatField(allow_null=True)
    factor = serializers.FloatField()
    urgency = serializers.ChoiceField(choices=["page", "ticket"])
    fires = serializers.BooleanField()


class SloOut(serializers.ModelSerializer[Slo]):
    """An SLO and how its error budget stands: `remaining` is a share, below 0 when overspent."""

    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    remaining = serializers.SerializerMethodField()
    firing = serializers.SerializerMethodField()
    fresh = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    burns = serializers.SerializerMethodField()

    class Meta:
        model = Slo
        fields = (
            "slug", "title", "description", "service", "environment", "signal", "slower_than_s", "target",
            "period_days", "through_at", "remaining", "firing", "fresh", "sentence", "burns",
        )  # fmt: skip

    def _standing(self, slo: Slo) -> queries.Standing:
        return queries.standing(slo, self.context["now"])

    def get_remaining(self, slo: Slo) -> float | None:
        return self._standing(slo).remaining

    def get_firing(self, slo: Slo) -> str:
        return self._standing(slo).firing

    def get_fresh(self, slo: Slo) -> bool:
        return self._standing(slo).fresh

    def get_sentence(self, slo: Slo) -> str:
        return self._standing(slo).sentence

    @extend_schema(responses=BurnOut(many=True))
    def get_burns(self, slo: Slo) -> list[dict[str, Any]]:
        return list(self._standing(slo).burns)


class SloFilter(filters.FilterSet):  # type: ignore[misc]
    """By service, environment, or owning team."""

    service = filters.CharFilter(field_name="service__slug")
    environment = filters.CharFilter(field_name="environment__slug")
    team = filters.CharFilter(field_name="service__team__slug")

    class Meta:
        model = Slo
        fields: list[str] = []


class Slos(generics.ListAPIView[Slo]):
    """All SLOs that are promised."""

    serializer_class = SloOut
    filterset_class = SloFilter
    queryset = Slo.objects.none()

    def get_queryset(self) -> Any:
        return queries.slos()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": database_now()}


class SloIn(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    service = serializers.CharField()
    environment = serializers.CharField()
    signal = serializers.ChoiceField(choices=["errors", "latency"], required=False)
    slower_than = serializers.CharField(required=False, help_text="For latency, such as 300ms.")
    target = serializers.FloatField(help_text="A share between 0 and 1, such as 0.999.")
    period = serializers.CharField(required=False, help_text="30d unless it says otherwise.")


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _out(slug: str) -> Any:
    return SloOut(queries.slos().get(slug=slug), context={"now": database_now()}).data


class OneSlo(APIView):
    @extend_schema(operation_id="slo_read", responses=SloOut)
    def get(self, request: Request, slug: str) -> Response:
        """One SLO, and how its error budget stands."""
        get_object_or_404(queries.slos(), slug=slug)
        return Response(_out(slug))

    @extend_schema(operation_id="slo_save", request=SloIn, responses={200: SloOut, 201: SloOut})
    def put(self, request: Request, slug: str) -> Response:
        """Declares an SLO as `catalog.yaml` does; changing what is counted counts anew."""
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send a JSON object.")
        try:
            outcome = catalog.save_entry(
                section="slos", entry={**request.data, "name": slug}, by=_caller(request), face=Face.API
            )
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(_out(slug), status=201 if outcome.what is What.ADDED else 200)

    @extend_schema(operation_id="slo_end", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Ends an SLO; what was logged stays."""
        get_object_or_404(queries.slos(), slug=slug)
        try:
            saving.end_slo(slug=slug, by=_caller(request), face=Face.API)
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(status=204)


class OpenSloIn(serializers.Serializer[Any]):
    document = serializers.CharField(help_text="OpenSLO v1 as YAML (several documents too) or JSON.")
    media_type = serializers.ChoiceField(choices=[YAML, JSON], default=YAML)
    environment = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="For SLOs that name none."
    )


class ImportedOut(serializers.Serializer[Any]):
    """What became of each SLO; `notes` say what is measured otherwise than the file says."""

    slos = SloOut(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class ImportOpenSlo(APIView):
    @extend_schema(operation_id="slo_import", request=OpenSloIn, responses=ImportedOut)
    def post(self, request: Request) -> Response:
        """Imports OpenSLO v1: all of the document or nothing; what is not supported is named."""
        given = OpenSloIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            done = saving.import_openslo(
                source=given.validated_data["document"].encode(),
                media_type=given.validated_data["media_type"],
                environment=given.validated_data["environment"],
                by=_caller(request),
                face=Face.API,
            )
        except Refusal as refusal:
            raise _problem(refusal) from None
        rows = queries.slos().filter(slug__in=[outcome.name for outcome in done.outcomes])
        out = SloOut(rows, many=True, context={"now": database_now()})
        return Response({"slos": out.data, "notes": list(done.notes)})


def _problem(refusal: Refusal) -> Problem:
    if isinstance(refusal, catalog.Unsound):
        extra = {"problems": [one.as_json() for one in refusal.problems]}
        return Problem(
            code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=422, extra=extra
        )
    return Problem(code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=403)
