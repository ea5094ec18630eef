"""What a consumer is advised to do about a version of a contract; services ask it at run time."""

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import Contract, ContractVersion, Deprecation
from rollouts.contracts.queries import Action, Advice, advise, headers_of, standing
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.plans.models import Rollout
from rollouts.plans.values import ChangeKind

FRESH = timedelta(minutes=1)
"""How long an answer may be used without asking again."""
AGAIN = timedelta(minutes=5)
"""When to ask again while the contract is being changed."""


class AdvisedHeaderOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class AdviceOut(serializers.Serializer[Any]):
    """`until`: until when the version can be spoken on; null where no end is set. `to`: the version to go to.

    `headers` are what the provider can send beside its answers of this version.
    """

    contract = serializers.CharField()
    version = serializers.CharField()
    consumer = serializers.CharField()
    action = serializers.ChoiceField(choices=[each.value for each in Action])
    until = serializers.DateTimeField(allow_null=True)
    to = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    retry_after_s = serializers.IntegerField(allow_null=True)
    headers = AdvisedHeaderOut(many=True)


class ContractAdvice(APIView):
    """Advice about one version of a contract to one consumer."""

    @extend_schema(
        operation_id="contract_advice",
        parameters=[
            OpenApiParameter("consumer", str, required=True, description="The service that asks."),
            OpenApiParameter("version", str, required=True, description="The version that it speaks."),
        ],
        responses=AdviceOut,
    )
    def get(self, request: Request, service: str, slug: str) -> Response:
        """Switch, delay or retry, with the reason. The answer has an ETag, and may be kept for a minute."""
        contract = get_object_or_404(
            Contract.objects.select_related("provider"), slug=slug, provider__slug=service
        )
        version = _version(contract, request.query_params.get("version", ""))
        consumer = _consumer(request.query_params.get("consumer", ""))
        assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
        seen = standing(contract, version, consumer, moving=_moving(request.user, contract))
        told = _told(contract, version, consumer, advise(seen, database_now()))
        return _answer(request, AdviceOut(told).data, told["retry_after_s"])


def _told(contract: Contract, version: ContractVersion, consumer: str, advice: Advice) -> dict[str, Any]:
    end = Deprecation.objects.filter(version=version).select_related("successor__contract").first()
    retry = int(AGAIN.total_seconds()) if advice.action is Action.RETRY else None
    return {
        "contract": contract.slug,
        "version": version.version,
        "consumer": consumer,
        "action": advice.action.value,
        "until": advice.until,
        "to": advice.to or None,
        "sentence": advice.sentence,
        "retry_after_s": retry,
        "headers": [{"name": name, "value": value} for name, value in headers_of(version, end)],
    }


def _answer(request: Request, body: Any, retry: int | None) -> Response:
    """The answer with what a cache needs; 304 when the asker has it already."""
    tag = f'"{hashlib.sha256(orjson.dumps(body)).hexdigest()[:32]}"'
    asked = request.headers.get("If-None-Match", "")
    known = {each.strip().removeprefix("W/") for each in asked.split(",")}
    answer = Response(status=304) if known & {tag, "*"} else Response(body)
    answer["ETag"] = tag
    answer["Cache-Control"] = f"private, max-age={int(FRESH.total_seconds())}"
    answer["Vary"] = "Authorization, Cookie"
    if retry is not None:
        answer["Retry-After"] = str(retry)
    return answer


def _version(contract: Contract, name: str) -> ContractVersion:
    rows = contract.versions.filter(version=name, gone_at__isnull=True).select_related("documented")
    found = rows.first()
    if found is None:
        known = ", ".join(contract.versions.filter(gone_at=None).values_list("version", flat=True)[:20])
        raise Problem(
            code="unknown_version",
            detail=f"{contract.slug} has no version “{name[:60]}”.",
            remedy=f"Send `version` as one of: {known or 'none is declared yet'}.",
            status=404 if name else 400,
        )
    found.contract = contract
    return found


def _consumer(name: str) -> str:
    if not Service.objects.filter(slug=name, gone_at__isnull=True).exists():
        raise Problem(
            code="unknown_consumer",
            detail=f"There is no service “{name[:60]}”.",
            remedy="Send `consumer` as the service stands in the catalog.",
            status=404 if name else 400,
        )
    return name


def _moving(person: Person, contract: Contract) -> str:
    """The rollout that changes a contract of the provider now, as far as the asker may know of it."""
    rows = Rollout.objects.accessible_to(person).judged()
    rows = rows.filter(
        changes__service=contract.provider_id, changes__kind__in=[ChangeKind.EXPAND, ChangeKind.CONTRACT]
    )
    return rows.order_by("pk").values_list("slug", flat=True).first() or ""
