"""Which versions of services run, by what counts their requests; one query."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max

from rollouts.health.models import Series
from rollouts.health.values import Perspective, Signal

BESIDE = timedelta(hours=1)
"""A version that was counted so long before the newest is live beside it."""


@dataclass(frozen=True)
class Live:
    """The versions of one service. `live`: those that were counted last; `known`: all that ever were."""

    known: frozenset[str] = field(default=frozenset())
    live: frozenset[str] = field(default=frozenset())


def live_versions(services: Collection[str]) -> dict[str, dict[str, Live]]:
    """By service and environment; of those that nobody counts nothing is known."""
    rows = Series.objects.filter(
        service__slug__in=services,
        signal=Signal.ERRORS,
        perspective=Perspective.SERVER,
        name="",
        last_seen_at__isnull=False,
    ).exclude(version="")
    seen: dict[tuple[str, str], dict[str, datetime]] = {}
    newest = rows.values("service__slug", "environment__slug", "version").annotate(at=Max("last_seen_at"))
    for row in newest.order_by("service__slug", "environment__slug", "version"):
        here = seen.setdefault((row["service__slug"], row["environment__slug"]), {})
        here[row["version"]] = row["at"]
    found: dict[str, dict[str, Live]] = {}
    for (service, environment), versions in seen.items():
        last = max(versions.values())
        live = frozenset(version for version, at in versions.items() if at >= last - BESIDE)
        found.setdefault(service, {})[environment] = Live(frozenset(versions), live)
    return found
