"""The agenda of an integration review over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.dashboard.agenda import agenda
from rollouts.dashboard.standing import standing_of


class AgendaPointOut(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    tone = serializers.CharField(allow_blank=True, help_text="stop, wait, pass, or empty.")
    todo = serializers.CharField(allow_blank=True)
    href = serializers.CharField(allow_blank=True)


class AgendaTopicOut(serializers.Serializer[Any]):
    """One heading, with its points; those with stop or wait are to be settled."""

    name = serializers.CharField()
    title = serializers.CharField()
    open = serializers.IntegerField()
    items = AgendaPointOut(many=True)


class Agenda(APIView):
    """What an integration review talks about, made from what is known now."""

    @extend_schema(operation_id="rollout_agenda", responses=AgendaTopicOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        return Response(AgendaTopicOut(agenda(standing_of(request, slug)), many=True).data)
