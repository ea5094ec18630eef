"""Other rollouts that one meets, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.lib.clock import database_now
from rollouts.plans import queries
from rollouts.plans.api import accessible, rollout_asked
from rollouts.plans.sequencing.crossing import Way
from rollouts.plans.values import RolloutState


class CrossingOut(serializers.Serializer[Any]):
    """One way in which another rollout is met."""

    rollout = serializers.CharField(
        allow_null=True, default=None, help_text="Its slug; null where you may not see it."
    )
    title = serializers.CharField()
    name = serializers.CharField(source="key", help_text="What an override calls it.")
    way = serializers.ChoiceField(choices=[(way.value, way.value) for way in Way])
    blocks = serializers.BooleanField(help_text="False: worth knowing, and stops nothing.")
    sentence = serializers.CharField()


class Crossings(APIView):
    """Where other rollouts get in the way."""

    @extend_schema(operation_id="rollout_crossings", responses=CrossingOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Against the stage that is entered next; before the start, against the newest plan."""
        rollout = rollout_asked(request, slug)
        revision = queries.governing_revision(rollout)
        if revision is None or RolloutState(rollout.state).ended:
            return Response([])
        stages = list(rollout.stages.order_by("number", "pk"))
        found = queries.crossings_now(rollout, queries.plan_of(revision), stages, database_now())
        rows = accessible(request).filter(pk__in={each.other for each in found})
        slugs = dict(rows.values_list("pk", "slug"))
        return Response([{**CrossingOut(each).data, "rollout": slugs.get(each.other)} for each in found])
