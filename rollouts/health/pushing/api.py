"""Measurements over the API: pushed as counts of windows, or as OpenTelemetry metrics."""

import hashlib
import zlib
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.health.models import Source
from rollouts.health.pushing import otlp, services
from rollouts.health.pushing.taking import bounds
from rollouts.health.pushing.values import MOST_BUCKETS, MOST_BYTES, MOST_ENTRIES, MOST_UNPACKED, Part, fault
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MOST_COUNT = 1e15


class BoundedJson(JSONParser):
    """JSON of at most 1 MB: it is refused before it is parsed."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        _bounded(parser_context["request"])
        return super().parse(stream, media_type, parser_context)


def _bounded(request: Request) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Problem(
            code="too_large",
            detail=f"At most {MOST_BYTES:,} bytes are taken at once.",
            remedy="Push in smaller parts.",
            status=413,
        )


class BucketField(serializers.ListField):
    """A pair: upper bound in seconds (null: none) and how many requests took up to it."""

    child = serializers.FloatField(allow_null=True, min_value=0, max_value=MOST_COUNT)


class EntryIn(serializers.Serializer[Any]):
    service = serializers.SlugField(max_length=60)
    version = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    signal = serializers.ChoiceField(choices=[Signal.ERRORS, Signal.LATENCY, Signal.SATURATION])
    start = serializers.DateTimeField(help_text="Of the window: a multiple of its length since 1970.")
    perspective = serializers.ChoiceField(
        choices=[Perspective.SERVER, Perspective.CALLERS], default=Perspective.SERVER
    )
    caller = serializers.SlugField(max_length=60, required=False, allow_blank=True, default="")
    instance = serializers.CharField(
        max_length=100, required=False, allow_blank=True, default="", help_text="Instances are added up."
    )
    contract = serializers.SlugField(
        max_length=60,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of errors: the contract that these requests spoke. Entries that differ add up.",
    )
    contract_version = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    bad = serializers.IntegerField(min_value=0, max_value=int(MOST_COUNT), default=0)
    total = serializers.IntegerField(min_value=0, max_value=int(MOST_COUNT), required=False)
    value = serializers.FloatField(required=False)
    buckets = serializers.ListField(
        child=BucketField(min_length=2, max_length=2), required=False, max_length=MOST_BUCKETS
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """What its signal needs. Raises ValidationError."""
        if (data["perspective"] == Perspective.CALLERS) != bool(data["caller"]):
            raise serializers.ValidationError(
                "`caller` belongs to the perspective `callers`, which needs it."
            )
        if bool(data["contract"]) != bool(data["contract_version"]):
            raise serializers.ValidationError("`contract` and `contract_version` belong together.")
        if data["contract"] and (data["signal"], data["perspective"]) != (Signal.ERRORS, Perspective.SERVER):
            raise serializers.ValidationError("`contract` belongs to errors as the service counted them.")
        if data["signal"] == Signal.ERRORS and "total" not in data:
            raise serializers.ValidationError("Errors need `bad` and `total`.")
        if any(count is None for _, count in data.get("buckets", ())):
            raise serializers.ValidationError("A bucket needs its count.")
        if said := fault(Signal(data["signal"]), part_of(data).measured):
            raise serializers.ValidationError(said)
        return data


class PushIn(serializers.Serializer[Any]):
    measurements = serializers.ListField(child=EntryIn(), min_length=1, max_length=MOST_ENTRIES)


class PushOut(serializers.Serializer[Any]):
    """`taken` are new or changed; `repeated` were there already, the same."""

    taken = serializers.IntegerField()
    repeated = serializers.IntegerField()


def part_of(data: dict[str, Any]) -> Part:
    """An entry as a part of its window; only what belongs to its signal."""
    signal, start = Signal(data["signal"]), data["start"]
    buckets = bounds(data.get("buckets", ())) if signal is Signal.LATENCY else {}
    counted = signal is Signal.ERRORS
    measured = Measured(
        bad=float(data["bad"]) if counted else 0.0,
        total=float(data.get("total", 0)) if counted else max(buckets.values(), default=0.0),
        value=data.get("value") if signal is Signal.SATURATION else None,
        buckets=buckets,
    )
    assert isinstance(start, datetime)  # noqa: S101 - the serializer made it
    side = Perspective(data["perspective"])
    subject = Subject(data["service"], data["version"], signal, side, data["caller"])
    spoken = data["contract"], data["contract_version"]
    # Not as words: together they may be longer than a point's name.
    point = hashlib.sha256("\n".join(spoken).encode()).hexdigest()[:32] if all(spoken) else ""
    return Part(subject, start, measured, data["instance"], point, *spoken)


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


STATUS = {"forbidden": 403, "invalid": 422}


def _problem(refusal: Refusal) -> Problem:
    extra: dict[str, Any] = {}
    if isinstance(refusal, services.Refused):
        extra = {"entries": [{"index": one.index, "detail": one.said} for one in refusal.wrong]}
    status = STATUS.get(refusal.code, 409)
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status, extra=extra
    )


class Measurements(APIView):
    parser_classes = [BoundedJson]  # noqa: RUF012 - as DRF has it

    @extend_schema(operation_id="source_push", request=PushIn, responses=PushOut)
    def post(self, request: Request, slug: str) -> Response:
        """Pushes counts of windows to a source of kind `push`: all of them or none.

        The same again changes nothing. Other numbers for a window that is closed are refused with 409.
        """
        given = PushIn(data=request.data)
        given.is_valid(raise_exception=True)
        parts = [part_of(entry) for entry in given.validated_data["measurements"]]
        try:
            done = services.push(slug=slug, parts=parts, by=_caller(request))
        except Source.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(PushOut({"taken": done.taken, "repeated": done.repeated}).data)


class Raw(BaseParser):
    """Leaves the body as it came."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


