"""The graph and its alerts over the API."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Environment
from rollouts.health.composite.graph import Edge, Graph, Node
from rollouts.health.composite.rollup import Judgement, Status
from rollouts.health.graph import reading
from rollouts.health.models import Alert
from rollouts.lib.problems import Problem

DEEPEST = 10


class PartOut(serializers.Serializer[Any]):
    """One thing that a service's own signal is made of."""

    name = serializers.CharField()
    value = serializers.FloatField()
    words = serializers.CharField()


class NodeOut(serializers.Serializer[Any]):
    """One service; `signal` is null where nobody measures it, `root` is the culprit of its errors."""

    service = serializers.CharField()
    tier = serializers.IntegerField()
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    health = serializers.FloatField()
    signal = serializers.FloatField(allow_null=True)
    parts = PartOut(many=True)
    errors = serializers.FloatField(allow_null=True)  # type: ignore[assignment] # the field's name
    own_errors = serializers.FloatField(allow_null=True)
    requests = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment] # the field's name
    through = serializers.CharField()


class EdgeOut(serializers.Serializer[Any]):
    """One dependency; `share` and `bad` are null where nobody counted."""

    caller = serializers.CharField()
    callee = serializers.CharField()
    kind = serializers.ChoiceField(choices=["hard", "soft"])
    declared = serializers.BooleanField()
    seen = serializers.BooleanField()
    share = serializers.FloatField(allow_null=True)
    bad = serializers.FloatField(allow_null=True)
    calls = serializers.IntegerField()
    last_seen_at = serializers.DateTimeField(allow_null=True)


class CompositeOut(serializers.Serializer[Any]):
    """What is said of the focus, all that call it and what it calls; null without a focus."""

    judgement = serializers.ChoiceField(choices=[word.value for word in Judgement])
    score = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField()
    because = serializers.ListField(child=serializers.CharField())


class GraphOut(serializers.Serializer[Any]):
    environment = serializers.CharField()
    since_at = serializers.DateTimeField()
    through_at = serializers.DateTimeField()
    nodes = NodeOut(many=True)
    edges = EdgeOut(many=True)
    composite = CompositeOut(allow_null=True)


class GraphIn(serializers.Serializer[Any]):
    """Which graph, around which service, how far."""

    environment = serializers.SlugField(max_length=60)
    focus = serializers.SlugField(max_length=60, required=False)
    depth = serializers.IntegerField(min_value=1, max_value=DEEPEST, default=2)


class GraphView(APIView):
    @extend_schema(
        operation_id="graph",
        parameters=[
            OpenApiParameter("environment", str, required=True, description="Its slug."),
            OpenApiParameter("focus", str, description="The service to look around; without it, everything."),
            OpenApiParameter(
                "depth", int, description=f"Calls away from the focus, 1 to {DEEPEST}; default 2."
            ),
        ],
        responses=GraphOut,
    )
    def get(self, request: Request) -> Response:
        """How services are with all that they rely on, as of the newest closed window."""
        given = GraphIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        environment, focus = given.validated_data["environment"], given.validated_data.get("focus", "")
        found = reading.graph(environment)
        if found is None:
            there = Environment.objects.filter(slug=environment).exists()
            raise _missing(
                "No window of a metric source has closed there."
                if there
                else "There is no environment of that name.",
                "Wait for the first window." if there else "Ask /api/v1/environments/ which there are.",
            )
        if focus and focus not in found.nodes:
            raise _missing("There is no service of that name.", "Ask /api/v1/services/ which there are.")
        around = found.around(focus, given.validated_data["depth"]) if focus else found.nodes.keys()
        said = reading.standing_of(found, [focus]) if focus else None
        return Response(GraphOut(_told(found, set(around), said)).data)


def _missing(detail: str, remedy: str) -> Problem:
    return Problem(code="not_found", detail=detail, remedy=remedy, status=404)


def _told(graph: Graph, inside: set[str], said: reading.Standing | None) -> dict[str, Any]:
    return {
        "environment": graph.environment,
        "since_at": graph.since_at,
        "through_at": graph.through_at,
        "nodes": [_node(node) for name, node in graph.nodes.items() if name in inside],
        "edges": [_edge(edge) for edge in graph.edges if edge.caller in inside and edge.callee in inside],
        "composite": said.said if said else None,
    }


def _node(node: Node) -> dict[str, Any]:
    parts = [{"name": name, "value": value, "words": words} for name, value, words in node.parts]
    return {**node.__dict__, "status": node.status, "parts": parts}


def _edge(edge: Edge) -> dict[str, Any]:
    kind = "hard" if edge.hard else "soft"
    return {**edge.__dict__, "kind": kind, "seen": edge.seen, "last_seen_at": edge.last_seen or None}


class AlertOut(serializers.ModelSerializer[Alert]):
    """One culprit with all that suffer from it; `closed_at` is null while it goes on."""

    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    team = serializers.CharField(source="service.team.slug")
    victims = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Alert
        fields = (
            "id", "environment", "service", "team", "root", "kind", "victims", "priority", "points", "words",
            "first_seen_at", "last_seen_at", "opened_at", "closed_at",
        )  # fmt: skip


class AlertFilter(filters.FilterSet):  # type: ignore[misc]
    """By environment, team, or a service that causes it or suffers; open ones only, unless `closed`."""

    environment = filters.CharFilter(field_name="environment__slug")
    team = filters.CharFilter(field_name="service__team__slug")
    service = filters.CharFilter(method="about", label="A service that causes it or suffers from it.")
    closed = filters.BooleanFilter(method="over", label="Whether those that are over are told too.")

    class Meta:
        model = Alert
        fields: list[str] = []

    def about(self, rows: QuerySet[Alert], _name: str, value: str) -> QuerySet[Alert]:
        return rows.filter(Q(service__slug=value) | Q(victims__contains=[value]))

    def over(self, rows: QuerySet[Alert], _name: str, _value: bool) -> QuerySet[Alert]:
        return rows

    def filter_queryset(self, queryset: QuerySet[Alert]) -> Any:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("closed") else rows.filter(closed_at=None)


class Alerts(generics.ListAPIView[Alert]):
    """Alerts by business impact."""

    serializer_class = AlertOut
    filterset_class = AlertFilter
    queryset = (
        Alert.objects.filter(opened_at__isnull=False)
        .select_related("environment", "service__team")
        .order_by("priority", "-points", "opened_at", "pk")
    )
