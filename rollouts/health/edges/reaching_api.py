"""How far one service reaches, over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Environment, Service
from rollouts.health.edges.closure import closure
from rollouts.health.edges.reach import Direction

MOST = 1_000
FARTHEST = 100


class ReachedOut(serializers.Serializer[Any]):
    """A service that is reached: how many steps away, and by which neighbour of it."""

    service = serializers.CharField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    team = serializers.CharField()
    distance = serializers.IntegerField()
    through = serializers.CharField(help_text="The service on the way; for a neighbour the asked one.")


class TeamsOut(serializers.Serializer[Any]):
    team = serializers.CharField()
    services = serializers.IntegerField()


class ReachOut(serializers.Serializer[Any]):
    """`total`, `tiers` and `teams` are of everything that is reached, `services` of the asked tier."""

    service = serializers.CharField()
    environment = serializers.CharField()
    direction = serializers.ChoiceField(choices=[one.value for one in Direction])
    depth = serializers.IntegerField()
    total = serializers.IntegerField()
    farthest = serializers.IntegerField()
    tiers = serializers.DictField(child=serializers.IntegerField())
    teams = TeamsOut(many=True)
    fitting = serializers.IntegerField(help_text="How many there are of the asked tier.")
    services = ReachedOut(many=True)


class ReachIn(serializers.Serializer[Any]):
    environment = serializers.SlugField(max_length=60)
    direction = serializers.ChoiceField(choices=[one.value for one in Direction], default=Direction.UP.value)
    depth = serializers.IntegerField(min_value=0, max_value=FARTHEST, default=0)
    tier = serializers.IntegerField(min_value=0, max_value=4, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=200)
    offset = serializers.IntegerField(min_value=0, max_value=10**6, default=0)


class ServiceReach(APIView):
    @extend_schema(
        operation_id="service_reach",
        parameters=[
            OpenApiParameter("environment", str, required=True, description="Its slug."),
            OpenApiParameter(
                "direction",
                str,
                enum=[one.value for one in Direction],
                description="`up` (default): who relies on it, its blast radius; `down`: what it relies on;"
                " `around`: both ways.",
            ),
            OpenApiParameter("depth", int, description="Steps at most; default 0, without an end."),
            OpenApiParameter("tier", int, description="Only services of this tier are listed."),
            OpenApiParameter("limit", int, description=f"At most {MOST}; default 200."),
            OpenApiParameter("offset", int, description="From which service on; default 0."),
        ],
        responses=ReachOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Everything that dependencies, declared and seen, reach from a service; nearest first."""
        service = get_object_or_404(Service, slug=slug)
        given = ReachIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = dict(given.validated_data)
        environment, direction = asked.pop("environment"), Direction(asked.pop("direction"))
        get_object_or_404(Environment, slug=environment)
        found = closure(service, environment, direction, **asked)
        told = {
            "service": slug,
            "environment": environment,
            "direction": direction,
            "depth": asked["depth"],
            "total": found.many,
            "farthest": found.farthest,
            "tiers": found.tiers,
            "teams": [{"team": name, "services": many} for name, many in found.teams.items()],
            "fitting": found.fitting,
            "services": [
                {
                    "service": one.slug,
                    "name": one.name,
                    "tier": one.tier,
                    "team": one.team.slug,
                    "distance": distance,
                    "through": through.slug,
                }
                for one, distance, through in found.shown
            ],
        }
        return Response(ReachOut(told).data)
