"""Single requests behind what is measured, by their traces, over the API: what the pages link to."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.dashboard import api_asked, exemplars
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.health.models import Exemplar
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout


class TraceLinkOut(serializers.Serializer[Any]):
    """Where a system shows the trace (`GATEHOUSE_LINKS`)."""

    name = serializers.CharField()
    href = serializers.CharField()


class ExemplarOut(serializers.ModelSerializer[Exemplar]):
    """One request that a source named by its trace; `value` in seconds for latency."""

    signal = serializers.CharField(source="series.signal", read_only=True)
    version = serializers.CharField(source="series.version", read_only=True)
    seen_by = serializers.CharField(source="series.perspective", read_only=True)
    links = TraceLinkOut(many=True)

    class Meta:
        model = Exemplar
        fields = ("at", "trace_id", "value", "signal", "version", "seen_by", "links")


def told(found: list[Exemplar], rows: list[exemplars.Row]) -> Response:
    """The requests with their links."""
    for one, row in zip(found, rows, strict=True):
        one.links = row.links  # type: ignore[attr-defined]
    return Response(ExemplarOut(found, many=True).data)


class GateExemplars(APIView):
    @extend_schema(operation_id="gate_exemplars", responses=ExemplarOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Single requests behind the newest verdict of a gate on errors or latency, by their traces."""
        assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
        seen = Rollout.objects.accessible_to(request.user)
        gate = get_object_or_404(Gate.objects.filter(rollout__in=seen).select_related("stage"), pk=pk)
        times = gates.looked_at(gate)
        change = gates.measured_change(gate) if gate.kind == "metric" and times else None
        if change is None or times is None:
            return Response([])
        found = gates.exemplars(gate, change, since=times[0], until=times[1])
        return told(found, exemplars.rows(found, change.service, change.environment))


class ServiceExemplars(APIView):
    """Single requests of a service in the last 24 hours, 7 or 30 days, by their traces; the newest."""

    @extend_schema(
        operation_id="service_exemplars",
        parameters=api_asked.PARAMETERS,
        responses=ExemplarOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        service = get_object_or_404(Service, slug=slug)
        over, environment = api_asked.asked(request)
        found = exemplars.of_service(service, environment, over.length, database_now())
        return told(found, exemplars.rows(found, service, environment))
