"""Documents of versions over the API: sent, fetched, read, compared, and searched by what they name."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.catalog.registry import What
from rollouts.contracts.api import caller
from rollouts.contracts.documents import reading, services
from rollouts.contracts.documents.difference import between
from rollouts.contracts.documents.fetching import Place
from rollouts.contracts.documents.models import Element
from rollouts.contracts.documents.shapes import (
    BetweenOut,
    DocumentIn,
    ElementOut,
    FetchIn,
    StoredOut,
    TextOut,
    UploadIn,
)
from rollouts.contracts.formats.reading import MOST_BYTES
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.values import Origin
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

OVERRIDE = OpenApiParameter(
    "override", str, description="Why a broken rule is passed over; of a text sent bare."
)
BODIES = {
    "application/json": DocumentIn,
    "multipart/form-data": UploadIn,
    "text/plain": OpenApiTypes.STR,
    "application/yaml": OpenApiTypes.STR,
}
STATUS = {"forbidden": 403, "unfit": 422, "not_fetched": 422}


class Bare(BaseParser):
    """Hands the bytes on: a document is kept as it was written."""

    media_type = "text/plain"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read()


class BareYaml(Bare):
    media_type = "application/yaml"


class BareAnything(Bare):
    media_type = "application/octet-stream"


def _stored(change: Callable[[], services.Stored]) -> Response:
    """What became of a document: 201 when the version had none, else 200; a refusal as a problem."""
    try:
        stored = change()
    except Refusal as refusal:
        extra = {"broken": refusal.sentences} if isinstance(refusal, services.Breaks) else None
        raise Problem(
            code=refusal.code,
            detail=refusal.sentence,
            remedy=refusal.remedy,
            status=STATUS.get(refusal.code, 409),
            extra=extra,
        ) from None
    except ObjectDoesNotExist:
        raise Http404 from None
    told = {
        "what": stored.outcome.what.value,
        "digest": stored.digest,
        "broken": stored.ruling.broken,
        "open": stored.ruling.open,
    }
    return Response(StoredOut(told).data, status=201 if stored.outcome.what is What.ADDED else 200)


class OneDocument(APIView):
    """The document of one version, for planners of the team that provides the contract."""

    parser_classes = [JSONParser, MultiPartParser, Bare, BareYaml, BareAnything]

    @extend_schema(operation_id="contract_document_read", responses=TextOut)
    def get(self, request: Request, slug: str, version: str) -> Response:
        """The text with its digest and where it came from."""
        row = reading.version_of(get_object_or_404(Contract, slug=slug), version)
        if row is None or not hasattr(row, "documented"):
            raise Http404
        return Response(TextOut(row.documented).data)

    @extend_schema(
        operation_id="contract_document_save", request=BODIES, parameters=[OVERRIDE], responses=StoredOut
    )
    def put(self, request: Request, slug: str, version: str) -> Response:
        """Gives the version this document; the same again changes nothing. A new version becomes a draft."""
        text, override = _given(request)
        by = caller(request)
        return _stored(
            lambda: services.store(
                contract=slug,
                version=version,
                text=text,
                origin=Origin.API,
                by=by,
                face=Face.API,
                override=override,
            )
        )

    @extend_schema(
        operation_id="contract_document_send", request=BODIES, parameters=[OVERRIDE], responses=StoredOut
    )
    def post(self, request: Request, slug: str, version: str) -> Response:
        """The same as PUT, for clients that send files with POST only."""
        return self.put(request, slug, version)


def _given(request: Request) -> tuple[str, str]:
    """The text and the reason to pass over rules, in whichever shape they came."""
    body: Any = request.data
    if isinstance(body, bytes):
        override = request.query_params.get("override", "")
        return _decoded(body), override
    shape = UploadIn if "multipart" in (request.content_type or "") else DocumentIn
    given = shape(data=body)
    given.is_valid(raise_exception=True)
    found = given.validated_data
    text = _decoded(found["file"].read(MOST_BYTES + 1)) if "file" in found else found["document"]
    return text, found.get("override", "")


def _decoded(body: bytes) -> str:
    try:
        return services.decoded(body)
    except services.Unfit as unfit:
        raise Problem(code=unfit.code, detail=unfit.sentence, remedy=unfit.remedy, status=422) from None


class FetchedDocument(APIView):
    @extend_schema(operation_id="contract_document_fetch", request=FetchIn, responses=StoredOut)
    def post(self, request: Request, slug: str, version: str) -> Response:
        """Fetches the document from a Git or HTTP(S) address, or from a schema registry, and keeps it."""
        given = FetchIn(data=request.data)
        given.is_valid(raise_exception=True)
        found, by = given.validated_data, caller(request)
        place = Place(
            found["address"], found.get("subject", ""), found.get("number", "latest"), found.get("token", "")
        )
        return _stored(
            lambda: services.fetch(
                contract=slug, version=version, place=place, by=by, face=Face.API,
                override=found.get("override", ""),
            )
        )  # fmt: skip


class Diff(APIView):
    """Two versions of a contract."""

    @extend_schema(
        operation_id="contract_diff",
        parameters=[
            OpenApiParameter("from", str, required=True, description="The old version."),
            OpenApiParameter("to", str, required=True, description="The new version."),
        ],
        responses=BetweenOut,
    )
    def get(self, request: Request, slug: str) -> Response:
        """What differs, at which level, and which consumers it touches, may touch and does not."""
        contract = get_object_or_404(Contract, slug=slug)
        sides = [_side(contract, name, request.query_params.get(name, "")) for name in ("from", "to")]
        return Response(between(contract, *sides).as_json())


def _side(contract: Contract, name: str, version: str) -> ContractVersion:
    row = reading.version_of(contract, version)
    if row is not None and hasattr(row, "documented"):
        return row
    known = ", ".join(each.version for each in reading.documented(contract)[:20]) or "none yet"
    raise Problem(
        code="no_document",
        detail=f"`{name}` names no version with a document: “{version[:60]}”.",
        remedy=f"Versions of {contract.slug} with a document: {known}.",
        status=400 if not version else 404 if row is None else 409,
    )


class Elements(generics.ListAPIView[Element]):
    """Operations, fields and types that documents of contracts name."""

    serializer_class = ElementOut
    queryset = Element.objects.none()
    filter_backends: list[Any] = []

    @extend_schema(
        operation_id="contract_elements",
        parameters=[
            OpenApiParameter("q", str, description="Words of its name, or how they begin: `GET orders`."),
            OpenApiParameter("contract", str, description="Only of this contract."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those whose names hold each word."""
        asked = request.query_params
        rows = reading.elements_named(asked.get("q", ""), asked.get("contract", ""))
        page = self.paginate_queryset(rows) or []
        versions = reading.holders(page)
        found = [{**_element(each), "versions": _named(versions.get(each.document_id, []))} for each in page]
        return self.get_paginated_response(ElementOut(found, many=True).data)


def _element(row: Element) -> dict[str, Any]:
    names = ("kind", "operation", "type", "field", "shape", "required", "deprecated")
    return {name: getattr(row, name) for name in names}


def _named(rows: list[ContractVersion]) -> list[str]:
    return [f"{row.contract.slug}/{row.version}" for row in rows]
