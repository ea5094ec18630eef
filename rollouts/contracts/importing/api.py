"""Imports of catalog files over the API."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.catalog.services import Unsound
from rollouts.contracts.api import DeclaredOut, body_of, caller
from rollouts.contracts.importing import services
from rollouts.contracts.importing.models import Import
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal

STATUS = {"forbidden": 403, "unsound": 422, "unknown_team": 422, "import_failed": 422}


class ImportOut(serializers.ModelSerializer[Import]):
    """How an import goes; its token is never shown. `report` is what the last change did."""

    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    token = serializers.SerializerMethodField()

    class Meta:
        model = Import
        fields = (
            "slug", "address", "team", "every_minutes", "enabled", "token", "due_at", "asked_at",
            "last_success_at", "changed_at", "last_error", "last_error_at", "report",
        )  # fmt: skip

    def get_token(self, row: Import) -> bool:
        """Whether one is kept."""
        return bool(row.access)


class ImportIn(serializers.Serializer[Any]):
    address = serializers.URLField(max_length=500)
    team = serializers.CharField()
    every_minutes = serializers.IntegerField(min_value=5, max_value=10_080, required=False)
    enabled = serializers.BooleanField(required=False)
    token = serializers.CharField(required=False, allow_blank=True)


class FileReportOut(serializers.Serializer[Any]):
    """What became of every entry, and how many there are of each kind."""

    count = serializers.DictField(child=serializers.IntegerField())
    outcomes = DeclaredOut(many=True)


class AskedOut(serializers.Serializer[Any]):
    """What asking did; with `dry_run` what it would do."""

    report = FileReportOut(allow_null=True)


def _done(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except ObjectDoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        problems = refusal.problems if isinstance(refusal, Unsound) else ()
        raise Problem(
            code=refusal.code,
            detail=refusal.sentence,
            remedy=refusal.remedy,
            status=STATUS.get(refusal.code, 409),
            extra={"problems": [one.as_json() for one in problems]} if problems else {},
        ) from None


class Imports(generics.ListAPIView[Import]):
    """Catalog files that are asked from addresses."""

    serializer_class = ImportOut
    queryset = Import.objects.select_related("team").order_by("slug")


class OneImport(APIView):
    @extend_schema(operation_id="import_read", responses=ImportOut)
    def get(self, request: Request, slug: str) -> Response:
        """How one goes: last success, what went wrong, when it is asked next."""
        return Response(ImportOut(get_object_or_404(Import.objects.select_related("team"), slug=slug)).data)

    @extend_schema(operation_id="import_save", request=ImportIn, responses=ImportOut)
    def put(self, request: Request, slug: str) -> Response:
        """Declares an import, or changes it; it is asked at once. Administrators may."""
        entry, by = {**body_of(request), "name": slug}, caller(request)
        row = _done(lambda: services.save_import(entry=entry, by=by, face=Face.API))
        return Response(ImportOut(row).data)

    @extend_schema(operation_id="import_stop", responses=ImportOut)
    def delete(self, request: Request, slug: str) -> Response:
        """It is not asked any more; what it listed stays."""
        by = caller(request)
        return Response(ImportOut(_done(lambda: services.stop_import(slug=slug, by=by, face=Face.API))).data)


class AskImport(APIView):
    @extend_schema(
        operation_id="import_ask",
        request=None,
        responses=AskedOut,
        parameters=[
            OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Only say what would change.")
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Asks the address now and applies the file, also when it did not change."""
        dry_run = request.query_params.get("dry_run", "").lower() in ("1", "true")
        by = caller(request)
        found = _done(lambda: services.ask_now(slug=slug, by=by, face=Face.API, dry_run=dry_run))
        return Response(AskedOut({"report": found.report.as_json() if found.report else None}).data)
