"""The hours before a rollout over the API, as they were recorded."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from rollouts.accounts.models import Person
from rollouts.gates.baselines.models import Baseline
from rollouts.plans.models import Rollout


class CountOut(serializers.Serializer[Any]):
    """One step; `value` is that of a gauge, or requests a second."""

    start = serializers.IntegerField(help_text="Seconds since 1970.")
    bad = serializers.FloatField()
    total = serializers.FloatField()
    value = serializers.FloatField(allow_null=True)


class BaselineOut(serializers.ModelSerializer[Baseline]):
    """A whole day of one signal, all versions together, `days` before the rollout began."""

    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Baseline
        fields = (
            "service", "environment", "signal", "series", "slower_than_s", "days", "begins_at", "ends_at",
            "step_s", "source", "query", "error", "recorded_at", "counts",
        )  # fmt: skip

    @extend_schema_field(CountOut(many=True))
    def get_counts(self, row: Baseline) -> list[dict[str, Any]]:
        return [dict(zip(("start", "bad", "total", "value"), each, strict=True)) for each in row.counts]


class Baselines(generics.ListAPIView[Baseline]):
    """What was recorded before a rollout began: the day before, and the same day of the week before."""

    serializer_class = BaselineOut
    queryset = Baseline.objects.none()

    def get_queryset(self) -> Any:
        person = self.request.user
        assert isinstance(person, Person)  # noqa: S101 - the default permission lets only people in
        rollout = get_object_or_404(Rollout.objects.accessible_to(person), slug=self.kwargs["slug"])
        rows = Baseline.objects.filter(rollout=rollout).select_related("service", "environment")
        return rows.order_by("service__slug", "signal", "back", "pk")
