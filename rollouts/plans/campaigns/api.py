"""Campaigns over the API: opened, followed and ended."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts.models import Contract
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal
from rollouts.plans.api import accessible, caller
from rollouts.plans.campaigns import services
from rollouts.plans.campaigns.forecasting import METHOD
from rollouts.plans.campaigns.models import Campaign
from rollouts.plans.campaigns.reading import Progress, progress


class CampaignOut(serializers.ModelSerializer[Campaign]):
    contract = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Campaign
        fields = ("id", "contract", "old", "new", "note", "opened_at", "opened_by", "ended_at")


class CampaignIn(serializers.Serializer[Any]):
    contract = serializers.CharField(max_length=80)
    old = serializers.CharField(max_length=60)
    new = serializers.CharField(max_length=60)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")


class CampaignMoverOut(serializers.Serializer[Any]):
    service = serializers.CharField()
    readiness = serializers.CharField()
    moved = serializers.BooleanField()
    moved_on = serializers.DateField(allow_null=True)


class CampaignDayOut(serializers.Serializer[Any]):
    """One day: how many consumers had moved, calls, and the share of each version in them."""

    day = serializers.DateField()
    moved = serializers.IntegerField()
    calls = serializers.IntegerField()
    shares = serializers.DictField(child=serializers.FloatField())


class ForecastOut(serializers.Serializer[Any]):
    """When the old version could retire; null: not within three years, or not at all."""

    middle = serializers.DateField(allow_null=True)
    early = serializers.DateField(allow_null=True)
    late = serializers.DateField(allow_null=True)
    why = serializers.CharField()


class CampaignDetail(CampaignOut):
    rollouts = serializers.ListField(child=serializers.CharField(), help_text="Those that you may see.")
    consumers = CampaignMoverOut(many=True)
    days = CampaignDayOut(many=True)
    forecast = ForecastOut(allow_null=True, help_text="Null with too few days that have calls.")
    method = serializers.CharField()

    class Meta(CampaignOut.Meta):
        fields = (*CampaignOut.Meta.fields, "rollouts", "consumers", "days", "forecast", "method")  # type: ignore[assignment]


def _refused(refusal: Refusal) -> Problem:
    status = 403 if refusal.code == "forbidden" else 409
    return Problem(code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status)


class Campaigns(APIView):
    """Contracts' moves from one version to another."""

    @extend_schema(operation_id="campaigns", responses=CampaignOut(many=True))
    def get(self, request: Request) -> Response:
        rows = Campaign.objects.select_related("contract").order_by("-opened_at", "-pk")
        return Response(CampaignOut(rows[:200], many=True).data)

    @extend_schema(
        operation_id="campaign_open", request=CampaignIn, responses={200: CampaignOut, 201: CampaignOut}
    )
    def post(self, request: Request) -> Response:
        """Follows a move; the same again changes nothing but the note. Planners of the provider may."""
        given = CampaignIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            opened = services.open_campaign(**given.validated_data, by=caller(request), face=Face.API)
        except Contract.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _refused(refusal) from None
        return Response(CampaignOut(opened.campaign).data, status=201 if opened.made else 200)


class OneCampaign(APIView):
    @extend_schema(operation_id="campaign", responses=CampaignDetail)
    def get(self, request: Request, pk: int) -> Response:
        """How far it is: rollouts, consumers, shares by day, and when the old version could retire."""
        row = get_object_or_404(Campaign.objects.select_related("contract__provider"), pk=pk)
        found = progress(row, database_now())
        return Response({**CampaignOut(row).data, **_told(found, request), "method": METHOD})

    @extend_schema(operation_id="campaign_end", responses=CampaignOut)
    def delete(self, request: Request, pk: int) -> Response:
        """Ends it; it can still be read."""
        try:
            row = services.end_campaign(campaign=pk, by=caller(request), face=Face.API)
        except Campaign.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _refused(refusal) from None
        return Response(CampaignOut(row).data)


def _told(found: Progress, request: Request) -> dict[str, Any]:
    seen = accessible(request).filter(pk__in=[rollout.pk for rollout, _changes in found.rollouts])
    days = [
        {
            "day": day,
            "moved": moved,
            "calls": sum(by_day.get(day, 0) for by_day in found.calls.values()),
            "shares": found.shares(day),
        }
        for day, moved in zip(found.days, found.moved, strict=True)
    ]
    movers = [
        {
            "service": each.ready.consumer.service.slug,
            "readiness": each.ready.standing.readiness.value,
            "moved": each.moved,
            "moved_on": each.moved_on,
        }
        for each in found.movers
    ]
    return {
        "rollouts": list(seen.order_by("created_at", "pk").values_list("slug", flat=True)),
        "consumers": CampaignMoverOut(movers, many=True).data,
        "days": CampaignDayOut(days, many=True).data,
        "forecast": ForecastOut(found.forecast).data if found.forecast else None,
    }
