"""Synthetic checks over the API: declared, read, run, ended; their secrets are written and never read."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.registry import What
from rollouts.health.models import Probe, ProbeRun
from rollouts.health.probes import queries, services
from rollouts.health.probes.values import Standing, Users
from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal


class ProbeOut(serializers.ModelSerializer[Probe]):
    """A synthetic check. `secrets` are the names of what is kept."""

    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    secrets = serializers.SerializerMethodField()

    class Meta:
        model = Probe
        fields = (
            "slug", "title", "service", "environment", "version", "version_header", "connect_to",
            "interval_s", "timeout_s", "in_a_row", "locations", "enabled", "steps", "secrets",
        )  # fmt: skip

    def get_secrets(self, probe: Probe) -> list[str]:
        try:
            return sorted(services.opened(probe))
        except secrets.Unreadable:
            return []


class RunOut(serializers.ModelSerializer[ProbeRun]):
    """One run: `said` is what failed; `steps` with their phases in seconds."""

    class Meta:
        model = ProbeRun
        fields = ("at", "location", "ok", "took_s", "trace_id", "said", "steps")


class ProbeDetail(ProbeOut):
    """With how it stands: the check alone, real users, and both together; and the last runs."""

    check = serializers.SerializerMethodField()
    users = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()
    runs = serializers.SerializerMethodField()

    class Meta(ProbeOut.Meta):
        fields = (*ProbeOut.Meta.fields, "check", "users", "standing", "runs")  # type: ignore[assignment]

    @extend_schema(responses=serializers.ChoiceField(choices=Standing.choices()))
    def get_check(self, probe: Probe) -> str:
        return str(self.context["stand"].check.value)

    def get_users(self, probe: Probe) -> str:
        found: Users = self.context["stand"].users
        return found.value

    def get_standing(self, probe: Probe) -> str:
        return str(self.context["stand"].both.value)

    @extend_schema(responses=RunOut(many=True))
    def get_runs(self, probe: Probe) -> Any:
        return RunOut(queries.last_runs(probe, self.context["now"]), many=True).data


class Probes(generics.ListAPIView[Probe]):
    """All synthetic checks."""

    serializer_class = ProbeOut
    queryset = Probe.objects.none()

    def get_queryset(self) -> Any:
        return queries.probes()


class ProbeIn(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    service = serializers.CharField()
    environment = serializers.CharField()
    version = serializers.CharField(required=False)
    version_header = serializers.CharField(required=False)
    connect_to = serializers.CharField(required=False)
    interval_s = serializers.IntegerField(required=False)
    timeout_s = serializers.FloatField(required=False)
    in_a_row = serializers.IntegerField(required=False)
    locations = serializers.ListField(child=serializers.CharField(), required=False)
    enabled = serializers.BooleanField(required=False)
    steps = serializers.ListField(child=serializers.DictField(), help_text="As in `catalog.yaml`.")


class SecretsIn(serializers.Serializer[Any]):
    secrets = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=4000),
        help_text="All of them by name; an empty value keeps the one before.",
    )

    def validate_secrets(self, given: dict[str, str]) -> dict[str, str]:
        """Names as variables have them."""
        if len(given) > services.MOST_SECRETS:
            raise serializers.ValidationError(f"At most {services.MOST_SECRETS} secrets.")
        for name in given:
            if not services.NAME.fullmatch(name):
                raise serializers.ValidationError(f"{name!r}: small letters, digits and underscores.")
        return given


def _caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def _out(slug: str) -> Any:
    now = database_now()
    row = get_object_or_404(queries.probes(), slug=slug)
    (stand,) = queries.stands([row], now)
    return ProbeDetail(row, context={"now": now, "stand": stand}).data


def _problem(refusal: Refusal) -> Problem:
    if isinstance(refusal, catalog.Unsound):
        extra = {"problems": [one.as_json() for one in refusal.problems]}
        return Problem(
            code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=422, extra=extra
        )
    status = {"switched_off": 409, "empty": 422}.get(refusal.code, 403)
    return Problem(code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status)


class OneProbe(APIView):
    @extend_schema(operation_id="probe_read", responses=ProbeDetail)
    def get(self, request: Request, slug: str) -> Response:
        """One check, how it stands, and its last runs."""
        return Response(_out(slug))

    @extend_schema(operation_id="probe_save", request=ProbeIn, responses={200: ProbeDetail, 201: ProbeDetail})
    def put(self, request: Request, slug: str) -> Response:
        """Declares a check as `catalog.yaml` does; secrets stay as they are."""
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send a JSON object.")
        try:
            outcome = catalog.save_entry(
                section="probes", entry={**request.data, "name": slug}, by=_caller(request), face=Face.API
            )
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(_out(slug), status=201 if outcome.what is What.ADDED else 200)

    @extend_schema(operation_id="probe_end", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Runs it no more; what was logged stays."""
        try:
            services.end(slug=slug, by=_caller(request), face=Face.API)
        except Probe.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(status=204)


class RunProbe(APIView):
    @extend_schema(operation_id="probe_run", request=None, responses={202: ProbeDetail})
    def post(self, request: Request, slug: str) -> Response:
        """Has it run at once, at all of its locations; the runs are read a moment later."""
        try:
            services.ask_run(slug=slug, by=_caller(request), face=Face.API)
        except Probe.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(_out(slug), status=202)


class ProbeSecrets(APIView):
    @extend_schema(operation_id="probe_secrets", request=SecretsIn, responses=ProbeDetail)
    def put(self, request: Request, slug: str) -> Response:
        """Sets the secrets that steps name as variables; one that is not named is forgotten."""
        given = SecretsIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            services.set_secrets(
                slug=slug, values=given.validated_data["secrets"], by=_caller(request), face=Face.API
            )
        except Probe.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise _problem(refusal) from None
        return Response(_out(slug))
