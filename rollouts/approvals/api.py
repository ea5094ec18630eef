"""Approval policies and delegations over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.accounts.values import Role
from rollouts.approvals import queries, services, values
from rollouts.approvals.models import Delegation, Policy
from rollouts.audit.services import KeyReused, Repeated
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment
from rollouts.lib.clock import database_now
from rollouts.lib.documents import durations
from rollouts.lib.idempotency import KEY, key_of, reused
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class PolicyBody(serializers.Serializer[Any]):
    quorum = serializers.IntegerField(min_value=1, max_value=50)
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=[role.value for role in Role]), required=False
    )
    teams = serializers.ListField(child=serializers.CharField(), required=False)
    required_teams = serializers.ListField(child=serializers.CharField(), required=False)
    expires = serializers.CharField(required=False, allow_null=True, help_text="A time such as 24h or 5d.")


class PolicyOut(PolicyBody):
    environment = serializers.CharField()


class PolicySaved(serializers.Serializer[Any]):
    section = serializers.CharField()
    name = serializers.CharField()
    what = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())


class DelegationOut(serializers.ModelSerializer[Delegation]):
    delegator = serializers.EmailField(source="delegator.email")
    delegate = serializers.EmailField(source="delegate.email")

    class Meta:
        model = Delegation
        fields = ("id", "delegator", "delegate", "starts_at", "ends_at", "ended_at")


class DelegationIn(serializers.Serializer[Any]):
    delegate = serializers.EmailField()
    starts_at = serializers.DateTimeField(required=False, help_text="Default: now.")
    ends_at = serializers.DateTimeField()


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _refused(refusal: Refusal) -> Problem:
    extra: dict[str, Any] = {}
    status = {"forbidden": 403, "senseless": 422}.get(refusal.code, 409)
    if isinstance(refusal, catalog.Unsound):
        status, extra = 422, {"problems": [one.as_json() for one in refusal.problems]}
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status, extra=extra
    )


def _told(environment: Environment, row: Policy | None) -> dict[str, Any]:
    value = row.value if row else values.Policy()
    return {
        "environment": environment.slug,
        "quorum": value.quorum,
        "roles": sorted(value.roles),
        "teams": sorted(value.teams),
        "required_teams": sorted(value.required_teams),
        "expires": durations.words(value.expires_after) if value.expires_after else None,
    }


class Policies(APIView):
    @extend_schema(operation_id="policies_list", responses=PolicyOut(many=True))
    def get(self, request: Request) -> Response:
        """The approval policy of every environment."""
        return Response([_told(environment, row) for environment, row in queries.policies()])


class OnePolicy(APIView):
    @extend_schema(operation_id="policy_read", responses=PolicyOut)
    def get(self, request: Request, slug: str) -> Response:
        """Who must approve in an environment."""
        environment = get_object_or_404(Environment, slug=slug)
        return Response(_told(environment, Policy.objects.filter(environment=environment).first()))

    @extend_schema(operation_id="policy_save", request=PolicyBody, responses=PolicySaved)
    def put(self, request: Request, slug: str) -> Response:
        """Sets the policy; open requests keep theirs. For administrators of the installation."""
        environment = get_object_or_404(Environment, slug=slug)
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send a JSON object.")
        entry = {key: value for key, value in request.data.items() if value is not None}
        entry.pop("environment", None)
        try:
            outcome = catalog.save_entry(
                section="policies",
                entry=entry | {"name": environment.slug},
                by=_caller(request),
                face=Face.API,
            )
        except Refusal as refusal:
            raise _refused(refusal) from None
        return Response(outcome.as_json())


class Delegations(APIView):
    @extend_schema(operation_id="delegations_list", responses=DelegationOut(many=True))
    def get(self, request: Request) -> Response:
        """Delegations that you gave or hold, and that have not ended."""
        rows = queries.delegations_of(_caller(request), database_now())
        return Response(DelegationOut(rows, many=True).data)

    @extend_schema(
        operation_id="delegation_make",
        request=DelegationIn,
        responses={201: DelegationOut},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Lets another person vote for you for a while."""
        given = DelegationIn(data=request.data)
        given.is_valid(raise_exception=True)
        data, person = given.validated_data, _caller(request)
        delegate = get_object_or_404(Person, email=data["delegate"].lower(), is_active=True)
        try:
            row = services.delegate(
                delegator=person,
                delegate=delegate,
                starts_at=data.get("starts_at") or database_now(),
                ends_at=data["ends_at"],
                by=person,
                face=Face.API,
                key=key_of(request),
            )
        except Repeated as repeated:
            row = get_object_or_404(Delegation, pk=repeated.event.content["delegation"])
        except KeyReused as error:
            raise reused(error) from None
        except Refusal as refusal:
            raise _refused(refusal) from None
        return Response(DelegationOut(row).data, status=201)


class OneDelegation(APIView):
    @extend_schema(operation_id="delegation_end", responses=DelegationOut)
    def delete(self, request: Request, pk: int) -> Response:
        """Ends a delegation now; votes that were given stay."""
        get_object_or_404(Delegation, pk=pk)
        try:
            row = services.end_delegation(delegation_id=pk, by=_caller(request), face=Face.API)
        except Refusal as refusal:
            raise _refused(refusal) from None
        return Response(DelegationOut(row).data)
