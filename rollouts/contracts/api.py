"""Contracts, their versions and consumers over the API."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.registry import Outcome, What
from rollouts.contracts import services
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.queries import contracts_with_all, give_standing
from rollouts.contracts.readiness.shapes import READINESS, StandingOut
from rollouts.contracts.using.shapes import UsedPartIn, UsedPartOut
from rollouts.contracts.values import DependencyKind, Format, VersionState
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class VersionOut(serializers.ModelSerializer[ContractVersion]):
    served = serializers.DateField(source="served_on", allow_null=True)
    deprecated = serializers.DateField(source="deprecated_on", allow_null=True)
    retired = serializers.DateField(source="retired_on", allow_null=True)
    sunset = serializers.DateField(source="sunset_on", allow_null=True)

    class Meta:
        model = ContractVersion
        fields = ("version", "state", "served", "deprecated", "retired", "sunset", "gone_at")


class ConsumerOut(serializers.ModelSerializer[Consumer]):
    """Who relies on the contract, with the range, what for, and which parts of it are used.

    `readiness`: for the contract's next version, by what counts; `declared_readiness`: as declared.
    """

    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    readiness = serializers.ChoiceField(choices=READINESS, source="standing.readiness.value", read_only=True)
    next_version = serializers.CharField(read_only=True, help_text="Empty where none is declared.")
    standing = StandingOut(read_only=True)
    declared_readiness = serializers.ChoiceField(choices=READINESS, source="readiness", read_only=True)
    parts = serializers.SerializerMethodField()

    class Meta:
        model = Consumer
        fields = (
            "service", "uses", "reason", "readiness", "next_version", "standing", "declared_readiness",
            "kind", "parts", "gone_at",
        )  # fmt: skip

    @extend_schema_field(UsedPartOut(many=True))
    def get_parts(self, row: Consumer) -> Any:
        """Those that are declared, and those that were seen."""
        mine = [one for one in row.contract.used.all() if one.service_id == row.service_id]
        return UsedPartOut(mine, many=True).data


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


class VersionBody(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[state.value for state in VersionState], required=False)
    served = serializers.DateField(required=False)
    deprecated = serializers.DateField(required=False)
    retired = serializers.DateField(required=False)
    sunset = serializers.DateField(required=False)


class VersionIn(VersionBody):
    version = serializers.CharField()


class ConsumerBody(serializers.Serializer[Any]):
    uses = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    readiness = serializers.ChoiceField(choices=READINESS, required=False)
    readiness_for = serializers.CharField(
        max_length=60, required=False, help_text="The version that is meant; default the newest."
    )
    kind = serializers.ChoiceField(choices=[kind.value for kind in DependencyKind], required=False)
    parts = UsedPartIn(many=True, required=False)


class ConsumerIn(ConsumerBody):
    service = serializers.CharField()


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


class DeclaredOut(serializers.Serializer[Any]):
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


def caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def answer(change: Callable[[], Outcome]) -> Response:
    """What became of it: 201 when it is new, else 200; a refusal as a problem."""
    try:
        outcome = change()
    except catalog.Unsound as unsound:
        raise problem_of(unsound, 422, {"problems": [one.as_json() for one in unsound.problems]}) from None
    except Refusal as refusal:
        raise problem_of(refusal, 403 if refusal.code == "forbidden" else 409) from None
    except ObjectDoesNotExist:
        raise Http404 from None
    return Response(DeclaredOut(outcome.as_json()).data, status=201 if outcome.what is What.ADDED else 200)


def problem_of(refusal: Refusal, status: int = 409, extra: dict[str, Any] | None = None) -> Problem:
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status, extra=extra
    )


def _save(section: str, entry: dict[str, Any], request: Request) -> Response:
    def change() -> Outcome:
        return catalog.save_entry(section=section, entry=entry, by=caller(request), face=Face.API)

    return answer(change)


def body_of(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise serializers.ValidationError("Send a JSON object.")
    return dict(request.data)


class Contracts(generics.ListAPIView[Contract]):
    """All contracts with their versions and consumers."""

    serializer_class = ContractOut
    filterset_class = ContractFilter
    queryset = contracts_with_all()

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of them, each consumer with its standing."""
        page = super().paginate_queryset(queryset)
        give_standing([one for row in page or () for one in row.consumers.all()])
        return page


class OneContract(APIView):
    @extend_schema(operation_id="contract_read", responses=ContractOut)
    def get(self, request: Request, slug: str) -> Response:
        """One contract."""
        row = get_object_or_404(contracts_with_all(), slug=slug)
        give_standing(row.consumers.all())
        return Response(ContractOut(row).data)

    @extend_schema(operation_id="contract_save", request=ContractIn, responses=DeclaredOut)
    def put(self, request: Request, slug: str) -> Response:
        """Declares a contract; versions and consumers that are given replace those that stand."""
        return _save("contracts", {**body_of(request), "name": slug}, request)

    @extend_schema(operation_id="contract_retire", responses=DeclaredOut)
    def delete(self, request: Request, slug: str) -> Response:
        """Marks a contract as gone; its history stays."""
        by = caller(request)
        return answer(lambda: services.retire_contract(contract=slug, by=by, face=Face.API))


class OneVersion(APIView):
    """One version of a contract, for planners of the team that provides it."""

    @extend_schema(operation_id="contract_version_save", request=VersionBody, responses=DeclaredOut)
    def put(self, request: Request, slug: str, version: str) -> Response:
        """Declares the version's state and sunset date."""
        entry, by = {**body_of(request), "version": version}, caller(request)
        return answer(lambda: services.save_version(contract=slug, entry=entry, by=by, face=Face.API))

    @extend_schema(operation_id="contract_version_remove", responses=DeclaredOut)
    def delete(self, request: Request, slug: str, version: str) -> Response:
        """Marks the version as gone."""
        by = caller(request)
        return answer(lambda: services.remove_version(contract=slug, version=version, by=by, face=Face.API))


class OneConsumer(APIView):
    """One consumer of a contract, for planners of either team."""

    @extend_schema(operation_id="contract_consumer_save", request=ConsumerBody, responses=DeclaredOut)
    def put(self, request: Request, slug: str, service: str) -> Response:
        """Declares what the service relies on, and how ready it is for the next version."""
        entry, by = {**body_of(request), "service": service}, caller(request)
        return answer(lambda: services.save_consumer(contract=slug, entry=entry, by=by, face=Face.API))

    @extend_schema(operation_id="contract_consumer_remove", responses=DeclaredOut)
    def delete(self, request: Request, slug: str, service: str) -> Response:
        """The service relies on the contract no longer."""
        by = caller(request)
        return answer(lambda: services.remove_consumer(contract=slug, service=service, by=by, face=Face.API))


class Dependencies(generics.ListAPIView[Dependency]):
    """Who calls whom without a declared contract."""

    serializer_class = DependencyOut
    filterset_class = DependencyFilter
    queryset = Dependency.objects.select_related("service", "on").order_by("service__slug", "on__slug", "pk")

    @extend_schema(operation_id="dependency_save", request=DependencyIn, responses=DeclaredOut)
    def post(self, request: Request) -> Response:
        """Declares one dependency."""
        return _save("dependencies", body_of(request), request)


class OneDependency(APIView):
    @extend_schema(operation_id="dependency_remove", responses=DeclaredOut)
    def delete(self, request: Request, service: str, calls: str) -> Response:
        """The service calls the other no longer."""
        by = caller(request)
        return answer(lambda: services.remove_dependency(service=service, calls=calls, by=by, face=Face.API))
