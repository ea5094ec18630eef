"""The facts of the dependency map as rows of tables, in words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import graph_groups as grouping
from rollouts.dashboard import wording
from rollouts.dashboard.addresses import maybe
from rollouts.dashboard.graph_choice import Named as Named
from rollouts.dashboard.graph_choice import Names
from rollouts.health.composite.graph import Edge, Graph, Node
from rollouts.health.models import Alert
from rollouts.health.queries import Latencies, Took
from rollouts.lib.links import Link, fill


@dataclass(frozen=True)
class Place:
    """A service with its page, where it has one."""

    name: str
    href: str


@dataclass(frozen=True)
class Row:
    """One service: how it is, why, and who suffers by it."""

    place: Place
    slug: str
    team: str
    tier: int
    tone: str
    icon: str
    word: str
    health: str
    because: str
    passes: tuple[Place, ...]
    suffers: int
    callers: int
    callees: int
    p95: str


@dataclass(frozen=True)
class EdgeRow:
    """One edge: kind, whether it is declared and seen, and its numbers."""

    caller: Place
    callee: Place
    hard: bool
    declared: bool
    seen: bool
    hot: bool
    share: str
    bad: str
    p95: str
    last_seen: datetime | None


@dataclass(frozen=True)
class GroupRow:
    """One team or tier: how its worst services are, what leads to them, and whom it calls."""

    title: str
    services: int
    tone: str
    icon: str
    word: str
    href: str
    ways_href: str


@dataclass(frozen=True)
class WayRow:
    """What the services of one group call of those of another. `hot`: dependencies that pass trouble on."""

    caller: str
    callee: str
    many: int
    hot: int
    share: str
    bad: str


@dataclass(frozen=True)
class AlertRow:
    """One alert in the words of people."""

    priority: str
    tone: str
    title: str
    words: str
    environment: str
    victims: tuple[Place, ...]
    href: str
    team: str
    opened_at: datetime | None
    closed_at: datetime | None
    links: tuple[Link, ...] = ()


TONES = {"P1": "stop", "P2": "stop", "P3": "wait", "P4": "none"}


def place(names: Names, slug: str) -> Place:
    """A service as people know it; the slug where it is not in the catalog."""
    if slug not in names:
        return Place(slug, "")
    return Place(names[slug].name, maybe("dashboard:service", slug))


def took(found: Took | None) -> str:
    """Within what time 95 % of answers came."""
    return f"{wording.number(found.p95_s * 1000)}{wording.NBSP}ms" if found else "–"


def row(graph: Graph, names: Names, slug: str, latencies: Latencies) -> Row:
    """One service of the graph."""
    node = graph.nodes[slug]
    tone, icon = choice.LOOKS[node.status]
    suffering = sorted(
        (
            edge.caller
            for edge in graph.edges_to.get(slug, ())
            if choice.hot(edge, graph) and graph.nodes[edge.caller].health < 0.9
        ),
        key=lambda name: choice.rank(graph.nodes[name]),
    )
    return Row(
        place=place(names, slug),
        slug=slug,
        team=names[slug].team_name if slug in names else "",
        tier=node.tier,
        tone=tone,
        icon=icon,
        word=choice.word_of(node.status),
        health=_("%(health)s of 1") % {"health": wording.number(node.health, 2)},
        because=because(node, graph, names),
        passes=tuple(place(names, name) for name in suffering[:5]),
        suffers=max(0, len(suffering) - 5),
        callers=len(graph.edges_to.get(slug, ())),
        callees=len(graph.callees.get(slug, ())),
        p95=took(latencies.services.get(slug)),
    )


def because(node: Node, graph: Graph, names: Names) -> str:
    """Why a service is as it is."""
    if node.through and node.root:
        root = place(names, node.root).name
        through = place(names, node.through).name
        if node.root == node.through:
            return _("Its errors come from %(root)s.") % {"root": root}
        return _("Its errors come from %(root)s, through %(through)s.") % {"root": root, "through": through}
    if node.parts:
        told = "; ".join(words for _name, _value, words in node.parts)
        ill = "" if node.signal is None or node.signal <= node.health else " " + _worst(node, graph, names)
        return f"{told}.{ill}"
    if node.health < 1:
        return _worst(node, graph, names)
    return _("Nothing measures it.")


def _worst(node: Node, graph: Graph, names: Names) -> str:
    """The callee that bounds its health."""
    edges = graph.edges_from.get(node.service, ())
    worst = min(edges, key=lambda e: 1 - e.call.passes_on * (1 - graph.nodes[e.callee].health), default=None)
    if worst is None:
        return ""
    word = choice.word_of(graph.nodes[worst.callee].status).lower()
    return _("But it relies on %(callee)s (%(word)s).") % {
        "callee": place(names, worst.callee).name,
        "word": word,
    }


def edges(graph: Graph, inside: Collection[str]) -> list[Edge]:
    """The edges between these services, those that pass trouble on first, then those that disagree."""
    known = frozenset(inside)
    found = [edge for edge in graph.edges if edge.caller in known and edge.callee in known]
    return sorted(
        found, key=lambda each: (not choice.hot(each, graph), each.declared and each.seen, each.caller)
    )


def edge_row(edge: Edge, graph: Graph, names: Names, latencies: Latencies) -> EdgeRow:
    """One edge in words."""
    counted = edge.share is not None
    return EdgeRow(
        caller=place(names, edge.caller),
        callee=place(names, edge.callee),
        hard=edge.hard,
        declared=edge.declared,
        seen=edge.seen,
        hot=choice.hot(edge, graph),
        share=wording.percent(edge.share or 0, 0) if counted else _("not counted"),
        bad=wording.percent(edge.bad, 2) if edge.bad is not None else "–",
        p95=took(latencies.calls.get((edge.caller, edge.callee))),
        last_seen=datetime.fromisoformat(edge.last_seen) if edge.last_seen else None,
    )


def teams(graph: Graph, names: Names) -> list[grouping.Group]:
    """The teams with a service here, by name, to choose one."""
    found = {group.key: group for group in grouping.teams(graph, names).values()}
    return sorted(found.values(), key=lambda group: (group.title.lower(), group.key))


def group_row(found: grouping.Grouped, group: grouping.Group, address: str, view: str) -> GroupRow:
    """One group in words."""
    nodes = found.members[group]
    tone, icon = choice.LOOKS[grouping.worst(nodes).status]
    return GroupRow(
        title=group.title,
        services=len(nodes),
        tone=tone,
        icon=icon,
        word=grouping.state_of(nodes),
        href=f"{address}&{group.query}",
        ways_href=f"{address}&view={view}&{group.query}",
    )


def way_row(way: grouping.Way) -> WayRow:
    """One way between two groups in words."""
    return WayRow(
        caller=way.caller.title,
        callee=way.callee.title,
        many=len(way.edges),
        hot=way.hot,
        share=wording.percent(way.share, 0) if way.share is not None else _("not counted"),
        bad=wording.percent(way.bad, 2) if way.bad is not None else "–",
    )


def root_title(key: str, kind: str, names: Names) -> str:
    """A culprit as people know it: a service, a way between two, a circle."""
    if kind == "cycle":
        return _("Circle of %(names)s") % {
            "names": ", ".join(place(names, part).name for part in key.split()[1:])
        }
    return _(" to ").join(place(names, part).name for part in key.split("->"))


def alert(row: Alert, names: Names) -> AlertRow:
    """One alert in words. It leads to the map of its culprit."""
    query = urlencode({"environment": row.environment.slug, "culprit": row.root})
    return AlertRow(
        priority=row.priority,
        tone=TONES[row.priority],
        title=root_title(row.root, row.kind, names),
        words=row.words,
        environment=row.environment.name,
        victims=tuple(place(names, name) for name in row.victims),
        href=f"{maybe('dashboard:graph')}?{query}",
        team=row.service.team.name,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        links=tuple(
            fill(
                settings.GATEHOUSE_LINKS,
                service=row.service.slug,
                environment=row.environment.slug,
                since=row.first_seen_at,
                until=row.last_seen_at,
            )
        ),
    )
