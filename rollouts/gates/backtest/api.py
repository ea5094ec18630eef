"""Back-tests over the API: asked for, and read."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from rollouts.audit.values import Face
from rollouts.gates.api import caller
from rollouts.gates.backtest import asking
from rollouts.gates.backtest.models import Backtest
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Revision, Rollout


class BacktestOut(serializers.ModelSerializer[Backtest]):
    """A back-test; `reports` has one entry for each metric gate tried so far, with a `sentence`.

    In a report, `healthy` is what happened to bakes with nothing wrong, by margin; `shifts` to bakes so many
    times worse; `traffic` to bakes with the asked shift and a share of the traffic; `share` with its 95 %
    interval (`low`, `high`); `past` what earlier rollouts of the service would have met.
    """

    revision = serializers.IntegerField(source="revision.number", read_only=True)

    class Meta:
        model = Backtest
        fields = (
            "id", "revision", "days", "shift", "asked_by", "asked_at", "done_at", "gates", "reports",
            "problem",
        )  # fmt: skip


class BacktestIn(serializers.Serializer[Any]):
    revision = serializers.IntegerField(required=False, min_value=1, help_text="Default: the newest.")
    days = serializers.IntegerField(required=False, default=7, min_value=1, max_value=28)
    shift = serializers.FloatField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1.1,
        max_value=100,
        help_text="Times worse that is to be seen. Default: what each gate must see, else 2.",
    )


class Backtests(generics.ListAPIView[Backtest]):
    """Back-tests of a rollout's revisions, the newest first."""

    serializer_class = BacktestOut
    queryset = Backtest.objects.none()

    def _rollout(self) -> Rollout:
        return get_object_or_404(
            Rollout.objects.accessible_to(caller(self.request)), slug=self.kwargs["slug"]
        )

    def get_queryset(self) -> Any:
        rows = Backtest.objects.filter(revision__rollout=self._rollout())
        return rows.select_related("revision").order_by("-asked_at", "-pk")

    @extend_schema(operation_id="backtest_ask", request=BacktestIn, responses={202: BacktestOut})
    def post(self, request: Request, slug: str) -> Response:
        """Asks for a back-test of a revision's metric gates; read it until `done_at` is there."""
        rollout = self._rollout()
        given = BacktestIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        number = (
            data.get("revision")
            or rollout.revisions.order_by("-number").values_list("number", flat=True).first()
        )
        try:
            made = asking.ask(
                rollout=slug,
                revision=number or 0,
                days=data["days"],
                shift=data["shift"],
                by=caller(request),
                face=Face.API,
            )
        except Revision.DoesNotExist:
            raise Problem(
                code="no_revision",
                detail=f"{rollout.title} has no revision {number}.",
                remedy="Name one that there is.",
                status=404,
            ) from None
        except Refusal as refusal:
            status = 403 if refusal.code == "forbidden" else 422
            raise Problem(
                code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status
            ) from None
        return Response(BacktestOut(made).data, status=202)


class OneBacktest(generics.RetrieveAPIView[Backtest]):
    """One back-test."""

    serializer_class = BacktestOut
    queryset = Backtest.objects.none()

    def get_queryset(self) -> Any:
        seen = Rollout.objects.accessible_to(caller(self.request))
        rows = Backtest.objects.filter(
            revision__rollout__in=seen, revision__rollout__slug=self.kwargs["slug"]
        )
        return rows.select_related("revision")
