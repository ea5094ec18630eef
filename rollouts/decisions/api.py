"""Rollouts, decisions and their log over the API: the same door as the page."""

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit import queries as audit
from rollouts.audit.services import KeyReused
from rollouts.audit.values import Face
from rollouts.decisions import services
from rollouts.decisions.machine.decide import weigh
from rollouts.decisions.machine.evidence import evidence, to_content
from rollouts.decisions.machine.permits import RIGHTS
from rollouts.decisions.machine.values import Action, Command, Refused, Right
from rollouts.decisions.seen import Unknown, keep, recall
from rollouts.gates.queries import doubts
from rollouts.lib import idempotency
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.plans.models import Rollout, Stage
from rollouts.plans.values import RolloutState

PEOPLES = [
    action for action in Action if RIGHTS[action] != frozenset({Right.SYSTEM}) and action is not Action.SAVE
]
STATUS = {"forbidden": 403, "no_override": 403, "conflict": 403}


class RolloutFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, owning team, environment or a service in it."""

    state = filters.MultipleChoiceFilter(choices=RolloutState.choices())
    team = filters.CharFilter(field_name="team__slug")
    environment = filters.CharFilter(field_name="environment__slug")
    service = filters.CharFilter(field_name="changes__service__slug", distinct=True)

    class Meta:
        model = Rollout
        fields: list[str] = []


class StageOut(serializers.ModelSerializer[Stage]):
    class Meta:
        model = Stage
        fields = (
            "number", "name", "title", "state", "exposure", "advance", "on_halt", "planned_start_at",
            "planned_end_at", "entered_at", "bake_started_at", "baked_windows", "needed_windows", "ready_at",
            "ended_at", "overdue_at",
        )  # fmt: skip


class RolloutOut(serializers.ModelSerializer[Rollout]):
    """One rollout as it stands."""

    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    owner = serializers.EmailField(source="owner.email", read_only=True, allow_null=True, default=None)
    revision = serializers.IntegerField(
        source="in_force.number", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Rollout
        fields = (
            "slug", "title", "state", "held_for", "team", "environment", "owner", "revision", "stage",
            "granted_stage", "granted", "visibility", "created_at", "started_at", "ended_at",
            "state_since_at", "version",
        )  # fmt: skip


class Possible(serializers.Serializer[Any]):
    """What one action would do for the caller now, or why it is refused."""

    action = serializers.CharField()
    possible = serializers.BooleanField()
    sentence = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class RolloutDetail(RolloutOut):
    """A rollout with its stages, what the caller may do, and the evidence to send back with a decision."""

    stages = serializers.SerializerMethodField()
    seen = serializers.SerializerMethodField()
    possible = serializers.SerializerMethodField()

    class Meta(RolloutOut.Meta):
        fields = (*RolloutOut.Meta.fields, "stages", "seen", "possible")  # type: ignore[assignment]

    @extend_schema_field(StageOut(many=True))
    def get_stages(self, rollout: Rollout) -> Any:
        return StageOut(rollout.stages.order_by("number"), many=True).data

    def get_seen(self, rollout: Rollout) -> str:
        return keep(rollout, to_content(evidence(self.context["seen"])))

    @extend_schema(responses=Possible(many=True))
    def get_possible(self, rollout: Rollout) -> list[dict[str, Any]]:
        found = []
        for action in PEOPLES:
            answer = weigh(self.context["seen"], Command(action, reason="…"))
            refused = isinstance(answer, Refused)
            found.append(
                {
                    "action": action.value,
                    "possible": not refused,
                    "sentence": answer.sentence,
                    "remedy": answer.remedy if isinstance(answer, Refused) else "",
                }
            )
        return found


def caller(request: Request) -> Person:
    """The person who asks."""
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def accessible(request: Request) -> Any:
    """The rollouts that the caller may see."""
    return Rollout.objects.accessible_to(caller(request))


class Rollouts(generics.ListAPIView[Rollout]):
    """All rollouts that you may see, newest first."""

    serializer_class = RolloutOut
    filterset_class = RolloutFilter
    queryset = Rollout.objects.none()

    def get_queryset(self) -> Any:
        rows = accessible(self.request).select_related("team", "environment", "owner", "in_force")
        return rows.order_by("-created_at", "-pk")


class OneRollout(APIView):
    """One rollout, its stages, and what you may do."""

    @extend_schema(responses=RolloutDetail, operation_id="rollouts_retrieve_one")
    def get(self, request: Request, slug: str) -> Response:
        get_object_or_404(accessible(request), slug=slug)
        row, seen = services.look(rollout=slug, person=caller(request).actor)
        return Response(RolloutDetail(row, context={"seen": seen}).data)


class DecisionIn(serializers.Serializer[Any]):
    """A decision. `stage` is the stage entered, for votes and promotions."""

    action = serializers.ChoiceField(choices=[(a.value, a.label) for a in PEOPLES])
    stage = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    revision = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    override = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list
    )
    seen = serializers.CharField(
        required=False, allow_null=True, help_text="The evidence id that a rollout's answer gave as `seen`."
    )
    unmeasured = serializers.BooleanField(required=False, default=False)
    remaining = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    on_behalf_of = serializers.IntegerField(required=False, allow_null=True)


class EventOut(serializers.Serializer[Any]):
    """One event of the log."""

    id = serializers.IntegerField()
    stream = serializers.CharField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(source="actor.name")
    face = serializers.CharField()
    erased = serializers.BooleanField()
    content = serializers.DictField()


class DecisionOut(serializers.Serializer[Any]):
    """What was decided, and where the rollout stands."""

    event = EventOut()
    state = serializers.CharField()
    stage = serializers.IntegerField(allow_null=True)
    repeated = serializers.BooleanField(help_text="The same Idempotency-Key had decided this before.")
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="After `propose`: why the plan's metric gates should not be trusted yet.",
    )


def command_of(rollout: Rollout, data: dict[str, Any]) -> tuple[Command, dict[str, Any] | None]:
    """The machine's command for a validated request, with the evidence it names."""
    kept = None
    if data.get("seen"):
        try:
            kept = recall(rollout, data["seen"])
        except Unknown as unknown:
            raise Problem(
                code="changed",
                detail=str(unknown),
                remedy="Read the rollout again and decide on what it says now.",
            ) from None
    on_behalf_of = data.get("on_behalf_of")
    command = Command(
        action=Action(data["action"]),
        stage=data.get("stage"),
        revision=data.get("revision"),
        reason=data.get("reason", ""),
        override=tuple(data.get("override", ())),
        seen=kept.evidence if kept else None,
        unmeasured=data.get("unmeasured", False),
        remaining=data.get("remaining", ""),
        on_behalf_of=str(on_behalf_of) if on_behalf_of else None,
    )
    return command, kept.shown if kept else None


