"""Plans over the API: read and saved as YAML or JSON, checked, compared, and in waves."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import renderers, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.lib.documents.source import JSON, MEDIA_TYPES, YAML
from rollouts.lib.problems import Problem
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries, services
from rollouts.plans.document import published
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.sequencing.asking import waves_of

FORBIDDEN = frozenset({"forbidden", "no_override", "conflict"})
REVISION = OpenApiParameter(
    "revision", OpenApiTypes.INT, description="Number of a revision. Default: the newest."
)
PLAN_BODY = {"application/yaml": OpenApiTypes.STR, "application/json": OpenApiTypes.OBJECT}


class SourceParser(BaseParser):
    """Hands the bytes on: a plan is kept as it was written."""

    media_type = YAML

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return stream.read()


class JsonSource(SourceParser):
    media_type = JSON


class PlainSource(SourceParser):
    media_type = "text/*"


class OtherYaml(SourceParser):
    media_type = "application/x-yaml"


PARSERS = [SourceParser, JsonSource, PlainSource, OtherYaml]


class YamlRenderer(renderers.BaseRenderer):
    """Text that is YAML already; problems and other values go out as JSON, which YAML contains."""

    media_type = YAML
    format = "yaml"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if isinstance(data, str):
            return data.encode()
        return renderers.JSONRenderer().render(data)


class ProblemOut(serializers.Serializer[Any]):
    """What is wrong at one place of the document, and what to write instead."""

    path = serializers.CharField(help_text="JSON pointer; empty for the whole document.")
    line = serializers.IntegerField()
    column = serializers.IntegerField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning"])


class CheckedOut(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    digest = serializers.CharField(allow_null=True)
    problems = ProblemOut(many=True)


class RevisionOut(serializers.ModelSerializer[Revision]):
    """One numbered document of a plan."""

    author = serializers.CharField(source="author.name", allow_null=True, default=None)

    class Meta:
        model = Revision
        fields = (
            "number", "state", "digest", "author", "media_type", "created_at", "proposed_at", "settled_at",
        )  # fmt: skip


class SavedOut(RevisionOut):
    """The saved revision, with what is worth reading before it is proposed."""

    problems = serializers.SerializerMethodField()

    class Meta(RevisionOut.Meta):
        fields = (*RevisionOut.Meta.fields, "problems")  # type: ignore[assignment]

    @extend_schema(responses=ProblemOut(many=True))
    def get_problems(self, _revision: Revision) -> list[dict[str, Any]]:
        return [problem.as_json() for problem in self.context["problems"]]


class DifferenceOut(serializers.Serializer[Any]):
    where = serializers.CharField()
    was = serializers.CharField()
    now = serializers.CharField()
    means = serializers.CharField()
    governs = serializers.BooleanField(help_text="False for words that decide nothing.")
    weight = serializers.ChoiceField(choices=["raises_risk", "lowers_risk", "neutral"])


class ComparedOut(serializers.Serializer[Any]):
    differences = DifferenceOut(many=True)
    text = serializers.CharField(help_text="A unified diff of the YAML.")


class WaveOut(serializers.Serializer[Any]):
    """Changes that may move at the same time."""

    number = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.CharField())
    reasons = serializers.ListField(child=serializers.CharField())
    cycles = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


def caller(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


def accessible(request: Request) -> QuerySet[Rollout]:
    """The rollouts that the caller may see."""
    return Rollout.objects.accessible_to(caller(request))


def rollout_asked(request: Request, slug: str) -> Rollout:
    return get_object_or_404(accessible(request), slug=slug)


def revision_asked(request: Request, rollout: Rollout, name: str = "revision") -> Revision:
    given = request.query_params.get(name)
    rows = rollout.revisions.select_related("author").order_by("-number")
    if given is None:
        found = rows.first()
        if found is None:
            raise Problem(code="no_plan", detail="The rollout has no plan.", remedy="PUT one.", status=404)
        return found
    if not given.isdecimal():
        raise serializers.ValidationError({name: "This is the number of a revision."})
    return get_object_or_404(rows, number=int(given))


def source_of(request: Request) -> bytes:
    body: Any = request.data
    return body if isinstance(body, bytes) else b""


def media_type_of_request(request: Request) -> str:
    given = (request.content_type or "").split(";")[0].strip().lower()
    return MEDIA_TYPES.get(given, YAML)


def refused(refusal: Refusal) -> Problem:
    extra: dict[str, Any] = {}
    status = 403 if refusal.code in FORBIDDEN else 409
    if isinstance(refusal, services.Unsound):
        status = 422
        extra = {"problems": [problem.as_json() for problem in refusal.checked.problems]}
    if isinstance(refusal, services.Outdated):
        status = 412
    return Problem(
        code=refusal.code, detail=refusal.sentence, remedy=refusal.remedy, status=status, extra=extra
    )


class PlanDocument(APIView):
    """The plan of a rollout, as a document."""

    parser_classes = PARSERS
    renderer_classes = [renderers.JSONRenderer, YamlRenderer]

    @extend_schema(
        operation_id="plan_read", parameters=[REVISION], responses={(200, t): b for t, b in PLAN_BODY.items()}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The newest revision, or the one asked for; YAML as it was written. ETag is the digest."""
        revision = revision_asked(request, rollout_asked(request, slug))
        is_yaml = request.accepted_renderer.format == "yaml"
        headers = {"ETag": f'"{revision.digest}"', "Gatehouse-Revision": str(revision.number)}
        return Response(queries.yaml_of(revision) if is_yaml else revision.document, headers=headers)

    @extend_schema(
        operation_id="plan_save",
        request=PLAN_BODY,
        responses={
            200: SavedOut,
            201: SavedOut,
            412: OpenApiResponse(description="Saved by another meanwhile."),
        },
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Digest that you began with.",
            )
        ],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Saves the next draft, and makes the rollout where there is none. 200: nothing is new."""
        person = caller(request)
        if Rollout.objects.filter(slug=slug).exists():
            rollout_asked(request, slug)
        base = request.headers.get("If-Match")
        try:
            saved = services.save_draft(
                source=source_of(request),
                media_type=media_type_of_request(request),
                rollout=slug,
                base=base.strip('"') if base else None,
                actor=person.actor,
                face=Face.API,
            )
        except Refusal as refusal:
            raise refused(refusal) from None
        out = SavedOut(saved.revision, context={"problems": saved.checked.problems})
        return Response(out.data, status=201 if saved.made else 200)


class PlanRevisions(APIView):
    """Every revision of a rollout's plan, newest first."""

    @extend_schema(operation_id="plan_revisions", responses=RevisionOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        return Response(RevisionOut(queries.revisions_of(rollout_asked(request, slug)), many=True).data)


class PlanDifferences(APIView):
    """What differs between two revisions, in words and as text."""

    @extend_schema(
        operation_id="plan_differences",
        responses=ComparedOut,
        parameters=[
            OpenApiParameter("old", OpenApiTypes.INT, required=True),
            OpenApiParameter("new", OpenApiTypes.INT, description="Default: the newest."),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        rollout = rollout_asked(request, slug)
        if "old" not in request.query_params:
            raise serializers.ValidationError({"old": "This is the number of a revision."})
        old, new = revision_asked(request, rollout, "old"), revision_asked(request, rollout, "new")
        found = [one.as_json() for one in queries.compare(old, new)]
        return Response(ComparedOut({"differences": found, "text": queries.compare_text(old, new)}).data)


class PlanWaves(APIView):
    """Which changes may move at the same time, first to last, with the reasons."""

    @extend_schema(operation_id="plan_waves", parameters=[REVISION], responses=WaveOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        revision = revision_asked(request, rollout_asked(request, slug))
        return Response(WaveOut(waves_of(queries.plan_of(revision)), many=True).data)


class PlanCheck(APIView):
    """Checks a document and saves nothing."""

    parser_classes = PARSERS

    @extend_schema(operation_id="plan_check", request=PLAN_BODY, responses=CheckedOut)
    def post(self, request: Request) -> Response:
        checked = services.validate(source=source_of(request), media_type=media_type_of_request(request))
        return Response(
            CheckedOut(
                {
                    "valid": checked.sound,
                    "digest": checked.digest,
                    "problems": [problem.as_json() for problem in checked.problems],
                }
            ).data
        )


def schema(_request: Any) -> HttpResponse:
    """The published JSON Schema of plan documents, for editors and pipelines; public like the manual."""
    response = HttpResponse(published.schema_bytes(), content_type="application/schema+json")
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    return response
