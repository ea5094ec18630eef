"""The rules of a contract's versions over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts.api import DeclaredOut, answer, body_of, caller
from rollouts.contracts.models import Contract, Rules
from rollouts.contracts.values import Category, Model, Policy
from rollouts.contracts.versioning import services
from rollouts.contracts.versioning.reading import rules_of


class RulesOut(serializers.ModelSerializer[Rules]):
    class Meta:
        model = Rules
        fields = (
            "policy", "transitive", "model", "category", "semantic", "refuses", "deprecated_days", "evidence",
            "evidence_days", "quiet_days",
        )  # fmt: skip


class RulesIn(serializers.Serializer[Any]):
    """What is left out is as it is without rules."""

    policy = serializers.ChoiceField(choices=[one.value for one in Policy], required=False)
    transitive = serializers.BooleanField(required=False)
    model = serializers.ChoiceField(choices=[one.value for one in Model], required=False)
    category = serializers.ChoiceField(choices=[one.value for one in Category], required=False)
    semantic = serializers.BooleanField(required=False)
    refuses = serializers.BooleanField(required=False)
    deprecated_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=3650)
    evidence = serializers.BooleanField(required=False)
    evidence_days = serializers.IntegerField(required=False, min_value=1, max_value=366)
    quiet_days = serializers.IntegerField(required=False, min_value=1, max_value=366)


class OneRules(APIView):
    @extend_schema(operation_id="contract_rules", responses=RulesOut)
    def get(self, request: Request, slug: str) -> Response:
        """What a new version of the contract may do to who has the old one."""
        return Response(RulesOut(rules_of(get_object_or_404(Contract, slug=slug))).data)

    @extend_schema(operation_id="contract_rules_save", request=RulesIn, responses=DeclaredOut)
    def put(self, request: Request, slug: str) -> Response:
        """Sets the rules; planners of the team that provides the contract may."""
        entry, by = body_of(request), caller(request)
        return answer(lambda: services.save_rules(contract=slug, entry=entry, by=by, face=Face.API))
