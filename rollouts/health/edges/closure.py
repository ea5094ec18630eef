"""How far dependencies reach, declared and seen: three queries, however large the graph is.

All edges are read as two columns of numbers and walked here: measured at 10,000 services with 40,000 edges,
that is quicker than a recursive query (`python -m bench closure`), and its time does not depend on the depth.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import groupby

import psycopg
from django.db import connection

from rollouts.accounts.models import Team
from rollouts.catalog.models import Service
from rollouts.health.edges.confidence import DORMANT
from rollouts.health.edges.reach import Direction, reach, sides_of

# An edge may stand there twice: the walk does not mind, and to tell them apart takes time. What is seen
# counts as `confidence` has it, unless it is dormant or somebody said that it is none; in floats, since a
# power of numerics takes 8 µs, which would be most of the query.
EDGES = """
SELECT c.service_id AS caller, k.provider_id AS callee
FROM contracts_consumer c JOIN contracts_contract k ON k.id = c.contract_id
WHERE c.gone_at IS NULL AND k.gone_at IS NULL
UNION ALL SELECT service_id, on_id FROM contracts_dependency WHERE gone_at IS NULL
UNION ALL
SELECT a.id, b.id
FROM health_observededge e
JOIN catalog_environment p ON p.id = e.environment_id
JOIN catalog_service a ON a.slug = e.caller JOIN catalog_service b ON b.slug = e.callee
WHERE p.slug = %(environment)s
  AND least(1, log(1 + e.week_calls) / 3)
      * power(0.5::float8, greatest(0, date_part('epoch', now() - e.last_seen_at)) / 604800)
      >= %(dormant)s
  AND (e.caller, e.callee) NOT IN (
      SELECT caller, callee FROM health_edgeanswer WHERE said = 'none' AND ended_at IS NULL
  )
"""
# One row of arrays: tens of thousands of rows would take longer on their way than in the database.
COLUMNS = f"""
SELECT edges.callers, edges.callees, present.ids, present.tiers, present.teams
FROM (
    SELECT array_agg(caller::int) AS callers, array_agg(callee::int) AS callees
    FROM ({EDGES}) edge WHERE caller <> callee
) edges, (
    SELECT array_agg(id::int) AS ids, array_agg(tier::int) AS tiers, array_agg(team_id::int) AS teams
    FROM catalog_service WHERE gone_at IS NULL
) present
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Fleet:
    """The graph by numbers: two columns of edges, and the tier and team of each present service."""

    callers: list[int]
    callees: list[int]
    tiers: dict[int, int] = field(default_factory=dict)
    teams: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reach:
    """What is reached from a service, nearest first; by tier and by team how many there are.

    `shown` has the services of the asked part of it, how far each is, and the neighbour that leads to it.
    """

    many: int
    farthest: int
    tiers: dict[int, int]
    teams: dict[str, int]
    shown: tuple[tuple[Service, int, Service], ...]
    fitting: int


def fleet(environment: str) -> Fleet:
    """All edges of an environment with what is declared; one query.

    Asked for in binary: the cursor that Django makes has numbers in letters only, and to read those takes
    as long as the query.
    """
    connection.ensure_connection()
    binary = psycopg.Cursor(connection.connection)
    binary.format = psycopg.pq.Format.BINARY
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrapped(binary) as cursor:  # type: ignore[arg-type]
        cursor.execute(COLUMNS, {"environment": environment, "dormant": DORMANT})
        callers, callees, ids, tiers, teams = (column or [] for column in cursor.fetchone())
    return Fleet(callers, callees, dict(zip(ids, tiers, strict=True)), dict(zip(ids, teams, strict=True)))


def closure(
    service: Service,
    environment: str,
    direction: Direction,
    *,
    depth: int = 0,
    tier: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> Reach:
    """What is reached from a service, and of it (of one tier) `limit` from `offset` on; three queries."""
    found = fleet(environment)
    sides = sides_of(direction, found.callers, found.callees)
    reached = reach(sides, service.pk, depth, within=found.tiers)
    away, tiers = reached.distance, found.tiers
    fitting = away if tier is None else [one for one in away if tiers[one] == tier]
    page = _part(fitting, away, tiers, offset, limit)
    wanted = {*page, *(reached.through[one] for one in page)}
    rows = {row.pk: row for row in Service.objects.filter(pk__in=wanted).select_related("team")}
    named = dict(Team.objects.order_by("pk").values_list("pk", "name"))
    teams: Counter[str] = Counter()
    for team, many in Counter(map(found.teams.__getitem__, away)).items():
        teams[named[team]] += many
    return Reach(
        many=len(away),
        farthest=max(away.values(), default=0),
        tiers=dict(sorted(Counter(map(tiers.__getitem__, away)).items())),
        teams=dict(sorted(teams.items(), key=lambda one: (-one[1], one[0]))),
        shown=tuple((rows[one], away[one], rows[reached.through[one]]) for one in page),
        fitting=len(fitting),
    )


def _part(
    walked: Collection[int], away: dict[int, int], tiers: dict[int, int], offset: int, limit: int
) -> list[int]:
    """Nearest first, then by tier. They come nearest first, so only those equally far are sorted."""
    found: list[int] = []
    for _, equal in groupby(walked, key=away.__getitem__):
        found += sorted(equal, key=lambda one: (tiers[one], one))
        if len(found) >= offset + limit:
            break
    return found[offset : offset + limit]
