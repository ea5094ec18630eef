"""The dependency map: how services are with all they rely on, where trouble begins, and whom it hurts."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import graph_tables as tables
from rollouts.dashboard import service_list
from rollouts.dashboard.drawings import network
from rollouts.dashboard.graph_choice import Named
from rollouts.health import queries as health
from rollouts.health.composite.graph import Graph
from rollouts.lib.clock import database_now

DEEPEST = 4
PAGE = 25


class Filters(forms.Form):
    """Which graph, around which service, how far; all of it optional."""

    environment = forms.ChoiceField(label=gettext_lazy("Environment"), required=False)
    focus = forms.CharField(
        label=gettext_lazy("Around the service"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Its name, or as it stands in addresses."),
    )
    depth = forms.TypedChoiceField(
        label=gettext_lazy("Calls away"),
        coerce=int,
        required=False,
        choices=[(number, str(number)) for number in range(1, DEEPEST + 1)],
        initial=2,
    )

    def __init__(self, given: Any, environments: list[Environment]) -> None:
        super().__init__(given)
        self.fields["environment"].choices = [(each.slug, each.name) for each in environments]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Shown:
    """The picture with what could not be drawn, and which services the tables tell of."""

    picture: network.Picture
    services: list[str]
    left: int
    teams: bool = False
    unknown: str = ""


@login_required
@require_GET
def graph(request: HttpRequest) -> HttpResponse:
    """The page. What is asked for and is not there is said, and everything shown instead."""
    environments = list(service_list.customers_first())
    filters = Filters({"depth": "2", **request.GET.dict()}, environments)
    filters.is_valid()
    given = filters.cleaned_data
    here = next((each for each in environments if each.slug == given.get("environment")), None)
    here = here or (environments[0] if environments else None)
    found = health.graph(here.slug) if here else None
    context: dict[str, Any] = {
        "filters": filters,
        "environments": environments,
        "environment": here,
        "graph": found,
        "now": database_now(),
        "nav": "graph",
    }
    if here and found:
        context |= _around(request, found, given.get("focus", ""), given.get("depth") or 2)
    return render(request, "dashboard/graph.html", context)


def names_of() -> dict[str, Named]:
    """All services as people know them; one query."""
    rows = Service.objects.filter(gone_at=None).order_by("slug")
    values = rows.values_list("slug", "name", "team__slug", "team__name")
    return {slug: Named(name, team, team_name) for slug, name, team, team_name in values}


def _around(request: HttpRequest, found: Graph, focus: str, depth: int) -> dict[str, Any]:
    names = names_of()
    team = request.GET.get("team", "")
    shown = show(found, names, focus=focus.strip(), depth=depth, team=team)
    page = Paginator(shown.services, PAGE).get_page(request.GET.get("page"))
    inside = set(shown.services)
    edges = tables.edges(found, inside)
    query = {"environment": found.environment, "focus": focus, "depth": depth, "team": team}
    alerts = health.alerts(environment=found.environment)
    return {
        "shown": shown,
        "page": page,
        "rows": [tables.row(found, names, name) for name in page],
        "edges": [tables.edge_row(each, found, names) for each in edges[:PAGE]],
        "edges_left": max(0, len(edges) - PAGE),
        "undeclared": sum(not each.declared for each in edges),
        "unseen": sum(not each.seen for each in edges),
        "query": urlencode({key: value for key, value in query.items() if value}),
        "focused": tables.row(found, names, slug_of(names, focus))
        if slug_of(names, focus) in found.nodes
        else None,
        "team": next((each.team_name for each in names.values() if each.team == team), ""),
        "alerts": [tables.alert(each, names) for each in alerts],
        "whole": f"{reverse('dashboard:graph')}?environment={found.environment}",
        "services_many": len(found.nodes),
        "edges_many": len(found.edges),
    }


def slug_of(names: dict[str, Named], text: str) -> str:
    """A service's slug, from that or its name, whatever the case; nothing where there is none."""
    if text in names:
        return text
    wanted = text.strip().lower()
    return next((slug for slug, each in names.items() if wanted in (slug, each.name.lower())), "")


def show(found: Graph, names: dict[str, Named], *, focus: str, depth: int, team: str) -> Shown:
    """Around the focus, else a team, else all of a small fleet, else a large one by teams."""
    address = f"{reverse('dashboard:graph')}?environment={found.environment}"
    around = slug_of(names, focus)
    unknown = _("There is no service named %(name)s.") % {"name": focus} if focus and not around else ""
    ranked = sorted(found.nodes, key=lambda name: choice.rank(found.nodes[name]))
    if around in found.nodes:
        chosen, left = choice.nearest(found, around, depth)
        address += f"&depth={depth}"
    elif team and any(names[name].team == team for name in found.nodes if name in names):
        chosen, left = choice.of_team(found, team, names)
    elif len(found.nodes) <= choice.MOST:
        chosen, left = ranked, 0
    else:
        boxes, arrows, left = choice.by_team(found, names, address)
        return Shown(network.draw(boxes, arrows), ranked, left, teams=True, unknown=unknown)
    boxes = choice.boxes(found, chosen, names, around, address)
    picture = network.draw(boxes, choice.arrows(found, chosen))
    return Shown(
        picture,
        sorted(chosen, key=lambda name: choice.rank(found.nodes[name])),
        left,
        unknown=unknown,
    )
