"""Runs and policies over the API: the same doors as the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.services import KeyReused
from rollouts.audit.values import EventView, Face
from rollouts.escalations import queries, services
from rollouts.escalations.models import EscalationPolicy, Run
from rollouts.escalations.services import Invalid, Refused
from rollouts.escalations.values import RunState
from rollouts.lib import idempotency
from rollouts.lib.idempotency import KEY
from rollouts.lib.problems import Problem


class EscalationOut(serializers.ModelSerializer[Run]):
    """A run: `level` 0 means that nobody was asked yet; `cycle` counts from 0."""

    rollout = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Run
        fields = (
            "id", "name", "rollout", "cause", "stage", "stage_name", "what", "policy", "state", "level",
            "cycle", "due_at", "started_at", "acknowledged_name", "acknowledged_at", "note", "ended_at",
            "ended_why",
        )  # fmt: skip


class EscalationStepOut(serializers.Serializer[Any]):
    cycle = serializers.IntegerField()
    level = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    reached = serializers.JSONField()


class EscalationWhole(EscalationOut):
    steps = EscalationStepOut(many=True, read_only=True)

    class Meta(EscalationOut.Meta):
        fields = (*EscalationOut.Meta.fields, "steps")  # type: ignore[assignment]


class AcknowledgeIn(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class EscalationNextIn(AcknowledgeIn):
    level = serializers.IntegerField(min_value=0, help_text="The level that is being asked, as you saw it.")


class EscalationPolicyIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    team = serializers.SlugField()
    repeat = serializers.IntegerField(required=False, default=0)
    levels = serializers.JSONField(
        help_text='In order: [{"wait_s": 300, "targets": [{"kind": "on_call", "name": "orders"}]}]'
    )
    services = serializers.ListField(child=serializers.SlugField(), required=False, default=list)


class EscalationPolicyOut(EscalationPolicyIn):
    slug = serializers.SlugField()


def _caller(request: Request) -> Person:
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


def _visible(request: Request, pk: int) -> Run:
    try:
        return queries.run_for(pk, _caller(request))
    except Run.DoesNotExist:
        raise Http404 from None


def _door(verb: Callable[[], Any]) -> Any:
    try:
        return verb()
    except Refused as refused:
        status = 403 if refused.code in {"forbidden", "no_person"} else 409
        raise Problem(
            code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=status
        ) from None
    except Invalid as invalid:
        raise Problem(
            code="invalid",
            detail=" ".join(invalid.problems),
            remedy="Mend what is named and send it again.",
            status=422,
            extra={"problems": invalid.problems},
        ) from None
    except KeyReused as reused:
        raise idempotency.reused(reused) from None


class RunFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, one or more, and by rollout."""

    state = filters.MultipleChoiceFilter(choices=RunState.choices())
    rollout = filters.CharFilter(field_name="rollout__slug")

    class Meta:
        model = Run
        fields: list[str] = []


class Runs(generics.ListAPIView[Run]):
    serializer_class = EscalationOut

    filterset_class = RunFilter
    queryset = Run.objects.none()  # what the schema reads

    def get_queryset(self) -> Any:
        if not isinstance(self.request.user, Person):  # the schema's generator is nobody
            return Run.objects.none()
        rows = Run.objects.accessible_to(_caller(self.request)).select_related("rollout")
        return rows.order_by("-started_at", "-pk")

    @extend_schema(operation_id="escalations_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Escalations of rollouts that you may see, newest first."""
        return super().get(request, *args, **kwargs)


class OneRun(APIView):
    @extend_schema(operation_id="escalation_read", responses=EscalationWhole)
    def get(self, request: Request, pk: int) -> Response:
        """One escalation, with the levels that it asked."""
        return Response(EscalationWhole(_visible(request, pk)).data)


class Acknowledge(APIView):
    @extend_schema(
        operation_id="escalation_acknowledge",
        request=AcknowledgeIn,
        responses=EscalationWhole,
        parameters=[KEY],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Takes the escalation: nobody else is asked."""
        given = AcknowledgeIn(data=request.data)
        given.is_valid(raise_exception=True)
        note, person = given.validated_data["note"], _caller(request)
        _visible(request, pk)

        def verb() -> EventView:
            key = idempotency.text_of(request)
            return services.acknowledge(run=pk, actor=person.actor, face=Face.API, note=note, key=key)

        _door(verb)
        return Response(EscalationWhole(_visible(request, pk)).data)


class CallNext(APIView):
    @extend_schema(
        operation_id="escalation_next", request=EscalationNextIn, responses=EscalationWhole, parameters=[KEY]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Asks the level after `level` now."""
        given = EscalationNextIn(data=request.data)
        given.is_valid(raise_exception=True)
        data, person = given.validated_data, _caller(request)
        _visible(request, pk)

        def verb() -> EventView:
            key = idempotency.text_of(request)
            return services.call_next(run=pk, actor=person.actor, face=Face.API, key=key, **data)

        _door(verb)
        return Response(EscalationWhole(_visible(request, pk)).data)


def _policy(row: EscalationPolicy) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "team": row.team.slug,
        "repeat": row.repeat,
        "levels": row.levels,
        "services": sorted(service.slug for service in row.services.all()),
    }


def _save(request: Request, slug: str = "") -> EscalationPolicy:
    given = EscalationPolicyIn(data=request.data)
    given.is_valid(raise_exception=True)
    data, actor = given.validated_data, _caller(request).actor
    saved: EscalationPolicy = _door(
        lambda: services.save_policy(slug=slug, actor=actor, face=Face.API, **data)
    )
    return saved


class Policies(APIView):
    @extend_schema(operation_id="escalation_policies_list", responses=EscalationPolicyOut(many=True))
    def get(self, request: Request) -> Response:
        """All escalation policies."""
        return Response([_policy(row) for row in queries.policies()])

    @extend_schema(
        operation_id="escalation_policy_make",
        request=EscalationPolicyIn,
        responses={201: EscalationPolicyOut},
    )
    def post(self, request: Request) -> Response:
        """Writes a new policy; its slug is made from the name."""
        return Response(_policy(_save(request)), status=201)


class OnePolicy(APIView):
    @extend_schema(operation_id="escalation_policy_read", responses=EscalationPolicyOut)
    def get(self, request: Request, slug: str) -> Response:
        """One escalation policy."""
        return Response(_policy(get_object_or_404(EscalationPolicy, slug=slug)))

    @extend_schema(
        operation_id="escalation_policy_save", request=EscalationPolicyIn, responses=EscalationPolicyOut
    )
    def put(self, request: Request, slug: str) -> Response:
        """Makes or edits the policy with this slug; runs under way keep theirs."""
        return Response(_policy(_save(request, slug)))

    @extend_schema(operation_id="escalation_policy_delete", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Removes the policy; runs under way keep theirs."""
        get_object_or_404(EscalationPolicy, slug=slug)
        actor = _caller(request).actor
        _door(lambda: services.delete_policy(slug=slug, actor=actor, face=Face.API))
        return Response(status=204)
