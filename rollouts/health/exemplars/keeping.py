"""Keeps the exemplars of a closed window, and of each series only the newest few."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import connection

from rollouts.health.exemplars.models import Exemplar as Row
from rollouts.health.exemplars.values import Exemplar
from rollouts.health.models import Series, Source
from rollouts.health.signals import Subject

KEPT = 100
"""Of one series: a rollout's stage is looked at from its beginning, and nobody reads more."""


def keep(source: Source, found: Mapping[Subject, tuple[Exemplar, ...]]) -> None:
    """Writes those of series that have windows; one that is known stays as it is. Three queries."""
    slugs = {subject.service for subject in found}
    known = {
        (slug, row.version, row.signal, row.perspective, row.caller): row.pk
        for row, slug in (
            (row, row.service.slug)
            for row in Series.objects.filter(source=source, service__slug__in=slugs, name="")
            .select_related("service")
            .order_by("pk")
        )
    }
    rows = [
        Row(series_id=series, trace_id=one.trace_id, value=one.value, at=datetime.fromtimestamp(one.at, UTC))
        for subject, some in found.items()
        if (series := known.get(_key(subject))) is not None
        for one in some
        if one.at is not None
    ]
    if not rows:
        return
    Row.objects.bulk_create(rows, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM health_exemplar WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
            "(PARTITION BY series_id ORDER BY at DESC, id DESC) AS place FROM health_exemplar "
            "WHERE series_id = ANY(%s)) AS placed WHERE place > %s)",
            [sorted({row.series_id for row in rows}), KEPT],
        )


def _key(subject: Subject) -> tuple[str, str, str, str, str]:
    return (
        subject.service,
        subject.version[:60],
        subject.signal.value,
        subject.perspective.value,
        subject.caller[:60],
    )
