"""What causes trouble now: one entry for each culprit, by business impact."""

from typing import Any

from django.http import HttpRequest

from rollouts.dashboard import graph_tables as tables
from rollouts.dashboard.glance.looking import Glance
from rollouts.health import queries as health

SHOWN = 5


def context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/alerts.html; two queries."""
    found = health.alerts()
    return {"alerts": told(found[:SHOWN]), "further": max(0, len(found) - SHOWN), "many": len(found)}


def told(rows: list[Any]) -> list[tables.AlertRow]:
    """Alerts in words, with services by their names."""
    parts = {part for row in rows for part in (*row.victims, *row.root.replace("->", " ").split())}
    names = {slug: tables.Named(name, "", "") for slug, name in health.names(parts).items()} if parts else {}
    return [tables.alert(row, names) for row in rows]
