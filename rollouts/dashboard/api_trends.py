"""How a service did over days, over the API: what its page draws."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Service
from rollouts.dashboard import api_asked, service_trends
from rollouts.lib.clock import database_now


class TrendStepOut(serializers.Serializer[Any]):
    """The windows that began in one step. `slow` of `timed` took longer than `bound_s`."""

    at = serializers.DateTimeField()
    bad = serializers.FloatField()
    total = serializers.FloatField()
    slow = serializers.FloatField()
    timed = serializers.FloatField()
    measured_s = serializers.FloatField(help_text="Seconds of windows that were counted.")


class TrendOut(serializers.Serializer[Any]):
    """Steps of equal length, oldest first, silent ones included."""

    environment = serializers.CharField()
    range = serializers.ChoiceField([each.name for each in service_trends.RANGES])
    step_s = serializers.IntegerField()
    bound_s = serializers.FloatField(allow_null=True)
    steps = TrendStepOut(many=True)


class ServiceTrend(APIView):
    """Failed requests, slow answers and traffic of a service over 24 hours, 7 days or 30 days."""

    @extend_schema(
        operation_id="service_trend",
        parameters=api_asked.PARAMETERS,
        responses=TrendOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        service = get_object_or_404(Service, slug=slug)
        over, environment = api_asked.asked(request)
        found = service_trends.read(service, environment, over, database_now())
        told = {"environment": environment.slug, "range": over.name, "step_s": found.step_s}
        told |= {"bound_s": found.bound_s, "steps": found.steps}
        return Response(TrendOut(told).data)
