"""Alerts of the graph over the API."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics, serializers

from rollouts.health.models import Alert


class AlertOut(serializers.ModelSerializer[Alert]):
    """One culprit with all that suffer from it; `closed_at` is null while it goes on."""

    environment = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    service = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    team = serializers.CharField(source="service.team.slug")
    victims = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Alert
        fields = (
            "id", "environment", "service", "team", "root", "kind", "victims", "priority", "points", "words",
            "first_seen_at", "last_seen_at", "opened_at", "closed_at",
        )  # fmt: skip


class AlertFilter(filters.FilterSet):  # type: ignore[misc]
    """By environment, team, or a service that causes it or suffers; open ones only, unless `closed`."""

    environment = filters.CharFilter(field_name="environment__slug")
    team = filters.CharFilter(field_name="service__team__slug")
    service = filters.CharFilter(method="about", label="A service that causes it or suffers from it.")
    closed = filters.BooleanFilter(method="over", label="Whether those that are over are told too.")

    class Meta:
        model = Alert
        fields: list[str] = []

    def about(self, rows: QuerySet[Alert], _name: str, value: str) -> QuerySet[Alert]:
        return rows.filter(Q(service__slug=value) | Q(victims__contains=[value]))

    def over(self, rows: QuerySet[Alert], _name: str, _value: bool) -> QuerySet[Alert]:
        return rows

    def filter_queryset(self, queryset: QuerySet[Alert]) -> Any:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("closed") else rows.filter(closed_at=None)


class Alerts(generics.ListAPIView[Alert]):
    """Alerts by business impact."""

    serializer_class = AlertOut
    filterset_class = AlertFilter
    queryset = (
        Alert.objects.filter(opened_at__isnull=False)
        .select_related("environment", "service__team")
        .order_by("priority", "-points", "opened_at", "pk")
    )