class AnyAnswer(BaseContentNegotiation):
    """OTLP answers as it was asked, whatever is said in Accept."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class OtlpMetrics(APIView):
    parser_classes = [Raw]  # noqa: RUF012 - as DRF has it
    content_negotiation_class = AnyAnswer

    @extend_schema(
        operation_id="source_push_otlp",
        request={JSON: {"type": "object"}, PROTOBUF: {"type": "string", "format": "binary"}},
        responses={200: {"type": "object"}},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Takes OpenTelemetry metrics (OTLP over HTTP, protobuf or JSON, gzip too).

        What is not taken is counted and named in `partial_success`.
        """
        kind = (request.content_type or "").split(";")[0].strip().lower()
        if kind not in {JSON, PROTOBUF}:
            raise UnsupportedMediaType(kind or "nothing")
        _bounded(request)
        try:
            export = otlp.read(_unpacked(request), as_json=kind == JSON)
            done = services.push_otlp(slug=slug, request=export, by=_caller(request))
        except otlp.Unreadable as error:
            raise Problem(
                code="invalid", detail=str(error), remedy="Send an OTLP export of metrics.", status=400
            ) from None
        except Source.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        answer = ExportMetricsServiceResponse()
        if done.dropped:
            answer.partial_success.rejected_data_points = done.dropped_points
            answer.partial_success.error_message = " ".join(done.dropped)[:2000]
        if kind == JSON:
            return HttpResponse(json_format.MessageToJson(answer), content_type=JSON)
        return HttpResponse(answer.SerializeToString(), content_type=PROTOBUF)


def _unpacked(request: Request) -> bytes:
    """The body, unpacked within a bound. Raises Unreadable, and Problem when it is too large."""
    body: Any = request.data
    assert isinstance(body, bytes)  # noqa: S101 - the parser leaves it as it came
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise otlp.Unreadable("Only gzip, or no Content-Encoding, is understood.")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpack.decompress(body, MOST_UNPACKED + 1)
    except zlib.error as error:
        raise otlp.Unreadable("The body is not gzip.") from error
    if len(found) > MOST_UNPACKED:
        raise Problem(
            code="too_large",
            detail=f"At most {MOST_UNPACKED:,} bytes are taken after unpacking.",
            remedy="Push in smaller batches.",
            status=413,
        )
    if not unpack.eof:
        raise otlp.Unreadable("The body ends in the middle.")
    return found
