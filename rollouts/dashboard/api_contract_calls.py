"""Which versions of its contracts the calls of a service speak, over the API: what its page draws."""

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.catalog.models import Service
from rollouts.dashboard import api_asked, contract_shares, service_trends
from rollouts.health.queries import Spoken
from rollouts.lib.clock import database_now


class SpokenStepOut(serializers.Serializer[Any]):
    """Calls in one step, and their share of all calls of the contract in it."""

    at = serializers.DateTimeField()
    calls = serializers.IntegerField()
    share = serializers.FloatField()


class SpokenVersionOut(serializers.Serializer[Any]):
    """One version of a contract; steps without a call are left out."""

    version = serializers.CharField()
    steps = SpokenStepOut(many=True)


class SpokenContractOut(serializers.Serializer[Any]):
    contract = serializers.CharField()
    versions = SpokenVersionOut(many=True)


class ContractCallsOut(serializers.Serializer[Any]):
    """Contracts of which calls named a version, by name."""

    environment = serializers.CharField()
    range = serializers.ChoiceField([each.name for each in service_trends.RANGES])
    step_s = serializers.IntegerField()
    contracts = SpokenContractOut(many=True)


class ContractCalls(APIView):
    """The share of a service's calls on each version of its contracts, over 24 hours, 7 days or 30 days."""

    @extend_schema(
        operation_id="service_contract_calls",
        parameters=api_asked.PARAMETERS,
        responses=ContractCallsOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        service = get_object_or_404(Service, slug=slug)
        over, environment = api_asked.asked(request)
        found = contract_shares.read(service, environment, over, database_now())
        told = {
            "environment": environment.slug,
            "range": over.name,
            "step_s": int(contract_shares.step_of(over).total_seconds()),
            "contracts": [_told(each) for each in found],
        }
        return Response(ContractCallsOut(told).data)


def _told(found: Spoken) -> dict[str, Any]:
    whole: dict[datetime, int] = {}
    for counts in found.versions.values():
        for at, many in counts.items():
            whole[at] = whole.get(at, 0) + many
    return {
        "contract": found.contract,
        "versions": [
            {"version": version, "steps": [_step(at, many, whole[at]) for at, many in counts.items()]}
            for version, counts in found.versions.items()
        ],
    }


def _step(at: datetime, many: int, whole: int) -> dict[str, Any]:
    return {"at": at, "calls": many, "share": many / whole}
