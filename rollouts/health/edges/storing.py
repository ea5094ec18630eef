"""Writes what was seen of edges: when first and last, and calls a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction

from rollouts.health.edges.confidence import DAYS
from rollouts.health.graph.models import ObservedEdge

Key = tuple[str, str, str, str]
"""Caller, callee, contract, version."""
ORIGIN = "pushed:"
"""How the name of an origin begins that pushes what it saw."""


@dataclass(frozen=True)
class Sighting:
    """Calls of an edge on one day; `first_at` and `last_at` lie within it."""

    key: Key
    day: date
    calls: int
    first_at: datetime
    last_at: datetime


# What an origin counts bit by bit is added to its day; what it pushes as a whole replaces the day.
COUNT = """
INSERT INTO health_edgeday (edge_id, day, origin, calls)
SELECT * FROM unnest(%(edges)s::bigint[], %(days)s::date[], %(origins)s::text[], %(calls)s::bigint[])
ON CONFLICT (edge_id, day, origin) DO UPDATE
SET calls = CASE WHEN %(add)s THEN health_edgeday.calls ELSE 0 END + EXCLUDED.calls
"""
# The seven days up to the one on which the edge was last seen, of the origin that saw most.
SUM = """
UPDATE health_observededge edge SET week_calls = counted.many
FROM (
    SELECT id, coalesce(max(many), 0) AS many FROM (
        SELECT e.id, sum(d.calls) AS many
        FROM health_observededge e LEFT JOIN health_edgeday d
          ON d.edge_id = e.id AND d.day > (e.last_seen_at AT TIME ZONE 'UTC')::date - %(days)s
        WHERE e.id = ANY(%(edges)s) GROUP BY e.id, d.origin
    ) by_origin GROUP BY id
) counted
WHERE edge.id = counted.id AND edge.week_calls <> counted.many
"""


@transaction.atomic
def write(environment_id: int, origins: dict[str, Collection[Sighting]], *, add: bool) -> int:
    """Stores sightings by origin and says how many edges they are about. Five statements.

    `add`: these calls come to those of the day; else they are all of the day, and the same again changes
    nothing.
    """
    every = [one for sightings in origins.values() for one in sightings]
    if not every:
        return 0
    edges = _edges(environment_id, every)
    rows = [(edges[one.key], one.day, origin, one.calls) for origin, each in origins.items() for one in each]
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = dict(zip(("edges", "days", "origins", "calls"), columns, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**values, "add": add})
        cursor.execute(SUM, {"edges": sorted(edges.values()), "days": DAYS})
    return len(edges)


def _edges(environment_id: int, sightings: Collection[Sighting]) -> dict[Key, int]:
    """The ids of the edges; new ones are made, and times of known ones are brought on."""
    first: dict[Key, datetime] = {}
    last: dict[Key, datetime] = {}
    for one in sightings:
        first[one.key] = min(first.get(one.key, one.first_at), one.first_at)
        last[one.key] = max(last.get(one.key, one.last_at), one.last_at)
    callees = {key[1] for key in first}
    rows = ObservedEdge.objects.filter(environment=environment_id, callee__in=callees)
    known = {row.key: row for row in rows.order_by("pk")}
    made = []
    for key in sorted(first):
        row = known.get(key)
        caller, callee, contract, version = key
        made.append(
            ObservedEdge(
                environment_id=environment_id,
                caller=caller,
                callee=callee,
                contract=contract,
                version=version,
                first_seen_at=min(first[key], row.first_seen_at) if row else first[key],
                last_seen_at=max(last[key], row.last_seen_at) if row else last[key],
            )
        )
    stored = ObservedEdge.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["environment", "caller", "callee", "contract", "version"],
        update_fields=["first_seen_at", "last_seen_at"],
        batch_size=2000,
    )
    return {row.key: row.pk for row in stored}


def day_of(at: datetime) -> date:
    """The day (UTC) of a moment."""
    return at.astimezone(UTC).date()
