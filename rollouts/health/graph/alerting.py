"""One alert per culprit: opened when seen twice, told anew when it grows, closed after calm windows."""

from datetime import datetime

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog.models import Environment, Service
from rollouts.health.composite.graph import Graph
from rollouts.health.composite.roots import Culprit, culprits
from rollouts.health.graph.models import Alert

OPENS_AFTER = 2
"""Snapshots one after another that name the culprit."""
CLOSES_AFTER = 5
"""Snapshots one after another that do not name it."""


def follow(environment: Environment, graph: Graph, now: datetime) -> None:
    """Brings the alerts of an environment to what the graph shows; in the transaction that stores it."""
    found = culprits(graph)
    rows = {
        row.root: row
        for row in Alert.objects.select_for_update(of=("self",))
        .filter(environment=environment, closed_at=None)
        .select_related("service__team")
        .order_by("pk")
    }
    asked = {
        service.slug: service
        for service in Service.objects.select_related("team").filter(
            slug__in={each.names[0] for each in found.values()}
        )
    }
    for key, culprit in sorted(found.items(), key=lambda each: -each[1].impact.points):
        row = rows.pop(key, None)
        if row is None:
            row = Alert(environment=environment, service=asked[culprit.names[0]], root=key, first_seen_at=now)
        else:
            row.seen, row.calm = row.seen + 1, 0
        _seen(row, culprit, now)
    for row in rows.values():
        _not_seen(row, now)


def _seen(row: Alert, culprit: Culprit, now: datetime) -> None:
    more = set(culprit.victims) - set(row.victims)
    worse = row.priority and culprit.impact.priority < row.priority
    row.kind, row.victims, row.words = culprit.kind, list(culprit.victims), culprit.words[:600]
    row.priority, row.points, row.last_seen_at = culprit.impact.priority, culprit.impact.points, now
    opens = row.opened_at is None and row.seen >= OPENS_AFTER
    if opens:
        row.opened_at = now
    row.save()
    if opens:
        _tell(row, "alert.opened", f"{row.priority}: {row.root} causes trouble in {row.environment}", now)
    elif row.opened_at is not None and (more or worse):
        _tell(row, "alert.grown", f"{row.priority} now: {row.root} causes more trouble", now)


def _not_seen(row: Alert, now: datetime) -> None:
    if row.opened_at is None:
        row.delete()
        return
    row.calm += 1
    if row.calm >= CLOSES_AFTER:
        row.closed_at = now
    row.save()
    if row.closed_at is not None:
        _tell(row, "alert.closed", f"{row.root} is well again in {row.environment}", now)


def _tell(row: Alert, kind: str, lead: str, now: datetime) -> None:
    """One event on the service's stream, with all that suffer inside."""
    told = f" It makes {', '.join(row.victims)} suffer." if row.victims and row.closed_at is None else ""
    ending = f": {row.words}" if row.closed_at is None and row.words else "."
    audit.append(
        stream=f"service:{row.service.slug}",
        kind=kind,
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "alert": row.pk,
            "service": row.service.slug,
            "team": row.service.team.slug,
            "environment": row.environment.slug,
            "root": row.root,
            "kind": str(row.kind),
            "victims": row.victims,
            "priority": str(row.priority),
            "points": row.points,
            "words": row.words,
            "opened_at": row.opened_at.isoformat() if row.opened_at else None,
            "sentence": f"{lead}{ending}{told}",
        },
        at=now,
    )
