"""The panels that the dashboard brings itself; the others are registered by the packages that own them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from rollouts.dashboard import finders, needs
from rollouts.dashboard.parts import answers, deciding, gates, graph, head, health, log, rail, timeline
from rollouts.lib import inbox, search
from rollouts.lib.panels import Panel, panels
from rollouts.plans.models import Rollout

Context = Callable[[HttpRequest, Rollout], dict[str, Any]]

OWN: tuple[tuple[str, str, int, Context], ...] = (
    ("rollout_head", "top", 10, head.context),
    ("answers", "top", 20, answers.context),
    ("stage_rail", "top", 30, rail.context),
    ("gate_list", "main", 10, gates.context),
    ("health", "main", 20, health.context),
    ("graph_slice", "main", 40, graph.context),
    ("decision_bar", "aside", 10, deciding.context),
    ("failures", "aside", 20, log.failure_context),
    ("next", "aside", 30, timeline.upcoming_context),
    ("calendar", "below", 10, timeline.calendar_context),
    ("activity_log", "halves", 10, log.activity_context),
    ("risk_list", "halves", 20, log.risk_context),
    ("decision_dock", "dock", 10, deciding.dock),
)


def register() -> None:
    """Registers the dashboard's own panels, and what decisions need from people."""
    inbox.sources.register("votes", needs.votes)
    inbox.sources.register("decisions", needs.decisions)
    for kind, finder in finders.OWN.items():
        search.finders.register(kind, finder)
    for name, place, order, context in OWN:
        template = f"dashboard/panels/{name}.html"
        panels.register(name, Panel(name=name, place=place, order=order, template=template, context=context))
