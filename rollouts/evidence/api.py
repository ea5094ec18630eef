"""Evidence over the API: as JSON, as JUnit XML, as Pact's results, and from a Pact Broker's webhooks."""

import json
from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.evidence import services
from rollouts.evidence.about import About, digest_of
from rollouts.evidence.models import Result
from rollouts.evidence.reports import junit, pact
from rollouts.evidence.reports.values import NoEvidence, Report, Unreadable
from rollouts.evidence.services import Recorded
from rollouts.evidence.shapes import (
    AboutIn,
    EvidenceIn,
    EvidenceOut,
    PactWebhookIn,
    PactWebhookOut,
    RecordedOut,
    ReportIn,
)
from rollouts.evidence.values import Form
from rollouts.evidence.webhooks import about_webhook
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

MOST_BYTES = junit.MOST_BYTES
XML = ("application/xml", "text/xml")
JSON = "application/json"
STATUS = {"forbidden": 403, "invalid": 422}


def _bounded(request: Request) -> None:
    """Refuses a body that is too long before it is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Problem(
            code="too_large",
            detail=f"At most {MOST_BYTES:,} bytes are taken at once.",
            remedy="Send the report in parts, one for each suite.",
            status=413,
        )


class Raw(BaseParser):
    """Leaves the body as it came, so that its digest is that of what was sent."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        assert parser_context is not None  # noqa: S101 - DRF gives it
        _bounded(parser_context["request"])
        return stream.read(MOST_BYTES + 1)


class BoundedForm(MultiPartParser):
    """A form with a file, of the same length at most."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        assert parser_context is not None  # noqa: S101 - DRF gives it
        _bounded(parser_context["request"])
        return super().parse(stream, media_type, parser_context)


class EvidenceFilter(filters.FilterSet):  # type: ignore[misc]
    """By what it is about; `counting=true` leaves out what has expired."""

    service = filters.CharFilter(field_name="service__slug")
    contract = filters.CharFilter(field_name="contract__slug")
    version = filters.CharFilter()
    environment = filters.CharFilter(field_name="environment__slug")
    rollout = filters.CharFilter(field_name="rollout__slug")
    stage = filters.CharFilter()
    kind = filters.CharFilter()
    result = filters.CharFilter(field_name="outcome")
    counting = filters.BooleanFilter(method="only_counting")

    class Meta:
        model = Result
        fields: list[str] = []

    def only_counting(self, rows: Any, _name: str, value: bool) -> Any:
        """Those that have not expired, or that have."""
        now = database_now()
        return rows.filter(expires_at__gt=now) if value else rows.filter(expires_at__lte=now)


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body is no JSON.", "Send a JSON object.") from error


def _told(request: Request) -> tuple[About, Report, Form, bytes]:
    """What was sent, by its media type. Raises Unreadable and ValidationError."""
    kind = (request.content_type or "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        given = ReportIn(data=request.data)
        given.is_valid(raise_exception=True)
        form, file = Form(given.validated_data["form"]), given.validated_data["report"].read()
        return given.about(), _report(form, file), form, file
    body = _body(request)
    if kind in XML or request.query_params.get("form") == Form.PACT:
        about = AboutIn(data=request.query_params.dict())
        about.is_valid(raise_exception=True)
        form = Form.JUNIT if kind in XML else Form.PACT
        return about.about(), _report(form, body), form, body
    if kind != JSON:
        raise UnsupportedMediaType(kind or "nothing")
    told = EvidenceIn(data=_json(body))
    told.is_valid(raise_exception=True)
    return told.about(), told.report(), Form.JSON, body


def _body(request: Request) -> bytes:
    """The body as it came; DRF parses none that is empty."""
    found: Any = request.data
    return found if isinstance(found, bytes) else b""


def _report(form: Form, body: bytes) -> Report:
    return junit.read(body) if form is Form.JUNIT else pact.read(_json(body))


def _unreadable(error: Unreadable) -> Problem:
    code = "no_evidence" if isinstance(error, NoEvidence) else "unreadable"
    return Problem(code=code, detail=error.sentence, remedy=error.remedy, status=422)


def _problem(refusal: Refusal) -> Problem:
    extra = {}
    if isinstance(refusal, services.Unknown):
        extra = {"errors": {refusal.field: [refusal.sentence]}}
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy,
        status=STATUS.get(refusal.code, 409), extra=extra,
    )  # fmt: skip


def _recorded(found: Recorded) -> dict[str, Any]:
    return {**EvidenceOut(found.result).data, "repeated": found.repeated}


class Evidence(generics.ListAPIView[Result]):
    """Results of tests, drills and reviews, the newest first."""

    serializer_class = EvidenceOut
    filterset_class = EvidenceFilter
    parser_classes = [BoundedForm, Raw]  # noqa: RUF012 - as DRF has it

    queryset = Result.objects.none()  # whose rows they are is known when somebody asks

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Result.objects.visible_to(_caller(self.request)).with_all().newest_first()

    @extend_schema(
        operation_id="evidence_record",
        parameters=[
            AboutIn,
            OpenApiParameter("form", str, enum=[Form.PACT.value], description="The JSON is Pact's own."),
        ],
        request={
            JSON: EvidenceIn,
            XML[0]: {"type": "string", "format": "binary"},
            "multipart/form-data": ReportIn,
        },
        responses={201: RecordedOut, 200: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        """Records a result: JSON in our words, JUnit XML, or what Pact's verifier wrote (`?form=pact`).

        Beside a report the address (or the form) says what it is about. The same again is kept once.
        """
        try:
            about, report, form, body = _told(request)
            found = services.record(
                about=about,
                report=report,
                form=form,
                digest=digest_of(body),
                by=_caller(request),
                face=Face.API,
            )
        except Unreadable as error:
            raise _unreadable(error) from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(_recorded(found), status=200 if found.repeated else 201)


class OneEvidence(APIView):
    @extend_schema(operation_id="evidence_read", responses=EvidenceOut)
    def get(self, request: Request, pk: int) -> Response:
        """One result."""
        found = Result.objects.visible_to(_caller(request)).with_all().filter(pk=pk).first()
        if found is None:
            raise Http404
        return Response(EvidenceOut(found).data)


class PactBroker(APIView):
    parser_classes = [Raw]  # noqa: RUF012 - as DRF has it

    @extend_schema(
        operation_id="evidence_pact_broker",
        parameters=[
            OpenApiParameter("contract", str, description="Default the one that the two share."),
            OpenApiParameter("version", str, description="Default the provider's version, if it is one."),
            OpenApiParameter("environment", str),
        ],
        request={JSON: PactWebhookIn},
        responses={201: PactWebhookOut, 200: PactWebhookOut},
    )
    def post(self, request: Request) -> Response:
        """Takes the webhook of a Pact Broker, which signs in with a token in its Authorization header."""
        body = _body(request)
        try:
            told = pact.read_webhook(_json(body))
            if told is None:
                return Response({"evidence": None})
            about = about_webhook(told, request.query_params.dict())
            found = services.record(
                about=about, report=told.report, form=Form.PACT_BROKER, digest=digest_of(body),
                by=_caller(request), face=Face.API,
            )  # fmt: skip
        except Unreadable as error:
            raise _unreadable(error) from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response({"evidence": _recorded(found)}, status=200 if found.repeated else 201)
