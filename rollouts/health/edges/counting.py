"""Due work of the ticker: windows that have closed are counted into calls a day of each edge, once."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Max, Min, Q, Sum

from rollouts.health.edges.models import EdgeClock, EdgeDay
from rollouts.health.edges.storing import Key, Sighting, day_of, write
from rollouts.health.graph.composing import clocks
from rollouts.health.models import Window
from rollouts.health.values import CONTRACT, Perspective, Signal
from rollouts.lib.clock import database_now

EVERY = timedelta(minutes=5)
"""Windows are counted so often."""
BEFORE = timedelta(days=1)
"""Windows of the time before the first count that are counted with it."""
KEPT = timedelta(days=90)
"""Days of calls that are kept; when an edge was first and last seen is kept for good."""
COUNTED = Q(series__name="", series__perspective__in=[Perspective.CALLERS, Perspective.BETWEEN]) | Q(
    series__name__startswith=CONTRACT
)


def due(now: datetime, limit: int) -> list[int]:
    """Environments of which windows have closed that are not counted yet; two queries."""
    counted = dict(EdgeClock.objects.order_by("pk").values_list("environment_id", "through_at"))
    found = [
        environment
        for environment, clock in clocks().items()
        if clock.through is not None
        and (environment not in counted or clock.through >= counted[environment] + EVERY)
    ]
    return sorted(found)[:limit]


def count(environment_id: int) -> None:
    """Counts what has closed since the last count, a day at most; once, whoever asks meanwhile."""
    with transaction.atomic():
        through = clocks().get(environment_id)
        if through is None or through.through is None:
            return
        EdgeClock.objects.bulk_create(
            [EdgeClock(environment_id=environment_id, through_at=through.through - BEFORE)],
            ignore_conflicts=True,
        )
        row = EdgeClock.objects.select_for_update().get(environment=environment_id)
        until = min(through.through, _midnight_after(row.through_at))
        if until <= row.through_at:
            return
        write(environment_id, sightings(environment_id, row.through_at, until), add=True)
        if day_of(until) != day_of(row.through_at):
            _forget(environment_id)
        row.through_at = until
        row.save(update_fields=["through_at"])


def _midnight_after(at: datetime) -> datetime:
    return datetime.combine(day_of(at) + timedelta(days=1), time(), UTC)


def _forget(environment_id: int) -> None:
    oldest = day_of(database_now() - KEPT)
    EdgeDay.objects.filter(edge__environment=environment_id, day__lt=oldest).delete()


def sightings(environment_id: int, since: datetime, until: datetime) -> dict[str, Collection[Sighting]]:
    """Calls by who counted them, in windows of one day; one query.

    Calls that spoke a version of a contract, as the service that provides it counted, have no caller.
    """
    rows = (
        Window.objects.filter(
            COUNTED,
            series__environment=environment_id,
            series__signal=Signal.ERRORS,
            series__last_seen_at__gt=since,
            start_at__gte=since,
            start_at__lt=until,
            gap=False,
            total__gt=0,
        )
        .values(
            "series__perspective",
            "series__caller",
            "series__service__slug",
            "series__name",
            "series__version",
        )
        .annotate(many=Sum("total"), first=Min("start_at"), last=Max("start_at"))
        .order_by("series__perspective", "series__caller", "series__service__slug", "series__name")
    )
    found: dict[str, dict[Key, Sighting]] = {}
    for row in rows:
        contract = row["series__name"].removeprefix(CONTRACT)
        version = row["series__version"] if contract else ""
        key = (row["series__caller"], row["series__service__slug"], contract, version)
        here = found.setdefault(row["series__perspective"], {})
        one = Sighting(key, day_of(since), row["many"], row["first"], row["last"])
        here[key] = _both(here[key], one) if key in here else one
    return {origin: list(here.values()) for origin, here in found.items()}


def _both(one: Sighting, other: Sighting) -> Sighting:
    return Sighting(
        one.key,
        one.day,
        one.calls + other.calls,
        min(one.first_at, other.first_at),
        max(one.last_at, other.last_at),
    )
