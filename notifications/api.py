"""Deliveries over the API."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import queries
from notifications.delivery import outcomes
from notifications.models import Delivery
from notifications.pages import slack
from notifications.queries import Show
from rollouts.accounts.models import Person
from rollouts.lib.problems import Problem


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    """One message to one target. `parked_at`: given up then, and waiting for a person."""

    class Meta:
        model = Delivery
        fields = (
            "id", "key", "way", "target", "kind", "rollout", "state", "attempts", "possible_repeat",
            "created_at", "due_at", "sent_at", "parked_at", "code", "error",
        )  # fmt: skip


class SlackOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    sentence = serializers.CharField()


def caller(request: Request) -> Person:
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


class Deliveries(generics.ListAPIView[Delivery]):
    serializer_class = DeliveryOut
    asks = ("show", "rollout")

    queryset = Delivery.objects.none()  # what the schema reads

    def get_queryset(self) -> Any:
        if not isinstance(self.request.user, Person):  # the schema's generator is nobody
            return Delivery.objects.none()
        given = self.request.query_params
        try:
            show = Show.parse(given.get("show", Show.ALL.value))
        except ValueError as error:
            raise serializers.ValidationError({"show": str(error)}) from None
        rows = queries.deliveries(caller(self.request), show)
        return rows.filter(rollout=given["rollout"]) if given.get("rollout") else rows

    @extend_schema(
        operation_id="deliveries_list",
        parameters=[
            OpenApiParameter("show", str, description=f"One of {', '.join(Show)}."),
            OpenApiParameter("rollout", str),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Messages of rollouts that you may see, newest first."""
        return super().get(request, *args, **kwargs)


class Retry(APIView):
    @extend_schema(operation_id="delivery_retry", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, pk: int) -> Response:
        """Asks for another try of what was given up."""
        person = caller(request)
        row = get_object_or_404(queries.deliveries(person), pk=pk)
        if not queries.may_retry(person, row):
            raise Problem(
                code="forbidden",
                detail="This message is not yours to send again.",
                remedy="A member of a team in the rollout can.",
                status=403,
            )
        if not outcomes.retry(row.pk):
            raise Problem(
                code="not_given_up",
                detail="This message was not given up.",
                remedy="What waits is tried by itself.",
            )
        row.refresh_from_db()
        return Response(DeliveryOut(row).data, status=202)


class SlackCheck(APIView):
    @extend_schema(operation_id="slack_check", request=None, responses=SlackOut)
    def post(self, request: Request) -> Response:
        """Asks Slack whether the token works. For administrators of the installation."""
        if not caller(request).is_staff:
            raise Problem(
                code="forbidden",
                detail="You do not administer this installation.",
                remedy="An administrator can ask Slack.",
                status=403,
            )
        answer = slack.ask()
        return Response({"ok": answer.ok, "sentence": answer.sentence})
