"""Gates over the API: their verdicts, their history, and ticks on checklists."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.gates import queries, services
from rollouts.gates.kinds.checklist import items_of
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.values import Then
from rollouts.lib.problems import Problem
from rollouts.plans.models import Rollout


def caller(request: Request) -> Person:
    """The person who asks."""
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def accessible(request: Request) -> Any:
    """The gates of the rollouts that the caller may see."""
    seen = Rollout.objects.accessible_to(caller(request))
    return Gate.objects.filter(rollout__in=seen).select_related("stage", "rollout").prefetch_related("ticks")


class ItemOut(serializers.Serializer[Any]):
    """An item of a checklist, and who ticked it when."""

    name = serializers.CharField()
    title = serializers.CharField()
    done = serializers.BooleanField()
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)


class UndecidedOut(serializers.Serializer[Any]):
    """What follows a word that neither passes nor fails: `then`, once it has stood for `after_s` seconds.

    `extend_s`: by how much the bake may grow in all, where `then` is extend.
    """

    then = serializers.ChoiceField([each.value for each in Then], source="then.value")
    after_s = serializers.FloatField()
    extend_s = serializers.FloatField()


class GateOut(serializers.ModelSerializer[Gate]):
    """A gate with its newest verdict."""

    rollout = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    stage = serializers.IntegerField(source="stage.number", read_only=True)

    no_data = UndecidedOut(source="policy_for_no_data", read_only=True)
    inconclusive = UndecidedOut(source="policy_for_inconclusive", read_only=True)
    items = serializers.SerializerMethodField()

    class Meta:
        model = Gate
        fields = (
            "id", "rollout", "stage", "position", "name", "title", "kind", "required", "observe", "on_fail",
            "no_data", "inconclusive", "owner", "runbook", "verdict", "warning", "sentence", "evidence",
            "silenced", "no_data_since_at", "judged_at", "changed_at", "items",
        )  # fmt: skip

    @extend_schema_field(ItemOut(many=True))
    def get_items(self, gate: Gate) -> list[dict[str, Any]]:
        if gate.kind != "checklist":
            return []
        ticks = {tick.item: tick for tick in gate.ticks.all()}
        return [
            {
                "name": item.name,
                "title": item.title,
                "done": item.name in ticks,
                "by": ticks[item.name].person_name if item.name in ticks else None,
                "at": ticks[item.name].at if item.name in ticks else None,
            }
            for item in items_of(gate)
        ]


class VerdictOut(serializers.ModelSerializer[Verdict]):
    """One row of history: written when the word changes, and hourly."""

    class Meta:
        model = Verdict
        fields = ("at", "word", "warning", "sentence", "evidence")


class Gates(generics.ListAPIView[Gate]):
    """The gates of one rollout by the plan in force, stage by stage."""

    serializer_class = GateOut
    queryset = Gate.objects.none()

    def get_queryset(self) -> Any:
        rows = accessible(self.request).filter(gone_at__isnull=True, rollout__slug=self.kwargs["slug"])
        return rows.order_by("stage__number", "order", "pk")


class OneGate(generics.RetrieveAPIView[Gate]):
    """One gate with its newest verdict."""

    serializer_class = GateOut
    queryset = Gate.objects.none()

    def get_queryset(self) -> Any:
        return accessible(self.request)


class Verdicts(generics.ListAPIView[Verdict]):
    """The verdicts on a gate, newest first."""

    serializer_class = VerdictOut
    queryset = Verdict.objects.none()

    def get_queryset(self) -> Any:
        gate = get_object_or_404(accessible(self.request), pk=self.kwargs["pk"])
        return queries.history(gate)


class WeighedOut(serializers.Serializer[Any]):
    """The evidence after one window, as a share of what fails; null where the window counted nothing."""

    at = serializers.DateTimeField()
    share = serializers.FloatField(allow_null=True)


class RecomputedOut(serializers.Serializer[Any]):
    """The stored verdict, and what its evidence gives now; `overruled`: what the judge alone would say.

    `evidence`: how it grew window by window, for gates that weigh evidence.
    """

    verdict = serializers.CharField()
    sentence = serializers.CharField()
    computed_verdict = serializers.CharField()
    computed_sentence = serializers.CharField()
    overruled = serializers.CharField(allow_blank=True)
    same = serializers.BooleanField()
    windows = serializers.IntegerField()
    evidence = WeighedOut(many=True)


class Recompute(APIView):
    """Computes the newest verdict again, from the windows or facts that are stored with it."""

    @extend_schema(responses=RecomputedOut)
    def get(self, request: Request, pk: int) -> Response:
        gate = get_object_or_404(accessible(request), pk=pk)
        found = queries.recomputed(gate)
        if found is None:
            raise Problem(
                code="no_windows",
                detail="The verdict rests on no stored windows or facts.",
                remedy="Ask for a metric or contract gate that has been judged.",
                status=409,
            )
        return Response(
            {
                "verdict": gate.verdict,
                "sentence": gate.sentence,
                "computed_verdict": found.word.value,
                "computed_sentence": found.sentence,
                "overruled": found.overruled,
                "same": (gate.verdict, gate.sentence) == (found.word, found.sentence),
                "windows": found.windows,
                "evidence": WeighedOut(queries.evidence_over_time(gate), many=True).data,
            }
        )


class TickIn(serializers.Serializer[Any]):
    """An item of a checklist, by its name in the plan."""

    item = serializers.CharField(max_length=300)
    done = serializers.BooleanField(default=True)


class Ticks(APIView):
    """Says that an item of a checklist gate is done, or with `done: false` that it is not."""

    @extend_schema(request=TickIn, responses=GateOut)
    def post(self, request: Request, pk: int) -> Response:
        get_object_or_404(accessible(request), pk=pk, gone_at__isnull=True)
        given = TickIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            gate = services.tick(
                gate_id=pk, actor=caller(request).actor, face=Face.API, **given.validated_data
            )
        except services.NotTickable as refused:
            status = 403 if refused.code == "forbidden" else 409
            raise Problem(
                code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=status
            ) from None
        return Response(GateOut(gate).data)
