"""Services of a graph as boxes and lines: in which order, how they look, and what their lines say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.drawings.network import Arrow, Node
from rollouts.health.composite.graph import Edge, Graph
from rollouts.health.composite.graph import Node as Measured
from rollouts.health.composite.rollup import Status
from rollouts.health.composite.roots import culprits

MOST = 40
"""Boxes, and lines between groups, that a person can still read; what is beyond stands in the table."""
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


def nearest(graph: Graph, focus: str, depth: int) -> list[str]:
    """The services around one, nearest and worst first."""
    found: list[str] = []
    for steps in range(depth + 1):
        ring = graph.around(focus, steps) - set(found)
        found += sorted(ring, key=lambda name: rank(graph.nodes[name]))
    return found


def of_group(graph: Graph, own: Collection[str]) -> list[str]:
    """The services of a group, and then their neighbours, worst first."""
    beside = {other for name in own for other in graph.around(name, 1)} - set(own)
    return [
        *sorted(own, key=lambda name: rank(graph.nodes[name])),
        *sorted(beside, key=lambda name: rank(graph.nodes[name])),
    ]


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
