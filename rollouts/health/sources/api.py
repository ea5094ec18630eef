"""Prometheus sources over the API: credentials, signals of one's own, offers and proposed limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Service
from rollouts.health import queries
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources import saving
from rollouts.health.sources.access import Access
from rollouts.health.sources.own import NAMED, own_given
from rollouts.health.values import Signal, SourceKind
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _source(slug: str) -> Source:
    rows = Source.objects.filter(kind=SourceKind.PROMETHEUS).select_related("team", "environment")
    return get_object_or_404(rows, slug=slug)


@contextmanager
def answered() -> Iterator[None]:
    """What a verb refuses, as problems."""
    try:
        yield
    except ValidationError as error:
        raise serializers.ValidationError(error.message_dict) from None
    except Refusal as refusal:
        status = 403 if refusal.code == "forbidden" else 409
        raise Problem(
            code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status
        ) from None


def _text(most: int = 4000) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=most, default="")


class AccessIn(serializers.Serializer[Any]):
    """All that the source is to be shown: what is left out is forgotten."""

    bearer = _text()
    username = _text(200)
    password = _text()
    headers = serializers.DictField(
        child=serializers.CharField(max_length=4000), required=False, default=dict
    )
    authority = _text(100_000)
    certificate = _text(100_000)
    key = _text(100_000)


class AccessOut(serializers.Serializer[Any]):
    """In words what is kept, never a value."""

    kept = serializers.ListField(child=serializers.CharField())


class SourceAccess(APIView):
    @extend_schema(operation_id="source_access_set", request=AccessIn, responses=AccessOut)
    def put(self, request: Request, slug: str) -> Response:
        """Keeps, encrypted, what the source lets us in by. Another address of the source forgets it."""
        _source(slug)
        given = AccessIn(data=request.data)
        given.is_valid(raise_exception=True)
        access = Access(**given.validated_data)
        with answered():
            saving.set_access(slug=slug, access=access, by=_caller(request), face=Face.API)
        return Response({"kept": access.words()})

    @extend_schema(operation_id="source_access_forget", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Forgets it all."""
        _source(slug)
        with answered():
            saving.set_access(slug=slug, access=None, by=_caller(request), face=Face.API)
        return Response(status=204)


MEASURES = [(NAMED, "Something else: gates call it by its name"), *Signal.choices()]


class SignalOut(serializers.ModelSerializer[OwnSignal]):
    """`signal` is `own` where gates call it by its name."""

    signal = serializers.SerializerMethodField()

    class Meta:
        model = OwnSignal
        fields = ("name", "signal", "services", "total", "bad", "good", "value", "bound_s", "unit")

    @extend_schema_field(serializers.ChoiceField(choices=MEASURES))
    def get_signal(self, row: OwnSignal) -> str:
        return NAMED if row.named else row.signal


class SignalIn(serializers.Serializer[Any]):
    """`total` with `bad` or `good`, or `value`, each one query; `{service}` and the like are filled in."""

    signal = serializers.ChoiceField(choices=MEASURES)
    services = serializers.ListField(child=serializers.CharField(max_length=60), required=False, default=list)
    total = _text()
    bad = _text()
    good = _text()
    value = _text()
    bound_s = serializers.FloatField(required=False, allow_null=True, default=None)
    unit = _text(20)


class Signals(APIView):
    @extend_schema(operation_id="source_signals", responses=SignalOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The source's signals in PromQL of somebody's own."""
        return Response(SignalOut(_source(slug).own_signals.order_by("name", "pk"), many=True).data)


class OneSignal(APIView):
    @extend_schema(
        operation_id="source_signal_save", request=SignalIn, responses={200: SignalOut, 201: SignalOut}
    )
    def put(self, request: Request, slug: str, name: str) -> Response:
        """Makes or changes a signal; the source tries each query first, and its refusal is quoted."""
        _source(slug)
        given = SignalIn(data=request.data)
        given.is_valid(raise_exception=True)
        found = given.validated_data
        parts = {part: found[part] for part in ("total", "bad", "good", "value") if found[part]}
        own = own_given(name, found["signal"], parts, found["services"], found)
        with answered():
            row, new = saving.save_signal(slug=slug, given=own, by=_caller(request), face=Face.API)
        return Response(SignalOut(row).data, status=201 if new else 200)

    @extend_schema(operation_id="source_signal_remove", responses={204: None})
    def delete(self, request: Request, slug: str, name: str) -> Response:
        """Asks the signal no more; what was measured stays."""
        get_object_or_404(_source(slug).own_signals, name=name)
        with answered():
            saving.remove_signal(slug=slug, name=name, by=_caller(request), face=Face.API)
        return Response(status=204)


class MetricOut(serializers.Serializer[Any]):
    metric = serializers.CharField()
    series = serializers.IntegerField()
    bounds_s = serializers.ListField(child=serializers.FloatField())


class OfferOut(serializers.Serializer[Any]):
    """A convention: whether it is looked for, and what the source holds of its metrics."""

    name = serializers.CharField()
    title = serializers.CharField()
    chosen = serializers.BooleanField()
    metrics = MetricOut(many=True)


class Offers(APIView):
    @extend_schema(operation_id="source_offers", responses=OfferOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Asks the source which of the known names it holds. 409 when it does not answer."""
        found = queries.offers(_source(slug), database_now())
        if found.error:
            raise _silent(found.error)
        return Response(
            [
                {
                    "name": row.name,
                    "title": row.title,
                    "chosen": row.chosen,
                    "metrics": [
                        {"metric": metric, "series": series, "bounds_s": list(bounds)}
                        for metric, series, bounds in row.metrics
                    ],
                }
                for row in found.conventions
            ]
        )


class ProposalOut(serializers.Serializer[Any]):
    """`limit` null: too little was measured; `sentence` says how it was found."""

    limit = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    windows = serializers.IntegerField()
    sentence = serializers.CharField()
    bound_s = serializers.FloatField(allow_null=True)
    query = serializers.CharField()


class AskedIn(serializers.Serializer[Any]):
    service = serializers.CharField(max_length=60)
    signal = serializers.ChoiceField(choices=Signal.choices())
    slower_than = serializers.FloatField(required=False, min_value=0.0001, default=None, allow_null=True)


class Proposed(APIView):
    @extend_schema(
        operation_id="source_proposal",
        responses=ProposalOut,
        parameters=[
            OpenApiParameter("service", OpenApiTypes.STR, required=True),
            OpenApiParameter("signal", OpenApiTypes.STR, required=True, enum=[each.value for each in Signal]),
            OpenApiParameter("slower_than", OpenApiTypes.FLOAT, description="Seconds, for latency."),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """A limit for a gate from the source's last week. 409 when it does not answer."""
        source = _source(slug)
        given = AskedIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        service = get_object_or_404(Service, slug=asked["service"])
        found = queries.found_signal(
            source, service.slug, Signal(asked["signal"]), now=database_now(), bound_s=asked["slower_than"]
        )
        if found.error:
            raise _silent(found.error)
        proposal = found.proposal
        return Response(
            {
                "limit": proposal.limit,
                "median": proposal.median,
                "high": proposal.high,
                "windows": proposal.windows,
                "sentence": proposal.sentence,
                "bound_s": found.bound_s,
                "query": found.text,
            }
        )


def _silent(sentence: str) -> Problem:
    return Problem(
        code="source_silent", detail=sentence, remedy="Look at the source, and ask again.", status=409
    )
