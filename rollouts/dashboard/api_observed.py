"""What gates that only observe would have done, over the API: what the pages add up."""

from collections.abc import Collection
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.dashboard.parts import observed
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.plans.models import Rollout


class TallyOut(serializers.Serializer[Any]):
    """How often they would have stopped and let through, and how often that would have been right.

    What is in neither is not known yet.
    """

    stops = serializers.IntegerField()
    stops_right = serializers.IntegerField()
    stops_wrong = serializers.IntegerField()
    passes = serializers.IntegerField()
    passes_right = serializers.IntegerField()
    passes_wrong = serializers.IntegerField()
    undecided = serializers.IntegerField()
    sentence = serializers.CharField(allow_blank=True)


class OccasionOut(serializers.Serializer[Any]):
    """One gate of one stage. `right` is null where nobody can say."""

    rollout = serializers.CharField(source="gate.rollout.slug")
    gate = serializers.IntegerField(source="gate.pk")
    name = serializers.CharField(source="gate.name")
    stage = serializers.IntegerField(source="gate.stage.number")
    position = serializers.CharField(source="gate.position")
    did = serializers.ChoiceField([each.value for each in gates.Did], source="occasion.did.value")
    on_fail = serializers.CharField(source="occasion.on_fail", help_text="What its failure would have done.")
    at = serializers.DateTimeField(source="occasion.at", allow_null=True)
    went = serializers.ChoiceField([each.value for each in gates.Went], source="occasion.went.value")
    right = serializers.BooleanField(source="occasion.right", allow_null=True)
    sentence = serializers.CharField(allow_blank=True, help_text="The verdict that it would have acted on.")


class GroupOut(serializers.Serializer[Any]):
    """The gates of one title, or the rollouts that only observe."""

    title = serializers.CharField()
    tally = TallyOut()


class ObservedOut(serializers.Serializer[Any]):
    """All of them added up, by title, and one by one, the newest stage first."""

    tally = TallyOut()
    groups = GroupOut(many=True)
    occasions = OccasionOut(many=True)


def told(found: Collection[gates.Observed]) -> Response:
    """What is found, as the API says it."""
    groups = [{"title": each.title, "tally": _sum(each.tally)} for each in observed.added(found)]
    whole = _sum(gates.tally(each.occasion for each in found))
    return Response(ObservedOut({"tally": whole, "groups": groups, "occasions": found}).data)


def _sum(tally: gates.Tally) -> dict[str, Any]:
    names = ("stops", "stops_right", "stops_wrong", "passes", "passes_right", "passes_wrong", "undecided")
    return {name: getattr(tally, name) for name in names} | {"sentence": observed.words_of(tally)}


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


class RolloutObserved(APIView):
    """What the observing gates of a rollout would have done."""

    @extend_schema(operation_id="rollout_observed", responses=ObservedOut)
    def get(self, request: Request, slug: str) -> Response:
        row = get_object_or_404(Rollout.objects.accessible_to(_caller(request)), slug=slug)
        return told(gates.observed([row.pk]))


class GateObserved(APIView):
    """What a gate, and gates of its name in rollouts of the same services, would have done."""

    @extend_schema(operation_id="gate_observed", responses=ObservedOut)
    def get(self, request: Request, pk: int) -> Response:
        person = _caller(request)
        rows = Gate.objects.filter(rollout__in=Rollout.objects.accessible_to(person))
        return told(observed.alike(person, get_object_or_404(rows.select_related("rollout"), pk=pk)))


class ServiceObserved(APIView):
    """What the observing gates in the rollouts of a service would have done."""

    @extend_schema(operation_id="service_observed", responses=ObservedOut)
    def get(self, request: Request, slug: str) -> Response:
        return told(observed.of_service(_caller(request), get_object_or_404(Service, slug=slug)))
