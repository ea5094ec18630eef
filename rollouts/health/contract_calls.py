"""Calls of a service by contract version over time: hours and windows added up in the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from rollouts.health.models import Rolled, Series
from rollouts.health.values import CONTRACT, Perspective, Signal


@dataclass(frozen=True)
class Spoken:
    """One contract: how many calls spoke each version of it, by the step in which they came."""

    contract: str
    versions: Mapping[str, Mapping[datetime, int]] = field(default_factory=dict)


COUNTED = """
SELECT s.name, s.version, date_bin(make_interval(secs => %(step)s), counted.start_at, 'epoch'), sum(many)
FROM (
    SELECT series_id, start_at, total AS many FROM health_window
    WHERE series_id = ANY(%(series)s) AND start_at >= %(rolled)s AND start_at < %(until)s AND NOT gap
    UNION ALL
    SELECT series_id, start_at, total FROM health_hour
    WHERE series_id = ANY(%(series)s) AND start_at >= %(since)s AND start_at < %(rolled)s
) counted JOIN health_series s ON s.id = counted.series_id
GROUP BY 1, 2, 3
HAVING sum(many) > 0
ORDER BY 1, 2, 3
"""


def spoken(
    service_id: int, environment_id: int, *, since: datetime, until: datetime, step_s: int
) -> list[Spoken]:
    """The contracts of which calls were counted from `since` to `until`, by name; three queries at most.

    Steps are whole hours. As the service counted: callers seldom know which version they speak.
    """
    rows = _series(service_id).filter(environment=environment_id, name__startswith=CONTRACT)
    found = _counted(rows, since=since, until=until, step_s=step_s)
    return [Spoken(contract, versions) for contract, versions in found.items()]


def by_version(
    service_id: int, contract: str, since: datetime, until: datetime, step: timedelta
) -> Mapping[str, Mapping[datetime, int]]:
    """Calls of one contract in all environments, by version and step; three queries at most."""
    rows = _series(service_id).filter(name=f"{CONTRACT}{contract}")
    found = _counted(rows, since=since, until=until, step_s=int(step.total_seconds()))
    return found.get(contract, {})


def _series(service_id: int) -> QuerySet[Series]:
    """Calls as the service itself counted them."""
    return Series.objects.filter(
        service=service_id, signal=Signal.ERRORS, perspective=Perspective.SERVER
    ).order_by("pk")


def _counted(
    rows: QuerySet[Series], *, since: datetime, until: datetime, step_s: int
) -> dict[str, dict[str, dict[datetime, int]]]:
    """By contract, version and step."""
    series = dict(rows.values_list("pk", "source_id"))
    if not series:
        return {}
    through = list(
        Rolled.objects.filter(source__in=set(series.values())).values_list("through_at", flat=True)
    )
    behind = len(through) < len(set(series.values()))
    rolled = since if behind else min(max(min(through), since), until)
    values: dict[str, Any] = {
        "series": [*series],
        "since": since,
        "until": until,
        "rolled": rolled,
        "step": step_s,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, values)
        counted = cursor.fetchall()
    found: dict[str, dict[str, dict[datetime, int]]] = {}
    for name, version, at, many in counted:
        found.setdefault(name.removeprefix(CONTRACT), {}).setdefault(version, {})[at] = int(many)
    return found
