"""Contracts, their versions and consumers over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.queries import contracts_with_all
from rollouts.contracts.values import DependencyKind, Format, Readiness, VersionState
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class VersionOut(serializers.ModelSerializer[ContractVersion]):
    sunset = serializers.DateField(source="sunset_on", allow_null=True)

    class Meta:
        model = ContractVersion
        fields = ("version", "state", "sunset", "gone_at")


class ConsumerOut(serializers.ModelSerializer[Consumer]):
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Consumer
        fields = ("service", "uses", "reason", "readiness", "gone_at")


class ContractOut(serializers.ModelSerializer[Contract]):
    provider = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    versions = VersionOut(many=True)
    consumers = ConsumerOut(many=True)

    class Meta:
        model = Contract
        fields = ("slug", "name", "provider", "format", "gone_at", "versions", "consumers")


class DependencyOut(serializers.ModelSerializer[Dependency]):
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    calls = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, source="on")

    class Meta:
        model = Dependency
        fields = ("service", "calls", "kind", "gone_at")


class VersionIn(serializers.Serializer[Any]):
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in VersionState], required=False)
    sunset = serializers.DateField(required=False)


class ConsumerIn(serializers.Serializer[Any]):
    service = serializers.CharField()
    uses = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    readiness = serializers.ChoiceField(choices=[one.value for one in Readiness], required=False)


class ContractIn(serializers.Serializer[Any]):
    provider = serializers.CharField()
    format = serializers.ChoiceField(choices=[form.value for form in Format])
    title = serializers.CharField(required=False)
    versions = VersionIn(many=True, required=False)
    consumers = ConsumerIn(many=True, required=False)


class DependencyIn(serializers.Serializer[Any]):
    service = serializers.CharField()
    calls = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in DependencyKind], required=False)


class SavedOut(serializers.Serializer[Any]):
    section = serializers.CharField()
    name = serializers.CharField()
    what = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())


class ContractFilter(filters.FilterSet):  # type: ignore[misc]
    """By providing or consuming service, and format."""

    provider = filters.CharFilter(field_name="provider__slug")
    consumer = filters.CharFilter(field_name="consumers__service__slug", distinct=True)
    format = filters.CharFilter()

    class Meta:
        model = Contract
        fields: list[str] = []


class DependencyFilter(filters.FilterSet):  # type: ignore[misc]
    """By calling or called service."""

    service = filters.CharFilter(field_name="service__slug")
    calls = filters.CharFilter(field_name="on__slug")

    class Meta:
        model = Dependency
        fields: list[str] = []


def _save(section: str, entry: dict[str, Any], request: Request) -> Response:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    try:
        outcome = catalog.save_entry(section=section, entry=entry, by=request.user, face=Face.API)
    except Refusal as refusal:
        unsound = isinstance(refusal, catalog.Unsound)
        raise Problem(
            code=refusal.code,
            detail=refusal.sentence,
            remedy=refusal.remedy,
            status=422 if unsound else 403,
            extra={"problems": [one.as_json() for one in refusal.problems]}
            if isinstance(refusal, catalog.Unsound)
            else {},
        ) from None
    return Response(SavedOut(outcome.as_json()).data)


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise serializers.ValidationError("Send a JSON object.")
    return dict(request.data)


class Contracts(generics.ListAPIView[Contract]):
    """All contracts with their versions and consumers."""

    serializer_class = ContractOut
    filterset_class = ContractFilter
    queryset = contracts_with_all()


class OneContract(APIView):
    @extend_schema(operation_id="contract_read", responses=ContractOut)
    def get(self, request: Request, slug: str) -> Response:
        """One contract."""
        return Response(ContractOut(get_object_or_404(contracts_with_all(), slug=slug)).data)

    @extend_schema(operation_id="contract_save", request=ContractIn, responses=SavedOut)
    def put(self, request: Request, slug: str) -> Response:
        """Declares a contract; versions and consumers that are given replace those that stand."""
        return _save("contracts", {**_object(request), "name": slug}, request)


class Dependencies(generics.ListAPIView[Dependency]):
    """Who calls whom without a declared contract."""

    serializer_class = DependencyOut
    filterset_class = DependencyFilter
    queryset = Dependency.objects.select_related("service", "on").order_by("service__slug", "on__slug", "pk")

    @extend_schema(operation_id="dependency_save", request=DependencyIn, responses=SavedOut)
    def post(self, request: Request) -> Response:
        """Declares one dependency."""
        return _save("dependencies", _object(request), request)
