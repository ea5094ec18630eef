"""What the dashboard's own pages show, over the API: found things, and the series behind the charts."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.dashboard import search
from rollouts.dashboard.drawings import line
from rollouts.dashboard.parts import baseline, health
from rollouts.dashboard.standing import standing_of


class HitOut(serializers.Serializer[Any]):
    """One thing found."""

    title = serializers.CharField()
    href = serializers.CharField()
    kind = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    state = serializers.CharField(allow_blank=True)


class Search(APIView):
    """Rollouts, services, contracts, teams, reviews and lessons that hold the text."""

    @extend_schema(
        operation_id="search", parameters=[OpenApiParameter("q", str)], responses=HitOut(many=True)
    )
    def get(self, request: Request) -> Response:
        found = search.hits(request.user, request.query_params.get("q", ""))
        return Response(HitOut(found, many=True).data)


class PointOut(serializers.Serializer[Any]):
    """One window; `value` is null where nobody could say, or nothing was there."""

    at = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)


class MarkOut(serializers.Serializer[Any]):
    """A stage entered, a halt."""

    at = serializers.DateTimeField()
    word = serializers.CharField()


class BeforeOut(serializers.Serializer[Any]):
    """The same hours so many days before the rollout began; all versions together."""

    days = serializers.IntegerField()
    told_by = serializers.CharField(allow_blank=True, help_text="The source; empty where none told.")
    sentence = serializers.CharField()
    values = PointOut(many=True)


class SeriesOut(serializers.Serializer[Any]):
    """What one metric gate reads: new version and old, window by window, with its limit."""

    gate = serializers.CharField()
    title = serializers.CharField()
    signal = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    limit = serializers.FloatField(allow_null=True)
    new = PointOut(many=True)
    old = PointOut(many=True)
    before = BeforeOut(many=True)
    marks = MarkOut(many=True)
    starts_at = serializers.DateTimeField(help_text="Begin of the time that is shown.")
    ends_at = serializers.DateTimeField(help_text="Its end.")
    about = serializers.ChoiceField(
        ["now", "halt", "end"],
        help_text="What the time is around: now, or the halt or end of a rollout that stopped.",
    )
    figure = serializers.JSONField(help_text="The chart for Plotly: data and layout.")


class RolloutSeries(APIView):
    """The series of the metric gates of a rollout's current stage, as its page draws them."""

    @extend_schema(operation_id="rollout_series", responses=SeriesOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        # The standing is kept on the request of Django, whose user the API's own way of signing in names.
        request._request.user = request.user  # noqa: SLF001
        standing = standing_of(request._request, slug)  # noqa: SLF001
        marks = tuple(health.events(standing))
        readings = health.read(standing, health.measured_gates(standing))
        return Response(SeriesOut([told(each, marks) for each in readings], many=True).data)


def told(reading: health.Reading, marks: tuple[line.Mark, ...]) -> dict[str, Any]:
    """A reading as the API shows it."""
    drawn = health.series(reading, marks)
    return {
        "gate": reading.gate.name,
        "title": reading.gate.title,
        "signal": reading.signal.value,
        "unit": reading.unit,
        "limit": reading.limit,
        "new": [{"at": at, "value": value} for at, value in reading.canary],
        "old": [{"at": at, "value": value} for at, value in reading.baseline],
        "before": [baseline.told(row, reading.period, reading.unit, drawn) for row in reading.before],
        "marks": [{"at": mark.at, "word": mark.word} for mark in marks],
        "starts_at": reading.period.begins_at,
        "ends_at": reading.period.ends_at,
        "about": reading.period.about,
        "figure": line.figure(drawn),
    }
