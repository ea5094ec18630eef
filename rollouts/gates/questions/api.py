"""The two questions over the API, with the facts that each answer rests on."""

import hashlib
from typing import Any

import orjson
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.questions import writing
from rollouts.contracts.questions.values import Do, Question, Unanswerable, Word
from rollouts.gates.api import caller
from rollouts.gates.questions import badges
from rollouts.gates.questions.answering import Answered, answer
from rollouts.gates.questions.asking import asked
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

WHERE = OpenApiParameter("environment", str, description="Only there; default everywhere.")
WHOM = OpenApiParameter("consumers", str, description="Only these services, with commas; default all.")
STAYS = OpenApiParameter(
    "old_stays", bool, description="Whether the old version stays served beside it; default as is announced."
)


class LineOut(serializers.Serializer[Any]):
    """What one consumer, or one condition, answers; `do`: what kind of thing has to be done."""

    about = serializers.CharField()
    answer = serializers.ChoiceField([each.value for each in Word])
    sentence = serializers.CharField()
    todo = serializers.CharField()
    warning = serializers.BooleanField()
    do = serializers.ChoiceField([each.value for each in Do], allow_null=True)
    undecided = serializers.BooleanField()


class AnswerOut(serializers.Serializer[Any]):
    """`facts` give the same answer again: `manage.py contract can-promote --facts`."""

    contract = serializers.CharField()
    version = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.ChoiceField([each.value for each in Word])
    sentence = serializers.CharField()
    lines = LineOut(many=True)
    todo = serializers.ListField(child=serializers.CharField())
    left_out = serializers.ListField(child=serializers.CharField())
    facts = serializers.DictField()


class CanPromote(APIView):
    @extend_schema(operation_id="contract_can_promote", parameters=[WHERE, WHOM, STAYS], responses=AnswerOut)
    def get(self, request: Request, slug: str, version: str) -> Response:
        """Whether the version can be promoted, why, and who must do what. The first time it takes seconds."""
        return _answer(request, Question.PROMOTE, slug, version)


class CanRetire(APIView):
    @extend_schema(operation_id="contract_can_retire", parameters=[WHERE], responses=AnswerOut)
    def get(self, request: Request, slug: str, version: str) -> Response:
        """Whether the version can be retired, why, and who must do what."""
        return _answer(request, Question.RETIRE, slug, version)


def _answer(request: Request, question: Question, slug: str, version: str) -> Response:
    """With an ETag of all but the time, so that who asks often is told only what is new."""
    try:
        found = answer(asked(question, slug, version, request.query_params))
    except Unanswerable as fault:
        raise Problem(code="unknown", detail=fault.sentence, remedy=fault.remedy, status=404) from fault
    told = told_of(found)
    timeless = {**told, "facts": {**told["facts"], "now": None}}
    tag = f'"{hashlib.sha256(orjson.dumps(timeless)).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    reply = Response(status=304) if known & {tag, "*"} else Response(AnswerOut(told).data)
    reply["ETag"] = tag
    reply["Cache-Control"] = "private, no-cache"
    reply["Vary"] = "Authorization, Cookie"
    return reply


def told_of(found: Answered) -> dict[str, Any]:
    """The answer as JSON."""
    return {
        "contract": found.asked.contract,
        "version": found.asked.version,
        **found.answer.as_json(),
        "facts": writing.as_json(found.facts),
    }


class BadgesIn(serializers.Serializer[Any]):
    shared = serializers.BooleanField(help_text="Whether whoever has the address may see the badges.")


class BadgesOut(serializers.Serializer[Any]):
    """`key` is a part of the addresses `/badges/CONTRACT/VERSION/can-promote.svg?key=…`."""

    shared = serializers.BooleanField()
    key = serializers.CharField(allow_null=True)


class Badges(APIView):
    """Who may see the badges of a contract without signing in: for planners of its provider."""

    @extend_schema(operation_id="contract_badges", responses=BadgesOut)
    def get(self, request: Request, slug: str) -> Response:
        """The key, where there is one and the caller may share it."""
        row = get_object_or_404(Contract.objects.select_related("provider"), slug=slug)
        key = badges.key_of(row)
        seen = key if plans_for_service(caller(request), row.provider.slug) else ""
        return Response(BadgesOut({"shared": bool(key), "key": seen or None}).data)

    @extend_schema(operation_id="contract_badges_share", request=BadgesIn, responses=BadgesOut)
    def put(self, request: Request, slug: str) -> Response:
        """Makes a new key, which closes the addresses with the old one; or closes all of them."""
        given = BadgesIn(data=request.data)
        given.is_valid(raise_exception=True)
        get_object_or_404(Contract.objects.all(), slug=slug)
        shared = given.validated_data["shared"]
        try:
            key = badges.share(contract=slug, shared=shared, by=caller(request), face=Face.API)
        except Refusal as refused:
            raise Problem(
                code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=403
            ) from None
        return Response(BadgesOut({"shared": shared, "key": key or None}).data)
