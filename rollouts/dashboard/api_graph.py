"""The graph over the API: the parts of it that the page draws, by the same choice."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Environment
from rollouts.dashboard.graph_groups import Group, Grouped, Way, worst
from rollouts.dashboard.graph_view import ASKED, Asked, Part, View, choose, names_of
from rollouts.health import queries as health
from rollouts.health.composite.graph import Edge, Graph, Node
from rollouts.health.composite.rollup import Judgement, Status
from rollouts.health.composite.roots import Culprit
from rollouts.lib.problems import Problem

DEEPEST = 10


class PartOut(serializers.Serializer[Any]):
    """One thing that a service's own signal is made of."""

    name = serializers.CharField()
    value = serializers.FloatField()
    words = serializers.CharField()


class TookOut(serializers.Serializer[Any]):
    """Half and 95 % of `timed` answers took so many seconds at most. For people: no gate judges by it."""

    p50_s = serializers.FloatField()
    p95_s = serializers.FloatField()
    timed = serializers.FloatField()


class NodeOut(serializers.Serializer[Any]):
    """One service; `signal` is null where nobody measures it, `root` is the culprit of its errors.

    `latency`: of its answers with all that it waits for; null where nobody counts, and of more than 200
    services at once.
    """

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
    latency = TookOut(allow_null=True)


class EdgeOut(serializers.Serializer[Any]):
    """One dependency; `share`, `bad` and `latency` (as the caller saw it) are null where nobody counted."""

    caller = serializers.CharField()
    callee = serializers.CharField()
    kind = serializers.ChoiceField(choices=["hard", "soft"])
    declared = serializers.BooleanField()
    seen = serializers.BooleanField()
    share = serializers.FloatField(allow_null=True)
    bad = serializers.FloatField(allow_null=True)
    calls = serializers.IntegerField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    latency = TookOut(allow_null=True)


class CompositeOut(serializers.Serializer[Any]):
    """What is said of the focus, all that call it and what it calls; null without a focus."""

    judgement = serializers.ChoiceField(choices=[word.value for word in Judgement])
    score = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField()
    because = serializers.ListField(child=serializers.CharField())


class GraphCulpritOut(serializers.Serializer[Any]):
    """The culprit whose trouble is told; null in other views. `victims`: the costliest first."""

    key = serializers.CharField()
    kind = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    victims = serializers.ListField(child=serializers.CharField())
    priority = serializers.CharField()
    points = serializers.FloatField()
    words = serializers.CharField()


class GraphGroupOut(serializers.Serializer[Any]):
    """One team or tier; `status` is that of its worst service."""

    group = serializers.CharField(help_text="The team's slug, or the number of the tier.")
    title = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=[status.value for status in Status])


class GraphWayOut(serializers.Serializer[Any]):
    """What the services of one group call of those of another.

    `share`: of all calls of the caller's services to other groups; `trouble`: dependencies that pass it on.
    """

    caller = serializers.CharField()
    callee = serializers.CharField()
    dependencies = serializers.IntegerField()
    trouble = serializers.IntegerField()
    calls = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    bad = serializers.FloatField(allow_null=True)


class GraphOut(serializers.Serializer[Any]):
    """The views `teams` and `tiers` have `groups` and `ways`, the others `nodes` and `edges`."""

    environment = serializers.CharField()
    since_at = serializers.DateTimeField()
    through_at = serializers.DateTimeField()
    view = serializers.ChoiceField(choices=[view.value for view in View])
    nodes = NodeOut(many=True)
    edges = EdgeOut(many=True)
    groups = GraphGroupOut(many=True)
    ways = GraphWayOut(many=True)
    culprit = GraphCulpritOut(allow_null=True)
    composite = CompositeOut(allow_null=True)


class GraphIn(serializers.Serializer[Any]):
    """Which graph, and which part of it."""

    environment = serializers.SlugField(max_length=60)
    view = serializers.ChoiceField(choices=[view.value for view in ASKED], default=View.ALL.value)
    focus = serializers.SlugField(max_length=60, required=False)
    depth = serializers.IntegerField(min_value=1, max_value=DEEPEST, default=2)
    team = serializers.SlugField(max_length=60, required=False)
    tier = serializers.IntegerField(min_value=0, max_value=9, required=False)
    culprit = serializers.CharField(max_length=600, required=False)


