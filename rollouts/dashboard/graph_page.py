"""The dependency map: how services are with all they rely on, where trouble begins, and whom it hurts.

A small fleet is drawn whole. A large one begins where the trouble is, else by tier; `view`, `culprit`,
`team`, `tier` and `focus` of the address choose another part (`graph_view.py`, as in the API).
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from rollouts.catalog.models import Environment
from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import graph_groups as groups
from rollouts.dashboard import graph_tables as tables
from rollouts.dashboard import graph_trouble as troubles
from rollouts.dashboard import service_list
from rollouts.dashboard.drawings import network
from rollouts.dashboard.graph_choice import Names
from rollouts.dashboard.graph_groups import Grouped
from rollouts.dashboard.graph_view import Asked, Part, View, choose, names_of
from rollouts.health import queries as health
from rollouts.health.composite.graph import Graph
from rollouts.lib.clock import database_now

DEEPEST = 4
PAGE = 15
ALERTS = 5


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
    team = forms.CharField(
        label=gettext_lazy("Team"),
        max_length=60,
        required=False,
        widget=forms.Select(choices=[("", gettext_lazy("All"))]),
    )

    def __init__(self, given: Any, environments: list[Environment]) -> None:
        super().__init__(given)
        self.fields["environment"].choices = [(each.slug, each.name) for each in environments]  # type: ignore[attr-defined]

    def offer(self, teams: list[groups.Group]) -> None:
        """The teams that can be chosen. What is no team is said by the page and not here."""
        all_of_them = [("", _("All")), *((team.key, team.title) for team in teams)]
        self.fields["team"].widget.choices = all_of_them


@dataclass(frozen=True)
class Shown:
    """The picture of a part, and how many services it could not hold. `title` says what it is around.

    `folded`, `shares`: see `graph_groups.Drawn`.
    """

    part: Part
    picture: network.Picture
    left: int = 0
    title: str = ""
    folded: bool = False
    shares: bool = True

    @property
    def ways_left(self) -> int:
        """Lines that are not drawn."""
        return len(self.part.grouped.left) if self.part.grouped else 0

    @property
    def hot_left(self) -> int:
        """Those of them that pass trouble on."""
        return sum(link.hot for link in self.part.grouped.left) if self.part.grouped else 0


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
        asked = Asked(
            focus=given.get("focus", "").strip(),
            depth=given.get("depth") or 2,
            **{name: request.GET.get(name, "")[:600] for name in ("team", "tier", "view", "culprit")},
        )
        names = names_of()
        filters.offer(tables.teams(found, names))
        context |= _told(found, names, asked, request.GET)
    return render(request, "dashboard/graph.html", context)


def _told(found: Graph, names: Names, asked: Asked, given: QueryDict) -> dict[str, Any]:
    part = choose(found, names, asked)
    rows = Paginator(part.services, PAGE).get_page(given.get("page"))
    edges = tables.edges(found, set(part.services))
    listed = edges[:PAGE]
    took = health.latencies(found, {*rows, *(each.callee for each in listed)})
    alerts = health.alerts(environment=found.environment)
    whole = f"{reverse('dashboard:graph')}?environment={found.environment}"
    return {
        "shown": show(found, names, part, asked.depth),
        "page": rows,
        "rows": [tables.row(found, names, name, took) for name in rows],
        "edges": [tables.edge_row(each, found, names, took) for each in listed],
        "edges_left": max(0, len(edges) - PAGE),
        "undeclared": sum(not each.declared for each in edges),
        "unseen": sum(not each.seen for each in edges),
        "query": urlencode({"environment": found.environment} | {k: v for k, v in vars(asked).items() if v}),
        "views": views(
            found, part, whole, len({each.team for name, each in names.items() if name in found.nodes})
        ),
        "alerts": [tables.alert(each, names) for each in alerts[:ALERTS]],
        "alerts_many": len(alerts),
        "whole": whole,
        "calls_href": _calls_href(part, whole),
        "services_many": len(found.nodes),
        "edges_many": len(found.edges),
        **(_of_groups(part.grouped, found, part.view, given) if part.grouped else {}),
    }


def _calls_href(part: Part, whole: str) -> str:
    """From the services of a team or tier to what it calls and who calls it."""
    if not part.group or part.grouped:
        return ""
    return f"{whole}&view={View.TEAMS if part.view is View.TEAM else View.TIERS}&{part.group.query}"


def _of_groups(grouped: Grouped, found: Graph, view: str, given: QueryDict) -> dict[str, Any]:
    """The tables of groups and of all ways between them, each with its own pages."""
    members = Paginator(list(grouped.members), PAGE).get_page(given.get("groups"))
    ways = Paginator(grouped.ways, PAGE).get_page(given.get("ways"))
    address = f"{reverse('dashboard:graph')}?environment={found.environment}"
    return {
        "groups_page": members,
        "groups": [tables.group_row(grouped, group, address, view) for group in members],
        "ways_page": ways,
        "ways": [tables.way_row(way) for way in ways],
    }


@dataclass(frozen=True)
class Look:
    """One way to look at a fleet."""

    key: str
    title: str
    href: str
    current: bool


def views(found: Graph, part: Part, whole: str, teams: int) -> list[Look]:
    """The ways to look at a large fleet; at a small one of several teams, whole or by team."""
    if len(found.nodes) <= choice.MOST:
        small = [
            Look("all", _("All services"), whole, part.view is View.ALL),
            Look("teams", _("By team"), f"{whole}&view=teams", part.view is View.TEAMS),
        ]
        return small if teams > 1 else []
    titles = {"trouble": _("Where the trouble is"), "tiers": _("By tier"), "teams": _("By team")}
    if not troubles.by_impact(found):
        del titles["trouble"]
    return [Look(key, title, f"{whole}&view={key}", key == part.view) for key, title in titles.items()]


def show(found: Graph, names: Names, part: Part, depth: int) -> Shown:
    """The part as a picture."""
    address = f"{reverse('dashboard:graph')}?environment={found.environment}"
    title = title_of(part, names)
    if part.grouped:
        drawn = groups.draw(part.grouped, address, part.view)
        left = len(part.grouped.members) - len(part.grouped.drawn)
        return Shown(part, drawn.picture, left, title, drawn.folded, drawn.shares)
    if part.culprit:
        seen = troubles.trouble(found, part.culprit)
        return Shown(part, network.draw(*troubles.picture(found, seen, names, address)), title=title)
    if part.focus:
        address += f"&depth={depth}"
    chosen = part.services[: choice.MOST]
    picture = network.draw(
        choice.boxes(found, chosen, names, part.focus, address), choice.arrows(found, chosen)
    )
    return Shown(part, picture, len(part.services) - len(chosen), title)


def title_of(part: Part, names: Names) -> str:
    """What a part is around; nothing where it is the whole."""
    if part.focus:
        return _("Around %(name)s") % {"name": names[part.focus].name if part.focus in names else part.focus}
    if part.culprit:
        root = tables.root_title(part.culprit.key, str(part.culprit.kind), names)
        return _("%(name)s and whom it hurts") % {"name": root}
    if part.group and part.grouped:
        return _("%(name)s, whom it calls and who calls it") % {"name": part.group.title}
    return _("%(name)s and its neighbours") % {"name": part.group.title} if part.group else ""
