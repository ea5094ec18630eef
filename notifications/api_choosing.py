"""What reaches the caller, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import wishes
from notifications.api import caller
from notifications.values import WISHED, Topic, Way
from rollouts.lib.problems import Problem


def _ways() -> serializers.ListField:
    choice = serializers.ChoiceField(choices=[(way.value, way.label) for way in WISHED])
    return serializers.ListField(child=choice, required=False)


class Choosing(serializers.Serializer[Any]):
    """The ways for each topic: "email", "slack", both or none. `needs_me` keeps one at least."""

    needs_me = _ways()
    mine = _ways()
    halts = _ways()
    reviews = _ways()


class Chosen(APIView):
    @extend_schema(operation_id="my_notifications", responses=Choosing)
    def get(self, request: Request) -> Response:
        """What reaches you, and by which ways."""
        return Response(wishes.chosen(caller(request)))

    @extend_schema(operation_id="choose_my_notifications", request=Choosing, responses=Choosing)
    def patch(self, request: Request) -> Response:
        """Changes the topics given. Pages of an escalation always use every way."""
        asked = Choosing(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = {Topic(name): [Way(way) for way in ways] for name, ways in asked.validated_data.items()}
        try:
            return Response(wishes.choose(caller(request), wanted))
        except wishes.Refused as refused:
            raise Problem(
                code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=422
            ) from None