PARAMETERS = [
    OpenApiParameter("environment", str, required=True, description="Its slug."),
    OpenApiParameter(
        "view",
        str,
        enum=[view.value for view in ASKED],
        description="`all` (default); `trouble`: the culprit of greatest impact with whom it hurts; `teams`,"
        " `tiers`: these instead of services.",
    ),
    OpenApiParameter("focus", str, description="The service to look around; it comes before the others."),
    OpenApiParameter("depth", int, description=f"Calls away from the focus, 1 to {DEEPEST}; default 2."),
    OpenApiParameter(
        "team",
        str,
        description="Its slug: its services and their neighbours; with `view=teams` whom it calls and who"
        " calls it.",
    ),
    OpenApiParameter("tier", int, description="The same of a tier; with `view=tiers`."),
    OpenApiParameter("culprit", str, description="`root` of an alert: it and whom it hurts."),
]


class GraphView(APIView):
    @extend_schema(operation_id="graph", parameters=PARAMETERS, responses=GraphOut)
    def get(self, request: Request) -> Response:
        """How services are with all that they rely on, as of the newest closed window."""
        given = GraphIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        environment = wanted.pop("environment")
        found = health.graph(environment)
        if found is None:
            there = Environment.objects.filter(slug=environment).exists()
            raise _missing(
                "No window of a metric source has closed there."
                if there
                else "There is no environment of that name.",
                "Wait for the first window." if there else "Ask /api/v1/environments/ which there are.",
            )
        depth = wanted.pop("depth")
        asked = Asked(depth=depth, **{name: str(value) for name, value in wanted.items()})
        part = choose(found, names_of(), asked)
        if part.unknown:
            raise _missing(part.unknown, "Ask without it which there are.")
        said = health.standing_of(found, [part.focus]) if part.focus else None
        return Response(GraphOut(_told(found, part, said.said if said else None)).data)


def _missing(detail: str, remedy: str) -> Problem:
    return Problem(code="not_found", detail=detail, remedy=remedy, status=404)


def _told(graph: Graph, part: Part, said: Any) -> dict[str, Any]:
    inside = set() if part.grouped else set(part.services)
    took = health.latencies(graph, inside)
    return {
        "environment": graph.environment,
        "since_at": graph.since_at,
        "through_at": graph.through_at,
        "view": part.view,
        "nodes": [_node(node, took) for name, node in graph.nodes.items() if name in inside],
        "edges": [
            _edge(edge, took) for edge in graph.edges if edge.caller in inside and edge.callee in inside
        ],
        "groups": [_group(part.grouped, group) for group in part.grouped.members] if part.grouped else [],
        "ways": [_way(way) for way in part.grouped.ways] if part.grouped else [],
        "culprit": _culprit(part.culprit) if part.culprit else None,
        "composite": said,
    }


def _node(node: Node, took: health.Latencies) -> dict[str, Any]:
    parts = [{"name": name, "value": value, "words": words} for name, value, words in node.parts]
    latency = took.services.get(node.service)
    return {**node.__dict__, "status": node.status, "parts": parts, "latency": latency}


def _edge(edge: Edge, took: health.Latencies) -> dict[str, Any]:
    kind = "hard" if edge.hard else "soft"
    latency = took.calls.get((edge.caller, edge.callee))
    more = {"seen": edge.seen, "last_seen_at": edge.last_seen or None, "latency": latency}
    return {**edge.__dict__, "kind": kind, **more}


def _group(found: Grouped, group: Group) -> dict[str, Any]:
    nodes = found.members[group]
    services = sorted(node.service for node in nodes)
    return {"group": group.key, "title": group.title, "services": services, "status": worst(nodes).status}


def _way(way: Way) -> dict[str, Any]:
    return {
        "caller": way.caller.key,
        "callee": way.callee.key,
        "dependencies": len(way.edges),
        "trouble": way.hot,
        "calls": way.calls,
        "share": way.share,
        "bad": way.bad,
    }


def _culprit(found: Culprit) -> dict[str, Any]:
    return {
        "key": found.key,
        "kind": found.kind,
        "services": found.begins,
        "victims": found.victims,
        "priority": found.impact.priority,
        "points": found.impact.points,
        "words": found.words,
    }
