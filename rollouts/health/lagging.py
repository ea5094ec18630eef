"""How far sources are behind."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from rollouts.health.models import Source


@dataclass(frozen=True)
class Lag:
    """How far a source is behind, in seconds since its last closed window, and how many targets fail.

    A source that is one server counts as one target.
    """

    behind_s: float
    failing: int


def lags(now: datetime) -> dict[str, Lag]:
    """The lag of each enabled source that has closed a window."""
    failing = Count("targets", filter=~Q(targets__last_error=""))
    rows = Source.objects.filter(enabled=True, collected_through_at__isnull=False).annotate(failing=failing)
    found = rows.order_by("slug", "pk").values_list(
        "slug", "collected_through_at", "failing", "url", "last_error"
    )
    return {
        slug: Lag((now - through).total_seconds(), int(bool(error)) if url else many)
        for slug, through, many, url, error in found
        if through
    }
