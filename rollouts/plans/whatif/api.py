"""What a version would take, over the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.lib.clock import database_now
from rollouts.plans.api import WaveOut
from rollouts.plans.whatif.asking import ask
from rollouts.plans.whatif.form import WhatIfForm
from rollouts.plans.whatif.words import as_json


class MoverOut(serializers.Serializer[Any]):
    service = serializers.CharField()
    readiness = serializers.CharField()
    ready = serializers.BooleanField()
    known_by = serializers.CharField(help_text="Where that is known from.")


class EstimateOut(serializers.Serializer[Any]):
    """Drawn from how long stages took before, the same for the same question."""

    early = serializers.DateTimeField(help_text="A tenth of the trials are through by then.")
    middle = serializers.DateTimeField(help_text="Half of them.")
    late = serializers.DateTimeField(help_text="Nine of ten.")
    trials = serializers.IntegerField()
    history = serializers.ListField(child=serializers.CharField(), help_text="How many stages, and whose.")


class BlastOut(serializers.Serializer[Any]):
    services = serializers.IntegerField(help_text="How many rely on it by any way.")
    farthest = serializers.IntegerField(help_text="Steps to the farthest of them.")
    nearest = serializers.ListField(child=serializers.CharField())


class WhatIfOut(serializers.Serializer[Any]):
    service = serializers.CharField()
    environment = serializers.CharField()
    contract = serializers.CharField(allow_blank=True)
    old = serializers.CharField(allow_blank=True)
    version = serializers.CharField(allow_blank=True)
    split = serializers.BooleanField(help_text="It goes in no order: expand, migrate, contract.")
    because = serializers.CharField(allow_blank=True)
    waves = WaveOut(many=True)
    consumers = MoverOut(many=True)
    unready = serializers.ListField(child=serializers.CharField())
    blast_radius = BlastOut()
    freezes = serializers.ListField(child=serializers.CharField())
    estimate = EstimateOut(allow_null=True)
    too_little = serializers.CharField(allow_blank=True, help_text="Why there is no estimate.")


TEXT = OpenApiTypes.STR


class WhatIf(APIView):
    """What a version of a contract would take: waves, whom it reaches, who is not ready, by when."""

    @extend_schema(
        operation_id="what_if",
        responses=WhatIfOut,
        parameters=[
            OpenApiParameter("service", TEXT, required=True),
            OpenApiParameter("contract", TEXT, description="One that it provides; none: a new build alone."),
            OpenApiParameter("version", TEXT, description="The version that it moves to."),
            OpenApiParameter("old", TEXT, description="From which; default: the newest active one."),
            OpenApiParameter("environment", TEXT, description="Default: the first that is production."),
            OpenApiParameter("on", OpenApiTypes.DATE, description="When it begins; default: now."),
        ],
    )
    def get(self, request: Request) -> Response:
        form = WhatIfForm(request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError(
                {field: [str(one) for one in said] for field, said in form.errors.items()}
            )
        found = as_json(form.question, ask(form.question, database_now()))
        return Response(WhatIfOut(found).data)
