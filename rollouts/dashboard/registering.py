"""The panels that the dashboard brings itself; the others are registered by the packages that own them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from rollouts.dashboard import finders, home, needs
from rollouts.dashboard.glance import alerts, collisions, lately, sources
from rollouts.dashboard.parts import (
    answers,
    composite,
    crossings,
    deciding,
    gates,
    graph,
    head,
    health,
    log,
    observed,
    rail,
    timeline,
)
from rollouts.lib import inbox, search
from rollouts.lib.panels import Panel, first_page, panels

Context = Callable[[HttpRequest, Any], dict[str, Any]]

OWN: tuple[tuple[str, str, int, Context], ...] = (
    ("rollout_head", "top", 10, head.context),
    ("answers", "top", 20, answers.context),
    ("stage_rail", "top", 30, rail.context),
    ("gate_list", "main", 10, gates.context),
    ("health", "main", 20, health.context),
    ("composite", "aside", 15, composite.context),
    ("observed", "main", 15, observed.context),
    ("graph_slice", "main", 40, graph.context),
    ("decision_bar", "aside", 10, deciding.context),
    ("crossings", "aside", 12, crossings.context),
    ("failures", "aside", 20, log.failure_context),
    ("next", "aside", 30, timeline.upcoming_context),
    ("calendar", "below", 10, timeline.calendar_context),
    ("activity_log", "halves", 10, log.activity_context),
    ("risk_list", "halves", 20, log.risk_context),
    ("decision_dock", "dock", 10, deciding.dock),
)

FIRST_PAGE: tuple[tuple[str, str, int, Context], ...] = (
    ("needs", "top", 10, home.needs_context),
    ("alerts", "main", 5, alerts.context),
    ("portfolio", "main", 10, home.portfolio_context),
    ("collisions", "below", 10, collisions.context),
    ("metric_sources", "below", 20, sources.context),
    ("lately", "below", 30, lately.context),
)


def register() -> None:
    """Registers the dashboard's own panels, and what decisions need from people."""
    inbox.sources.register("votes", needs.votes)
    inbox.sources.register("decisions", needs.decisions)
    for kind, finder in finders.OWN.items():
        search.finders.register(kind, finder)
    for registry, own in ((panels, OWN), (first_page, FIRST_PAGE)):
        for name, place, order, context in own:
            template = f"dashboard/panels/{name}.html"
            registry.register(name, Panel(name, place, order, template, context))
