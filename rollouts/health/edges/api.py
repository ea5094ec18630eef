"""Declared and seen edges over the API: the lists, what people say of them, and edges that others saw."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment
from rollouts.health.edges import answering, listing, pushing
from rollouts.health.edges.answering import ACTIONS, About
from rollouts.health.edges.confidence import Sureness
from rollouts.health.edges.listing import Row, Which
from rollouts.health.edges.models import EdgeAnswer
from rollouts.health.edges.reading import edges
from rollouts.health.edges.sorting import Why
from rollouts.health.pushing.api import BoundedJson
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

MOST = 1_000
MOST_CALLS = 10**15
STATUS = {"forbidden": 403, "invalid": 422, "unsound": 422}


class EdgeRowOut(serializers.Serializer[Any]):
    """One dependency. `calls_a_day` over the seven days up to the day on which it was last seen.

    `why`, of what is not seen: `stale` (for 30 days), `fresh` (declared lately), `unmeasured` (nobody counts
    what the caller calls). `offered`: what can be answered.
    """

    caller = serializers.CharField(help_text="Empty where nobody knows who called.")
    callee = serializers.CharField()
    contract = serializers.CharField()
    version = serializers.CharField()
    owner = serializers.CharField(help_text="The team that answers for it.")
    why = serializers.ChoiceField(choices=[why.value for why in Why], allow_null=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    calls_a_day = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField()
    sureness = serializers.ChoiceField(choices=[one.value for one in Sureness], allow_null=True)
    version_state = serializers.CharField()
    sunset = serializers.DateField(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    offered = serializers.ListField(child=serializers.ChoiceField(choices=ACTIONS))


class CountsOut(serializers.Serializer[Any]):
    undeclared = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Those of 30 days and more.")
    outdated = serializers.IntegerField()
    confirmed = serializers.IntegerField()


class EdgesOut(serializers.Serializer[Any]):
    """`total`: of the list as it is asked for, of which `edges` are `limit` from `offset` on."""

    environment = serializers.CharField()
    list = serializers.ChoiceField(choices=[which.value for which in Which])
    counts = CountsOut()
    total = serializers.IntegerField()
    edges = EdgeRowOut(many=True)


class EdgesIn(serializers.Serializer[Any]):
    environment = serializers.SlugField(max_length=60)
    list = serializers.ChoiceField(choices=[which.value for which in Which], default=Which.UNDECLARED.value)
    team = serializers.SlugField(max_length=60, default="")
    service = serializers.SlugField(max_length=60, default="")
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=200)
    offset = serializers.IntegerField(min_value=0, max_value=10**6, default=0)


class SightingIn(serializers.Serializer[Any]):
    """Calls of one day. What they used of the contract may be named; entries that differ in it add up."""

    caller = serializers.SlugField(
        max_length=60, allow_blank=True, help_text="Empty where nobody knows who called."
    )
    callee = serializers.SlugField(max_length=60)
    day = serializers.DateField(help_text="In UTC; at most 90 days ago.")
    calls = serializers.IntegerField(min_value=1, max_value=MOST_CALLS)
    first_seen = serializers.DateTimeField(required=False, source="first_at")
    last_seen = serializers.DateTimeField(required=False, source="last_at")
    contract = serializers.SlugField(max_length=80, required=False)
    version = serializers.CharField(max_length=60, required=False)
    operation = serializers.CharField(max_length=200, required=False)
    field = serializers.CharField(max_length=200, required=False)
    type = serializers.CharField(max_length=120, required=False)


class PushEdgesIn(serializers.Serializer[Any]):
    environment = serializers.SlugField(max_length=60)
    origin = serializers.SlugField(
        max_length=50, help_text="Who counted: what it says of a day replaces itself."
    )
    edges = serializers.ListField(child=SightingIn(), min_length=1, max_length=pushing.MOST)


class PushedEdgesOut(serializers.Serializer[Any]):
    edges = serializers.IntegerField()
    parts = serializers.IntegerField(help_text="Parts of contracts that were seen in use.")


class EdgeAnswerIn(serializers.Serializer[Any]):
    """declare, remove: the declaration; none: it is no dependency; stands: it holds still; ask: its owner."""

    action = serializers.ChoiceField(choices=ACTIONS)
    caller = serializers.SlugField(max_length=60, allow_blank=True)
    callee = serializers.SlugField(max_length=60)
    contract = serializers.SlugField(max_length=80, required=False)
    version = serializers.CharField(max_length=60, required=False)
    reason = serializers.CharField(max_length=300, required=False)


class SaidOut(serializers.Serializer[Any]):
    sentence = serializers.CharField()


class EdgeAnswerOut(serializers.ModelSerializer[EdgeAnswer]):
    class Meta:
        model = EdgeAnswer
        fields = ("id", "caller", "callee", "contract", "version", "said", "reason", "by", "at")


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _done(act: Callable[[], Any]) -> Any:
    """What the verb gives; a refusal as a problem."""
    try:
        return act()
    except ObjectDoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        extra: dict[str, Any] = {}
        if isinstance(refusal, pushing.Wrong):
            extra = {"entries": [{"index": index, "detail": said} for index, said in refusal.entries]}
        if isinstance(refusal, catalog.Unsound):
            extra = {"problems": [one.as_json() for one in refusal.problems]}
        raise Problem(
            code=refusal.code,
            detail=refusal.sentence,
            remedy=refusal.remedy,
            status=STATUS.get(refusal.code, 409),
            extra=extra,
        ) from None


class Edges(APIView):
    parser_classes = [BoundedJson]  # noqa: RUF012 - as DRF has it

    @extend_schema(
        operation_id="edges",
        parameters=[
            OpenApiParameter("environment", str, required=True, description="Its slug."),
            OpenApiParameter(
                "list",
                str,
                enum=[which.value for which in Which],
                description="`undeclared`: seen and not declared; `silent`: declared and not seen;"
                " `outdated`: seen on a deprecated or retired version; `confirmed`: declared and seen.",
            ),
            OpenApiParameter("team", str, description="Only what this team answers for."),
            OpenApiParameter("service", str, description="Only with this service at an end."),
            OpenApiParameter("limit", int, description=f"At most {MOST}; default 200."),
            OpenApiParameter("offset", int, description="From which entry on; default 0."),
        ],
        responses=EdgesOut,
    )
    def get(self, request: Request) -> Response:
        """What is declared and what was seen, beside each other."""
        given = EdgesIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        get_object_or_404(Environment, slug=asked["environment"])
        now = database_now()
        found = edges(asked["environment"], now)
        rows = listing.rows(found, Which(asked["list"]), now, team=asked["team"], service=asked["service"])
        told = {
            "environment": asked["environment"],
            "list": asked["list"],
            "counts": {which.value: many for which, many in listing.counts(found).items()},
            "total": len(rows),
            "edges": [_told(row) for row in rows[asked["offset"] : asked["offset"] + asked["limit"]]],
        }
        return Response(EdgesOut(told).data)

    @extend_schema(operation_id="edges_push", request=PushEdgesIn, responses=PushedEdgesOut)
    def post(self, request: Request) -> Response:
        """Pushes edges that somebody else saw: all of them or none; the same again changes nothing."""
        given = PushEdgesIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        entries = [pushing.Entry(**entry) for entry in data["edges"]]
        done = _done(
            lambda: pushing.push(
                environment=data["environment"], origin=data["origin"], entries=entries, by=_caller(request)
            )
        )
        return Response(PushedEdgesOut({"edges": done.edges, "parts": done.parts}).data)


def _told(row: Row) -> dict[str, Any]:
    seen = row.seen
    return {
        "caller": row.caller,
        "callee": row.callee,
        "contract": row.contract,
        "version": row.version,
        "owner": row.owner.team if row.owner else "",
        "why": row.why,
        "declared_at": row.since,
        "first_seen_at": seen.first_at if seen else None,
        "last_seen_at": seen.last_at if seen else None,
        "calls_a_day": seen.per_day if seen else None,
        "confidence": round(row.confidence, 4),
        "sureness": row.sureness or None,
        "version_state": row.version_state,
        "sunset": row.sunset_on,
        "asked_at": row.asked.at if row.asked else None,
        "offered": row.offered,
    }


class Answers(generics.ListAPIView[EdgeAnswer]):
    """What people said of edges, the newest first: no dependencies, silent ones that stand, questions."""

    serializer_class = EdgeAnswerOut
    queryset = EdgeAnswer.objects.filter(ended_at=None).order_by("-at", "-pk")

    @extend_schema(operation_id="edge_answer", request=EdgeAnswerIn, responses=SaidOut)
    def post(self, request: Request) -> Response:
        """Does what the lists offer: declares, removes, notes, or asks the owner."""
        given = EdgeAnswerIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        action, reason = data.pop("action"), data.pop("reason", "")
        by = _caller(request)
        said = _done(
            lambda: answering.answer(action=action, about=About(**data), reason=reason, by=by, face=Face.API)
        )
        return Response(SaidOut({"sentence": said}).data)


class OneAnswer(APIView):
    @extend_schema(operation_id="edge_answer_take_back", responses=SaidOut)
    def delete(self, request: Request, pk: int) -> Response:
        """What was said holds no longer, and the edge is listed again."""
        by = _caller(request)
        said = _done(lambda: answering.take_back(pk=pk, by=by, face=Face.API))
        return Response(SaidOut({"sentence": said}).data)
