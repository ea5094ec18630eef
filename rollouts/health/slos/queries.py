"""What is read of SLOs: by pages, the API, and gates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from rollouts.health.models import Slo, SloCount
from rollouts.health.slos.telling import sentence
from rollouts.health.slos.values import HOUR_S, Count, burn, remaining

STALE_AFTER = timedelta(minutes=15)
"""A standing older than this is no data: the ticker counts once a minute."""


def slos(service_ids: Collection[int] | None = None) -> QuerySet[Slo]:
    """The SLOs that are promised, of these services only if they are given; by service and name."""
    rows = Slo.objects.kept().select_related("service", "service__team", "environment")
    if service_ids is not None:
        rows = rows.filter(service__in=service_ids)
    return rows.order_by("service__slug", "slug")


@dataclass(frozen=True)
class Standing:
    """How the budget of one SLO stands; `remaining` is None without data."""

    slo: Slo
    remaining: float | None
    firing: str
    sentence: str
    fresh: bool
    burns: tuple[dict[str, Any], ...] = ()

    @property
    def word(self) -> str:
        """pass, wait (burning as for a ticket, or less than a tenth left), fail, or none for no data."""
        if self.remaining is None or not self.fresh:
            return "none"
        if self.remaining < 0 or self.firing == "page":
            return "stop"
        return "wait" if self.firing or self.remaining < 0.1 else "pass"


def standing(slo: Slo, now: datetime) -> Standing:
    """How it stood when it was last counted."""
    kept = slo.standing
    if not kept:
        return Standing(slo, None, "", f"{slo.title} was not counted yet.", fresh=False)
    fresh = now - datetime.fromisoformat(kept["at"]) <= STALE_AFTER
    said = sentence(slo, kept) if fresh else f"{slo.title} was not counted for more than 15 minutes."
    return Standing(slo, kept["remaining"], kept["firing"], said, fresh, tuple(kept["burns"]))


@dataclass(frozen=True)
class Day:
    """What one day held: its counts, how fast it burned, and what was left of the period's budget then.

    Without requests nothing burned and nothing is known: `burn` is None.
    """

    day: datetime
    count: Count
    burn: float | None
    remaining: float | None


def days(slo: Slo, now: datetime) -> list[Day]:
    """The days (UTC) of the period since its first request, oldest first; one query."""
    since = (now - slo.period).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = SloCount.objects.filter(slo=slo, span_s=HOUR_S, start_at__gte=since).order_by("start_at")
    counts: dict[datetime, Count] = {}
    for start, bad, total in rows.values_list("start_at", "bad", "total"):
        day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        counts[day] = counts.get(day, Count()).plus(Count(bad, total))
    whole = Count(sum(one.bad for one in counts.values()), sum(one.total for one in counts.values()))
    found: list[Day] = []
    spent = 0.0
    first = min(counts, default=now)
    for index in range((now - first).days + 1 if counts else 0):
        day = first + timedelta(days=index)
        count = counts.get(day, Count())
        spent += count.bad
        # Against the whole period's traffic, so that the line ends at what is left now.
        left = remaining(Count(spent, whole.total), slo.target)
        found.append(Day(day, count, burn(count, slo.target), left))
    return found
