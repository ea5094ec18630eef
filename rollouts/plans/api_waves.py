"""Waves of changes that no plan holds yet: of a plan's text, or of changes alone."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Service
from rollouts.lib.problems import Problem
from rollouts.plans import services
from rollouts.plans.api import PARSERS, WaveOut, media_type_of_request, source_of
from rollouts.plans.document.check import Checked
from rollouts.plans.document.reading import change_name
from rollouts.plans.sequencing.asking import waves_among, waves_of
from rollouts.plans.values import ChangeKind
from rollouts.plans.waves import Move, Stated, Wave

MOST = 500


class ChangeIn(serializers.Serializer[Any]):
    """One change, as a plan writes it."""

    service = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=ChangeKind.choices(), default=ChangeKind.BUILD.value)
    name = serializers.CharField(max_length=120, required=False)
    environment = serializers.CharField(max_length=80, required=False, default="")


class OrderIn(serializers.Serializer[Any]):
    """An order that holds instead of what the graph says about the two."""

    first = serializers.CharField(max_length=120)
    then = serializers.CharField(max_length=120)
    why = serializers.CharField(max_length=300, required=False, default="")


class ChangesIn(serializers.Serializer[Any]):
    """Changes alone, or a whole plan document."""

    changes = serializers.ListField(child=ChangeIn(), min_length=1, max_length=MOST)
    order = serializers.ListField(child=OrderIn(), required=False, default=list)


class Waves(APIView):
    parser_classes = PARSERS

    @extend_schema(
        operation_id="waves_of_changes",
        request={"application/json": ChangesIn, "application/yaml": ChangesIn},
        responses=WaveOut(many=True),
    )
    def post(self, request: Request) -> Response:
        """Which changes may move at the same time, first to last, and why. Nothing is saved.

        The body is a plan document, or `changes` and `order` alone, as YAML or JSON.
        """
        checked = services.validate(source=source_of(request), media_type=media_type_of_request(request))
        found = waves_of(checked.plan) if checked.plan is not None else _alone(checked)
        return Response(WaveOut(found, many=True).data)


def _alone(checked: Checked) -> list[Wave]:
    """The waves of a document that holds changes only. Raises Problem, ValidationError."""
    document = checked.document
    if not isinstance(document, dict) or not document.keys() <= {"changes", "order"}:
        raise Problem(
            code="unsound",
            detail="This is no plan that can be read.",
            remedy="Mend what is named, or send changes and order alone.",
            status=422,
            extra={"problems": [problem.as_json() for problem in checked.problems]},
        )
    given = ChangesIn(data=document)
    given.is_valid(raise_exception=True)
    data = given.validated_data
    moves = [
        Move(change_name(one), one["service"], ChangeKind(one["kind"]), one["environment"])
        for one in data["changes"]
    ]
    _require_known(moves)
    return waves_among(moves, [Stated(one["first"], one["then"], one["why"]) for one in data["order"]])


def _require_known(moves: list[Move]) -> None:
    """A misspelt service would look as if nothing relied on it."""
    wanted = {move.service for move in moves}
    known = set(Service.objects.filter(slug__in=wanted, gone_at__isnull=True).values_list("slug", flat=True))
    if missing := sorted(wanted - known):
        raise Problem(
            code="unknown_service",
            detail=f"There is no service {', '.join(missing)}.",
            remedy="Name services of the catalog by their slugs.",
            status=422,
        )
    if len({move.name for move in moves}) < len(moves):
        raise Problem(
            code="same_name",
            detail="Two changes have the same name.",
            remedy="Give each a name of its own.",
            status=422,
        )
