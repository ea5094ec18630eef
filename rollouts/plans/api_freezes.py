"""Freezes over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.services import KeyReused, Repeated
from rollouts.audit.values import Face
from rollouts.lib.idempotency import KEY, key_of, reused
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal
from rollouts.plans import freezes
from rollouts.plans.models import Freeze


class FreezeOut(serializers.ModelSerializer[Freeze]):
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    services = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, many=True)

    class Meta:
        model = Freeze
        fields = (
            "id", "name", "reason", "team", "environment", "services", "max_tier",
            "starts_at", "ends_at", "zone", "absolute", "lifted_at",
        )  # fmt: skip


class FreezeIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    team = serializers.SlugField(help_text="It yields to this team's approvers.")
    starts = serializers.CharField(help_text='Local time in `zone`: "2026-12-18T18:00".')
    ends = serializers.CharField()
    zone = serializers.CharField(default="UTC")
    reason = serializers.CharField(default="", allow_blank=True)
    environment = serializers.CharField(default="", allow_blank=True, help_text="Empty: all.")
    services = serializers.ListField(child=serializers.SlugField(), default=list, help_text="None: all.")
    max_tier = serializers.IntegerField(default=None, allow_null=True, min_value=0, max_value=4)
    absolute = serializers.BooleanField(default=False, help_text="No override passes it either.")


def _rows() -> Any:
    rows = Freeze.objects.select_related("team", "environment").prefetch_related("services")
    return rows.order_by("-ends_at", "-pk")


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _problem(refusal: Refusal) -> Problem:
    extra = {"errors": {refusal.field: [refusal.sentence]}} if isinstance(refusal, freezes.Senseless) else {}
    return Problem(
        code=refusal.code,
        detail=refusal.sentence,
        remedy=refusal.remedy,
        status=403 if refusal.code == "forbidden" else 422,
        extra=extra,
    )


def _save(request: Request, freeze_id: int | None) -> Freeze:
    given = FreezeIn(data=request.data)
    given.is_valid(raise_exception=True)
    data = {**given.validated_data, "services": tuple(given.validated_data["services"])}
    try:
        return freezes.save_freeze(
            given=freezes.Given(**data),
            by=_caller(request),
            face=Face.API,
            freeze_id=freeze_id,
            key=key_of(request),
        )
    except Repeated as repeated:
        return get_object_or_404(Freeze, pk=repeated.event.content["freeze"])
    except KeyReused as error:
        raise reused(error) from None
    except Refusal as refusal:
        raise _problem(refusal) from None


class Freezes(generics.ListAPIView[Freeze]):
    """All freezes, last end first."""

    serializer_class = FreezeOut
    queryset = _rows()

    @extend_schema(
        operation_id="freeze_declare", request=FreezeIn, responses={201: FreezeOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Declares a freeze: a team for services that it owns, administrators for whole environments."""
        return Response(FreezeOut(_save(request, None)).data, status=201)


class OneFreeze(APIView):
    @extend_schema(operation_id="freeze_read", responses=FreezeOut)
    def get(self, request: Request, pk: int) -> Response:
        """One freeze."""
        return Response(FreezeOut(get_object_or_404(_rows(), pk=pk)).data)

    @extend_schema(operation_id="freeze_change", request=FreezeIn, responses=FreezeOut, parameters=[KEY])
    def put(self, request: Request, pk: int) -> Response:
        """Changes a freeze; what is left out gets its default."""
        get_object_or_404(Freeze, pk=pk)
        return Response(FreezeOut(_save(request, pk)).data)

    @extend_schema(operation_id="freeze_lift", responses=FreezeOut)
    def delete(self, request: Request, pk: int) -> Response:
        """Ends a freeze now, or takes it off the calendar."""
        get_object_or_404(Freeze, pk=pk)
        try:
            row = freezes.lift_freeze(freeze_id=pk, by=_caller(request), face=Face.API)
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(FreezeOut(row).data)
