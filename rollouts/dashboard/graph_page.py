"""The dependency map: how services are with all they rely on, where trouble begins, and whom it hurts.

A small fleet is drawn whole. A large one begins where the trouble is, else by tier; `view`, `culprit`,
`team`, `tier` and `focus` of the address choose another part.
"""

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
from rollouts.dashboard import graph_trouble as troubles
from rollouts.dashboard import service_list
from rollouts.dashboard.drawings import network
from rollouts.dashboard.graph_choice import Named
from rollouts.health import queries as health
from rollouts.health.composite.graph import Graph
from rollouts.health.composite.roots import Culprit
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

    def __init__(self, given: Any, environments: list[Environment]) -> None:
        super().__init__(given)
        self.fields["environment"].choices = [(each.slug, each.name) for each in environments]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    focus: str = ""
    depth: int = 2
    team: str = ""
    tier: str = ""
    view: str = ""
    culprit: str = ""


@dataclass(frozen=True)
class Shown:
    """The picture with what could not be drawn, and which services the tables tell of.

    `view` is what is shown, `title` what it is around, `ways_left` counts lines that are not drawn.
    """

    picture: network.Picture
    services: list[str]
    left: int
    view: str = ""
    title: str = ""
    ways_left: int = 0
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
        asked = Asked(
            focus=given.get("focus", "").strip(),
            depth=given.get("depth") or 2,
            **{name: request.GET.get(name, "")[:600] for name in ("team", "tier", "view", "culprit")},
        )
        context |= _around(found, asked, request.GET.get("page"))
    return render(request, "dashboard/graph.html", context)


def names_of() -> dict[str, Named]:
    """All services as people know them; one query."""
    rows = Service.objects.filter(gone_at=None).order_by("slug")
    values = rows.values_list("slug", "name", "team__slug", "team__name")
    return {slug: Named(name, team, team_name) for slug, name, team, team_name in values}


def _around(found: Graph, asked: Asked, page: str | None) -> dict[str, Any]:
    names = names_of()
    shown = show(found, names, asked)
    rows = Paginator(shown.services, PAGE).get_page(page)
    edges = tables.edges(found, set(shown.services))
    alerts = health.alerts(environment=found.environment)
    whole = f"{reverse('dashboard:graph')}?environment={found.environment}"
    return {
        "shown": shown,
        "page": rows,
        "rows": [tables.row(found, names, name) for name in rows],
        "edges": [tables.edge_row(each, found, names) for each in edges[:PAGE]],
        "edges_left": max(0, len(edges) - PAGE),
        "undeclared": sum(not each.declared for each in edges),
        "unseen": sum(not each.seen for each in edges),
        "query": urlencode({"environment": found.environment} | {k: v for k, v in vars(asked).items() if v}),
        "views": views(found, shown, whole),
        "alerts": [tables.alert(each, names) for each in alerts[:ALERTS]],
        "alerts_many": len(alerts),
        "whole": whole,
        "services_many": len(found.nodes),
        "edges_many": len(found.edges),
    }


@dataclass(frozen=True)
class View:
    """One way to look at a large fleet."""

    key: str
    title: str
    href: str
    current: bool


def views(found: Graph, shown: Shown, whole: str) -> list[View]:
    """The ways to look at a large fleet; none where all of it is drawn."""
    if len(found.nodes) <= choice.MOST:
        return []
    titles = {"trouble": _("Where the trouble is"), "tiers": _("By tier"), "teams": _("By team")}
    if not troubles.by_impact(found):
        del titles["trouble"]
    return [View(key, title, f"{whole}&view={key}", key == shown.view) for key, title in titles.items()]


def slug_of(names: dict[str, Named], text: str) -> str:
    """A service's slug, from that or its name, whatever the case; nothing where there is none."""
    if text in names:
        return text
    wanted = text.strip().lower()
    return next((slug for slug, each in names.items() if wanted in (slug, each.name.lower())), "")


def show(found: Graph, names: dict[str, Named], asked: Asked) -> Shown:
    """Around the focus, else a group, a culprit, all of a small fleet, the greatest trouble, or by tier."""
    address = f"{reverse('dashboard:graph')}?environment={found.environment}"
    around = slug_of(names, asked.focus)
    unknown = ""
    if asked.focus and not around:
        unknown = _("There is no service named %(name)s.") % {"name": asked.focus}
    if around in found.nodes:
        chosen, left = choice.nearest(found, around, asked.depth)
        title = _("Around %(name)s") % {"name": names[around].name if around in names else around}
        return _services(found, names, chosen, left, f"{address}&depth={asked.depth}", title, around)
    groups = {**choice.teams(found, names)} if asked.team else choice.tiers(found)
    wanted = f"team={asked.team}" if asked.team else f"tier={asked.tier}"
    own = [name for name, group in groups.items() if group.query == wanted]
    if own:
        chosen, left = choice.of_group(found, own)
        title = _("%(name)s and its neighbours") % {"name": groups[own[0]].title}
        return _services(found, names, chosen, left, address, title)
    culprits = troubles.by_impact(found) if asked.view in ("", "trouble") or asked.culprit else []
    small = len(found.nodes) <= choice.MOST
    picked = [each for each in culprits if each.key == asked.culprit] or ([] if small else culprits[:1])
    if picked and not unknown:
        return _trouble(found, names, picked[0], address)
    if small:
        chosen = sorted(found.nodes, key=lambda name: choice.rank(found.nodes[name]))
        return _services(found, names, chosen, 0, address, unknown=unknown)
    return _groups(found, names, asked, address, unknown)


def _services(
    found: Graph,
    names: dict[str, Named],
    chosen: list[str],
    left: int,
    address: str,
    title: str = "",
    focus: str = "",
    unknown: str = "",
) -> Shown:
    """These services, one box each."""
    boxes = choice.boxes(found, chosen, names, focus, address)
    picture = network.draw(boxes, choice.arrows(found, chosen))
    ranked = sorted(chosen, key=lambda name: choice.rank(found.nodes[name]))
    return Shown(picture, ranked, left, title=title, unknown=unknown)


def _trouble(found: Graph, names: dict[str, Named], culprit: Culprit, address: str) -> Shown:
    """A culprit, and whom it hurts."""
    seen = troubles.trouble(found, culprit)
    picture = network.draw(*troubles.picture(found, seen, names, address))
    title = _("%(name)s and whom it hurts") % {
        "name": tables.root_title(culprit.key, str(culprit.kind), names)
    }
    inside = [name for name in seen.services if name in found.nodes]
    return Shown(picture, inside, 0, view="trouble", title=title)


def _groups(found: Graph, names: dict[str, Named], asked: Asked, address: str, unknown: str) -> Shown:
    """A large fleet by tier, or by team."""
    view = "teams" if asked.view == "teams" else "tiers"
    groups = choice.teams(found, names) if view == "teams" else choice.tiers(found)
    grouped = choice.by_group(found, groups, address)
    ranked = sorted(found.nodes, key=lambda name: choice.rank(found.nodes[name]))
    picture = network.draw(grouped.boxes, grouped.arrows)
    return Shown(picture, ranked, grouped.left, view=view, ways_left=grouped.ways_left, unknown=unknown)
