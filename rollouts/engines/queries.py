"""What a flag's door reads: one statement for the credential and the flag together."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rollouts.accounts.models import Person
from rollouts.engines.answers import Flag
from rollouts.engines.models import ServiceToken

_ASKER = """
SELECT service.slug, flag.*
FROM engines_servicetoken AS token
JOIN catalog_service AS service ON service.id = token.service_id AND service.gone_at IS NULL
"""

# Begun rollouts govern before drafts, the newest first: a new plan changes nothing until it is started.
_GOVERNING = """
    SELECT change.flag, rollout.state, rollout.salt, rollout.granted -> change.name,
           rollout.slug AS rollout, coalesce(rollout.stage, rollout.granted_stage), revision.number,
           rollout.visibility <> 'private' OR rollout.team_id = service.team_id OR EXISTS (
               SELECT 1 FROM plans_change AS mine
               WHERE mine.rollout_id = rollout.id AND mine.service_id = service.id
           ) AS named
    FROM plans_change AS change
    JOIN plans_rollout AS rollout ON rollout.id = change.rollout_id
    LEFT JOIN plans_revision AS revision ON revision.id = rollout.in_force_id
    WHERE {wanted} AND (token.environment_id IS NULL OR token.environment_id = change.environment_id)
    ORDER BY {first} (rollout.started_at IS NULL), rollout.started_at DESC, rollout.id DESC, change.id DESC
"""

_LIVE = "WHERE token.digest = %s AND token.revoked_at IS NULL"

_ONE = " ".join(
    [
        _ASKER,
        "LEFT JOIN LATERAL (",
        _GOVERNING.format(wanted="change.flag = %s", first=""),
        "LIMIT 1) AS flag ON true",
        _LIVE,
    ]
)
_ALL = " ".join(
    [
        _ASKER,
        "LEFT JOIN LATERAL (SELECT DISTINCT ON (flag) * FROM (",
        _GOVERNING.format(wanted="change.flag <> ''", first="change.flag,"),
        ") AS every) AS flag ON true",
        _LIVE,
    ]
)


@dataclass(frozen=True)
class Asked:
    """Which service asks, and the flags that govern; an empty list when no rollout has the flag."""

    consumer: str
    flags: list[Flag]


def flag_for(*, digest: str, key: str) -> Asked | None:
    """The service that holds the token and the flag `key`; None when the token opens nothing. One query."""
    return _asked(_ONE, [key, digest])


def flags_for(*, digest: str) -> Asked | None:
    """The service that holds the token and every flag that a rollout governs. One query."""
    return _asked(_ALL, [digest])


def _asked(statement: str, values: list[str]) -> Asked | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    return Asked(rows[0][0], [_flag(row) for row in rows if row[1] is not None])


def _flag(row: tuple[Any, ...]) -> Flag:
    _service, key, state, salt, grant, rollout, stage, revision, named = row
    # Django's connections hand jsonb over as text.
    granted = json.loads(grant) if isinstance(grant, str) else grant
    return Flag(key, state, salt, granted, rollout, stage, revision, named)


def tokens_of(service_slug: str) -> list[ServiceToken]:
    """All tokens of a service, the newest first."""
    rows = ServiceToken.objects.filter(service__slug=service_slug).select_related("service", "environment")
    return list(rows.order_by("-created_at", "-pk"))


def may_manage(person: Person, *, team_id: int) -> bool:
    """Planners and admins of the team that owns the service, and the installation's admins."""
    if person.is_staff:
        return True
    return person.memberships.filter(team_id=team_id, role__in=["planner", "admin"]).exists()
