"""What of a graph is drawn: around one service, one team, all of a small fleet, or a large one by teams."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import wording
from rollouts.dashboard.drawings.network import Arrow, Node
from rollouts.health.composite.graph import Edge, Graph
from rollouts.health.composite.graph import Node as Measured
from rollouts.health.composite.rollup import Status
from rollouts.health.composite.roots import culprits

MOST = 40
"""Boxes that a person can still read; what is beyond stands in the table."""
WAYS = 36
"""Lines between groups that a person can still follow."""
LABELS = 12
"""Lines up to which each has its numbers; of more, only the failed share of those that trouble passes."""
LOOKS = {
    Status.FAILING: ("stop", "halt"),
    Status.DEGRADED: ("wait", "wait"),
    Status.UNKNOWN: ("none", "none"),
    Status.HEALTHY: ("pass", "pass"),
}
WORST_FIRST = list(LOOKS)


@dataclass(frozen=True)
class Named:
    """A service as people know it."""

    name: str
    team: str
    team_name: str


Names = Mapping[str, Named]


def word_of(status: Status) -> str:
    """A status in one word."""
    return {
        Status.FAILING: _("Failing"),
        Status.DEGRADED: _("Degraded"),
        Status.UNKNOWN: _("No data"),
        Status.HEALTHY: _("Healthy"),
    }[status]


def rank(node: Measured) -> tuple[int, float, int, str]:
    """Worst first, then by tier."""
    return WORST_FIRST.index(node.status), node.health, node.tier, node.service


def nearest(graph: Graph, focus: str, depth: int) -> tuple[list[str], int]:
    """The services around one, nearest and worst first, as many as can be read; and how many are left."""
    found: list[str] = []
    for steps in range(depth + 1):
        ring = graph.around(focus, steps) - set(found)
        found += sorted(ring, key=lambda name: rank(graph.nodes[name]))
    return found[:MOST], max(0, len(found) - MOST)


def of_group(graph: Graph, own: Collection[str]) -> tuple[list[str], int]:
    """The services of a group, and then their neighbours, worst first."""
    beside = {other for name in own for other in graph.around(name, 1)} - set(own)
    ordered = [
        *sorted(own, key=lambda name: rank(graph.nodes[name])),
        *sorted(beside, key=lambda name: rank(graph.nodes[name])),
    ]
    return ordered[:MOST], max(0, len(ordered) - MOST)


def boxes(graph: Graph, chosen: list[str], names: Names, focus: str, address: str) -> list[Node]:
    """The boxes of services. A box leads to the graph around it."""
    begins = {name for culprit in culprits(graph).values() for name in culprit.begins}
    return [
        _box(graph.nodes[name], begins, names, name == focus, f"{address}&focus={name}") for name in chosen
    ]


def _box(node: Measured, begins: Collection[str], names: Names, focus: bool, href: str) -> Node:
    tone, icon = LOOKS[node.status]
    word = word_of(node.status)
    title = names[node.service].name if node.service in names else node.service
    label = f"{title}, {word}"
    if node.service in begins:
        word = _("Culprit: %(word)s") % {"word": word.lower()}
        label = f"{title}, {word}"
    elif node.through:
        label += ", " + _("suffers through %(callee)s") % {"callee": node.through}
    return Node(node.service, title, word, tone, icon, href, label, focus)


def arrows(graph: Graph, chosen: list[str]) -> list[Arrow]:
    """The lines between these services, with their numbers where there are few, or trouble passes."""
    inside = set(chosen)
    found = [edge for edge in graph.edges if edge.caller in inside and edge.callee in inside]
    few = len(found) <= LABELS
    return [
        Arrow(
            edge.callee,
            edge.caller,
            look_of(edge, graph),
            label_of(edge) if few else failed_of(edge) if hot(edge, graph) else "",
        )
        for edge in found
    ]


def hot(edge: Edge, graph: Graph) -> bool:
    """Whether the errors of the caller come this way, or its health suffers by it."""
    caller, callee = graph.nodes[edge.caller], graph.nodes[edge.callee]
    if caller.through == edge.callee or caller.root == f"{edge.caller}->{edge.callee}":
        return True
    passed = 1 - edge.call.passes_on * (1 - callee.health)
    return passed < 0.9 and passed <= caller.health + 1e-6


def look_of(edge: Edge, graph: Graph) -> str:
    """Dashed where it is seen and not declared; thick where trouble passes; thin dots where nobody saw it."""
    words = ["hot"] if hot(edge, graph) else []
    words += ["seen"] if not edge.declared else [] if edge.seen else ["unseen"]
    return " ".join(words)


def failed_of(edge: Edge) -> str:
    """The share of calls that failed."""
    return _("%(bad)s failed") % {"bad": wording.percent(edge.bad, 1)} if edge.bad else ""


def label_of(edge: Edge) -> str:
    """Calls per request of the caller, and the share of them that failed."""
    if edge.share is None or not edge.calls:
        return ""
    calls = wording.percent(edge.share, 0)
    if not edge.bad:
        return calls
    return _("%(calls)s, %(bad)s failed") % {"calls": calls, "bad": wording.percent(edge.bad, 1)}


@dataclass(frozen=True)
class Group:
    """Services that are drawn as one box: a team, a tier. `query` is what its link adds to the address."""

    key: str
    title: str
    query: str


def teams(graph: Graph, names: Names) -> dict[str, Group]:
    """The team of every service."""
    return {
        name: Group(names[name].team, names[name].team_name, f"team={names[name].team}")
        for name in graph.nodes
        if name in names
    }


def tiers(graph: Graph) -> dict[str, Group]:
    """The tier of every service."""
    return {
        name: Group(f"tier {node.tier}", _("Tier %(n)s") % {"n": node.tier}, f"tier={node.tier}")
        for name, node in graph.nodes.items()
    }


@dataclass(frozen=True)
class Grouped:
    """Groups instead of services: the worst of each, the ways between them, and how many are not drawn."""

    boxes: list[Node]
    arrows: list[Arrow]
    left: int
    ways_left: int


def by_group(graph: Graph, groups: Mapping[str, Group], address: str) -> Grouped:
    """A box a group; of the ways between them those that pass trouble, and then those with most calls."""
    members: dict[Group, list[Measured]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(graph.nodes[name])
    ordered = sorted(members, key=lambda group: rank(min(members[group], key=rank)))
    shown = {group.key for group in ordered[:MOST]}
    ways: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        if edge.caller in groups and edge.callee in groups:
            pair = groups[edge.callee].key, groups[edge.caller].key
            if pair[0] != pair[1] and shown.issuperset(pair):
                ways.setdefault(pair, []).append(edge)
    warm = {pair: sum(hot(edge, graph) for edge in edges) for pair, edges in ways.items()}
    chosen = sorted(ways, key=lambda pair: (-warm[pair], -sum(edge.calls for edge in ways[pair]), pair))
    return Grouped(
        [_group(group, members[group], address) for group in ordered[:MOST]],
        [Arrow(*pair, "hot" if warm[pair] else "") for pair in chosen[:WAYS]],
        len(ordered) - len(shown),
        max(0, len(chosen) - WAYS),
    )


def _group(group: Group, nodes: list[Measured], address: str) -> Node:
    worst = min(nodes, key=rank)
    tone, icon = LOOKS[worst.status]
    many = sum(node.status is worst.status for node in nodes)
    word = _("%(many)s of %(all)s %(word)s") % {
        "many": many,
        "all": len(nodes),
        "word": word_of(worst.status).lower(),
    }
    services = ngettext("%(n)s service", "%(n)s services", len(nodes)) % {"n": len(nodes)}
    href = f"{address}&{group.query}"
    return Node(group.key, group.title, word, tone, icon, href, f"{group.title}, {services}, {word}")
