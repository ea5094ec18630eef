"""The end of a version over the API: announced, read with who is left, and retired."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts.api import DeclaredOut, answer, body_of, caller
from rollouts.contracts.deprecating import services
from rollouts.contracts.deprecating.reading import Ending, ending
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.lib.clock import database_now


class EndIn(serializers.Serializer[Any]):
    """Days that are left out stay, or are as the rules say; successor, notes and link are replaced."""

    announced = serializers.DateField(required=False)
    deprecated = serializers.DateField(required=False)
    sunset = serializers.DateField(required=False)
    successor = serializers.CharField(required=False, max_length=60)
    notes = serializers.CharField(required=False, max_length=10_000)
    link = serializers.URLField(required=False, max_length=500)


class HeaderOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class LeftOut(serializers.Serializer[Any]):
    service = serializers.CharField()
    team = serializers.CharField()
    readiness = serializers.CharField()


class DayOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    calls = serializers.IntegerField()


class EndOut(serializers.Serializer[Any]):
    """`headers` are what a provider sends beside its answers; `calls` are counted by day over 30 days."""

    version = serializers.CharField()
    state = serializers.CharField()
    announced = serializers.DateField(allow_null=True)
    deprecated = serializers.DateField(allow_null=True)
    sunset = serializers.DateField(allow_null=True)
    successor = serializers.CharField(allow_null=True)
    notes = serializers.CharField()
    link = serializers.CharField()
    headers = HeaderOut(many=True)
    consumers_left = LeftOut(many=True)
    calls = DayOut(many=True)


class RetireIn(serializers.Serializer[Any]):
    override = serializers.BooleanField(required=False, help_text="Break the glass: also when it is live.")
    reason = serializers.CharField(required=False, max_length=1_000)


def version_of(slug: str, version: str) -> ContractVersion:
    """A present version of a contract, with both. Raises Http404."""
    contract = get_object_or_404(Contract.objects.select_related("provider__team"), slug=slug)
    found = contract.versions.filter(version=version).first()
    if found is None:
        raise Http404
    found.contract = contract
    return found


def _told(found: Ending) -> dict[str, Any]:
    version, end = found.version, found.deprecation
    return {
        "version": version.version,
        "state": version.state,
        "announced": end.announced_on if end else None,
        "deprecated": version.deprecated_on,
        "sunset": version.sunset_on,
        "successor": end.successor.version if end and end.successor else None,
        "notes": end.notes if end else "",
        "link": end.link if end else "",
        "headers": [{"name": name, "value": value} for name, value in found.headers],
        "consumers_left": [
            {
                "service": one.service.slug,
                "team": one.service.team.slug,
                "readiness": one.standing.readiness.value,
            }
            for one in found.left
        ],
        "calls": [{"at": at, "calls": many} for at, many in found.daily],
    }


class End(APIView):
    """The end of one version of a contract."""

    @extend_schema(operation_id="contract_version_end", responses=EndOut)
    def get(self, request: Request, slug: str, version: str) -> Response:
        """What is announced, who is left, how often it is called, and the header fields to send."""
        return Response(EndOut(_told(ending(version_of(slug, version), database_now()))).data)

    @extend_schema(operation_id="contract_version_end_save", request=EndIn, responses=DeclaredOut)
    def put(self, request: Request, slug: str, version: str) -> Response:
        """Announces the end: the version is deprecated then."""
        entry, by = body_of(request), caller(request)
        return answer(
            lambda: services.deprecate(contract=slug, version=version, entry=entry, by=by, face=Face.API)
        )


class Retire(APIView):
    @extend_schema(operation_id="contract_version_retire", request=RetireIn, responses=DeclaredOut)
    def post(self, request: Request, slug: str, version: str) -> Response:
        """Retires a version that nobody relies on or calls; by break-glass also one that is live."""
        given = RetireIn(data=request.data)
        given.is_valid(raise_exception=True)
        found, by = given.validated_data, caller(request)
        return answer(
            lambda: services.retire(
                contract=slug, version=version, reason=found.get("reason", ""),
                override=found.get("override", False), by=by, face=Face.API,
            )
        )  # fmt: skip
