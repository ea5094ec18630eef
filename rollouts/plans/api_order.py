"""The order of a plan over the API: waves, whom the stages break, and what is stated in vain."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.plans import queries, services
from rollouts.plans.api import (
    PARSERS,
    PLAN_BODY,
    REVISION,
    WaveOut,
    media_type_of_request,
    refused,
    revision_asked,
    rollout_asked,
    source_of,
)
from rollouts.plans.document.plan import Plan
from rollouts.plans.sequencing.judging import Order


class FindingOut(serializers.Serializer[Any]):
    """Two changes that the stages move otherwise than they should."""

    name = serializers.CharField(help_text="What an override calls it.")
    breaks = serializers.BooleanField(help_text="Somebody fails, as far as is known; else it is doubtful.")
    path = serializers.ListField(
        child=serializers.CharField(), help_text="What moves too early, by which contract, who fails."
    )
    sentence = serializers.CharField()
    first = serializers.CharField(source="edge.first", help_text="What should move first.")
    first_stage = serializers.IntegerField()
    then = serializers.CharField(source="edge.then")
    then_stage = serializers.IntegerField()
    who = serializers.CharField(source="edge.who")
    contract = serializers.CharField(source="edge.contract")


class ContradictionOut(serializers.Serializer[Any]):
    """An order that the plan states and that cannot hold."""

    first = serializers.CharField(source="stated.first")
    then = serializers.CharField(source="stated.then")
    sentence = serializers.CharField()


class OrderOut(serializers.Serializer[Any]):
    holds = serializers.BooleanField(help_text="False: proposing is refused, or an order contradicts itself.")
    waves = WaveOut(many=True)
    findings = FindingOut(many=True)
    contradictions = ContradictionOut(many=True, help_text="The smallest set without which the rest holds.")


def checked_plan(request: Request) -> Plan:
    """The plan in the body. Raises Problem."""
    checked = services.validate(source=source_of(request), media_type=media_type_of_request(request))
    if checked.plan is None:
        raise refused(services.Unsound(checked))
    return checked.plan


class StagesOut(serializers.Serializer[Any]):
    """Stages in the order of the waves, as a plan writes them, and the document with them."""

    stages = serializers.ListField(child=serializers.DictField())
    text = serializers.CharField(
        help_text="The document as it was sent, with these stages in place of its own."
    )


class StagesProposed(APIView):
    """Stages for a plan in the order of its waves."""

    parser_classes = PARSERS

    @extend_schema(operation_id="plan_stages_propose", request=PLAN_BODY, responses=StagesOut)
    def post(self, request: Request) -> Response:
        """Each wave passes through the stages that move its changes now; without stages it gets two.

        Nothing is saved. Planned windows are left out.
        """
        try:
            found = services.propose_stages(
                source=source_of(request), media_type=media_type_of_request(request)
            )
        except services.Unsound as refusal:
            raise refused(refusal) from None
        return Response(StagesOut(found).data)


class PlanOrder(APIView):
    """Whom the order of a saved plan breaks."""

    @extend_schema(operation_id="plan_order", parameters=[REVISION], responses=OrderOut)
    def get(self, request: Request, slug: str) -> Response:
        revision = revision_asked(request, rollout_asked(request, slug))
        order: Order = queries.order_of(queries.plan_of(revision))
        return Response(OrderOut(order).data)


class OrderCheck(APIView):
    """Whom the order of a plan breaks that is not saved."""

    parser_classes = PARSERS

    @extend_schema(operation_id="plan_order_check", request=PLAN_BODY, responses=OrderOut)
    def post(self, request: Request) -> Response:
        return Response(OrderOut(queries.order_of(checked_plan(request))).data)