class Decisions(APIView):
    """Decides: promote, hold, halt, roll back and the others. Send an Idempotency-Key to be safe to retry."""

    @extend_schema(
        request=DecisionIn,
        responses={200: DecisionOut, 201: DecisionOut},
        parameters=[idempotency.KEY],
    )
    def post(self, request: Request, slug: str) -> Response:
        rollout = get_object_or_404(accessible(request), slug=slug)
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        command, shown = command_of(rollout, given.validated_data)
        try:
            decided = services.decide(
                rollout=slug,
                command=command,
                actor=caller(request).actor,
                face=Face.API,
                key=idempotency.text_of(request),
                shown=shown,
            )
        except Refused as refused:
            raise Problem(
                code=refused.code,
                detail=refused.sentence,
                remedy=refused.remedy,
                status=STATUS.get(refused.code, 409),
            ) from None
        except KeyReused as reused:
            raise idempotency.reused(reused) from None
        code = status.HTTP_200_OK if decided.repeated else status.HTTP_201_CREATED
        return Response(
            DecisionOut(
                {
                    "event": decided.event,
                    "state": decided.rollout.state,
                    "stage": decided.rollout.stage,
                    "repeated": decided.repeated,
                    "warnings": _doubts(decided.rollout, command),
                }
            ).data,
            status=code,
        )


def _doubts(rollout: Rollout, command: Command) -> list[str]:
    if command.action is not Action.PROPOSE:
        return []
    rows = rollout.revisions.order_by("-number")
    proposed = rows.filter(number=command.revision).first() if command.revision else rows.first()
    return doubts(proposed, database_now()) if proposed else []


class Events(APIView):
    """The rollout's log, oldest first; `after` is the last number you have."""

    @extend_schema(
        responses=EventOut(many=True),
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="Only events with a larger number."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="At most 200."),
        ],
        operation_id="rollouts_events",
    )
    def get(self, request: Request, slug: str) -> Response:
        rollout = get_object_or_404(accessible(request), slug=slug)
        after, limit = _number(request, "after", 0), min(_number(request, "limit", 50), 200)
        rows = audit.events(rollout.stream, after=after, limit=limit, newest_first=False)
        return Response(EventOut(rows, many=True).data)


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, str(default))
    if not given.isdecimal():
        raise serializers.ValidationError({name: "This is a whole number."})
    return int(given)
