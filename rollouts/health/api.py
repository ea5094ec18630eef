"""Metric sources over the API: what is asked, how it goes, and what is measured now."""

from typing import Any

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from rest_framework import generics, serializers

from rollouts.health.models import Source, Target


class TargetOut(serializers.ModelSerializer[Target]):
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Target
        fields = ("service", "url", "version", "last_success_at", "last_error", "last_error_at")


class SourceOut(serializers.ModelSerializer[Source]):
    """A source with its targets; `last_error` is empty while all of them answer."""

    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    team = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    targets = TargetOut(many=True, read_only=True)

    class Meta:
        model = Source
        fields = (
            "slug", "name", "kind", "environment", "team", "window_s", "timeout_s", "keep_days", "enabled",
            "collected_through_at", "last_success_at", "last_error", "last_error_at", "targets",
        )  # fmt: skip


class SourceFilter(filters.FilterSet):  # type: ignore[misc]
    """By environment, owning team, or a service that it asks about."""

    environment = filters.CharFilter(field_name="environment__slug")
    team = filters.CharFilter(field_name="team__slug")
    service = filters.CharFilter(field_name="targets__service__slug", distinct=True)

    class Meta:
        model = Source
        fields: list[str] = []


def _sources() -> Any:
    targets = Target.objects.select_related("service").order_by("service__slug", "pk")
    return (
        Source.objects.select_related("environment", "team")
        .prefetch_related(Prefetch("targets", targets))
        .order_by("slug", "pk")
    )


class Sources(generics.ListAPIView[Source]):
    """All metric sources."""

    serializer_class = SourceOut
    filterset_class = SourceFilter
    queryset = Source.objects.none()

    def get_queryset(self) -> Any:
        return _sources()


class OneSource(generics.RetrieveAPIView[Source]):
    """One metric source."""

    serializer_class = SourceOut
    lookup_field = "slug"
    queryset = Source.objects.none()

    def get_queryset(self) -> Any:
        return _sources()
