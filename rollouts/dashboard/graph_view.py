"""Which part of a graph is looked at: the page draws it, and the API tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext as _

from rollouts.catalog.models import Service
from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import graph_groups as groups
from rollouts.dashboard import graph_trouble as troubles
from rollouts.dashboard.graph_choice import Named
from rollouts.dashboard.graph_groups import Group, Grouped
from rollouts.health.composite.graph import Graph
from rollouts.health.composite.roots import Culprit


class View(StrEnum):
    """Ways to look at a graph. The first four may be asked for; the others follow from what is asked."""

    ALL = "all"
    TROUBLE = "trouble"
    TEAMS = "teams"
    TIERS = "tiers"
    AROUND = "around"
    TEAM = "team"
    TIER = "tier"


ASKED = (View.ALL, View.TROUBLE, View.TEAMS, View.TIERS)


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    `view` empty: a small fleet whole; of a large one where the trouble is, else by tier.
    """

    focus: str = ""
    depth: int = 2
    team: str = ""
    tier: str = ""
    view: str = ""
    culprit: str = ""


@dataclass(frozen=True)
class Part:
    """What is looked at. `services`: those it is about, in the order in which they matter there.

    `group` is the team or tier that was asked for, `grouped` all of them where the view is by these.
    `unknown` says what was asked for and is not there: then it is everything.
    """

    view: View
    services: list[str]
    focus: str = ""
    group: Group | None = None
    grouped: Grouped | None = None
    culprit: Culprit | None = None
    unknown: str = ""


def names_of() -> dict[str, Named]:
    """All services as people know them; one query."""
    rows = Service.objects.filter(gone_at=None).order_by("slug")
    values = rows.values_list("slug", "name", "team__slug", "team__name")
    return {slug: Named(name, team, team_name) for slug, name, team, team_name in values}


def slug_of(names: Mapping[str, Named], text: str) -> str:
    """A service's slug, from that or its name, whatever the case; nothing where there is none."""
    if text in names:
        return text
    wanted = text.strip().lower()
    return next((slug for slug, each in names.items() if wanted in (slug, each.name.lower())), "")


def choose(graph: Graph, names: Mapping[str, Named], asked: Asked) -> Part:
    """The part that is asked for: around a focus, by groups, one group, or a culprit with whom it hurts."""
    unknown = _unknown(graph, names, asked)
    if unknown:
        view = View.ALL if len(graph.nodes) <= choice.MOST else View.TIERS
        return replace(choose(graph, names, Asked(view=view)), unknown=unknown)
    if asked.focus:
        focus = slug_of(names, asked.focus)
        return Part(View.AROUND, choice.nearest(graph, focus, asked.depth), focus=focus)
    if asked.view in (View.TEAMS, View.TIERS):
        return _by_group(graph, names, asked)
    if asked.team or asked.tier:
        members = _groups(graph, names, asked)
        wanted = _group(members, asked)
        own = [name for name, group in members.items() if group == wanted]
        view = View.TEAM if asked.team else View.TIER
        return Part(view, choice.of_group(graph, own), group=wanted)
    return _of_trouble(graph, names, asked) or Part(View.ALL, _ranked(graph))


def _of_trouble(graph: Graph, names: Mapping[str, Named], asked: Asked) -> Part | None:
    """A culprit with whom it hurts; of a large fleet without trouble, all by tier. None: all of them."""
    large = len(graph.nodes) > choice.MOST
    if asked.view == View.ALL and not asked.culprit:
        return None
    if asked.culprit or asked.view == View.TROUBLE or large:
        culprits = troubles.by_impact(graph)
        wanted = [each for each in culprits if each.key == asked.culprit] or culprits[:1]
        if wanted:
            inside = [name for name in (*wanted[0].begins, *wanted[0].victims) if name in graph.nodes]
            return Part(View.TROUBLE, inside, culprit=wanted[0])
    return _by_group(graph, names, Asked(view=View.TIERS)) if large else None


def _by_group(graph: Graph, names: Mapping[str, Named], asked: Asked) -> Part:
    members = _groups(graph, names, asked)
    group = _group(members, asked)
    found = groups.grouped(graph, members, group)
    services = {node.service for nodes in found.members.values() for node in nodes}
    ranked = [name for name in _ranked(graph) if name in services]
    return Part(View(asked.view), ranked, group=group, grouped=found)


def _groups(graph: Graph, names: Mapping[str, Named], asked: Asked) -> groups.Groups:
    by_team = asked.team if asked.view not in (View.TEAMS, View.TIERS) else asked.view == View.TEAMS
    return groups.teams(graph, names) if by_team else groups.tiers(graph)


def _group(members: groups.Groups, asked: Asked) -> Group | None:
    wanted = {f"team={asked.team}", f"tier={asked.tier}"}
    return next((group for group in members.values() if group.query in wanted), None)


def _ranked(graph: Graph) -> list[str]:
    return sorted(graph.nodes, key=lambda name: choice.rank(graph.nodes[name]))


def _unknown(graph: Graph, names: Mapping[str, Named], asked: Asked) -> str:
    """What is asked for and not there, in a sentence."""
    if asked.focus and slug_of(names, asked.focus) not in graph.nodes:
        return _("There is no service named %(name)s.") % {"name": asked.focus}
    if asked.team and all(group.key != asked.team for group in groups.teams(graph, names).values()):
        return _("There is no team named %(name)s with a service here.") % {"name": asked.team}
    if asked.tier and all(str(node.tier) != asked.tier for node in graph.nodes.values()):
        return _("There is no service of tier %(tier)s.") % {"tier": asked.tier}
    if asked.culprit and all(each.key != asked.culprit for each in troubles.by_impact(graph)):
        return _("There is no trouble now that begins in %(name)s.") % {"name": asked.culprit}
    return ""
