"""What of a large graph is drawn where there is trouble: one culprit, and by which ways whom it hurts."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard.drawings.network import Arrow, Node
from rollouts.dashboard.graph_choice import Names
from rollouts.health.composite.graph import Graph
from rollouts.health.composite.roots import Culprit, culprits

BOXES = 18
"""Services that are drawn one by one; further ones that suffer are put together by tier."""


@dataclass(frozen=True)
class Trouble:
    """One culprit with the services that are drawn, and those that suffer too, by tier."""

    culprit: Culprit
    drawn: tuple[str, ...]
    further: dict[int, tuple[str, ...]]

    @property
    def services(self) -> list[str]:
        """All that it is about."""
        return [*self.culprit.begins, *self.culprit.victims]


def by_impact(graph: Graph) -> list[Culprit]:
    """The culprits of a graph, the greatest impact first."""
    return sorted(culprits(graph).values(), key=lambda each: (-each.impact.points, each.key))


def trouble(graph: Graph, culprit: Culprit) -> Trouble:
    """Whom a culprit hurts most, with the services on the way there, as many as can be read."""
    roots = [name for name in culprit.names if name in graph.nodes]
    victims = set(culprit.victims)
    came: dict[str, str] = {}
    ring = list(roots)
    while ring:
        ring = _further(graph, ring, victims, came, set(roots))
    drawn = dict.fromkeys(roots)
    for name in culprit.victims:
        way = [name]
        while way[-1] in came:
            way.append(came[way[-1]])
        new = [each for each in way if each not in drawn]
        if len(drawn) + len(new) <= BOXES:
            drawn |= dict.fromkeys(new)
    further: dict[int, list[str]] = {}
    for name in culprit.victims:
        if name not in drawn:
            further.setdefault(graph.nodes[name].tier, []).append(name)
    return Trouble(culprit, tuple(drawn), {tier: tuple(names) for tier, names in sorted(further.items())})


def _further(
    graph: Graph, ring: list[str], victims: set[str], came: dict[str, str], roots: set[str]
) -> list[str]:
    """The victims that call somebody of the ring, each remembered with whom it came by first."""
    found = []
    for callee in ring:
        for caller in sorted(graph.callers.get(callee, ()), key=lambda name: choice.rank(graph.nodes[name])):
            if caller in victims and caller not in came and caller not in roots:
                came[caller] = callee
                found.append(caller)
    return found


def picture(graph: Graph, found: Trouble, names: Names, address: str) -> tuple[list[Node], list[Arrow]]:
    """The boxes and lines: those drawn one by one, and one box for each tier of the others."""
    boxes = choice.boxes(graph, list(found.drawn), names, "", address)
    of = {name: name for name in found.drawn}
    for tier, many in found.further.items():
        key = f"tier {tier}"
        boxes.append(_group(key, tier, many, graph, address))
        of |= dict.fromkeys(many, key)
    lines = {(arrow.start, arrow.end): arrow for arrow in choice.arrows(graph, list(found.drawn))}
    for edge in graph.edges:
        start, end = of.get(edge.callee), of.get(edge.caller)
        if not start or not end or start == end or edge.caller in found.drawn and edge.callee in found.drawn:
            continue
        if choice.hot(edge, graph):
            lines[start, end] = Arrow(start, end, "hot")
    return boxes, list(lines.values())


def _group(key: str, tier: int, many: tuple[str, ...], graph: Graph, address: str) -> Node:
    """Further services of one tier that suffer, in one box."""
    worst = min((graph.nodes[name] for name in many), key=choice.rank)
    tone, icon = choice.LOOKS[worst.status]
    title = ngettext("%(n)s more of tier %(tier)s", "%(n)s more of tier %(tier)s", len(many)) % {
        "n": len(many),
        "tier": tier,
    }
    word = choice.word_of(worst.status)
    return Node(
        key,
        title,
        word,
        tone,
        icon,
        f"{address}&tier={tier}",
        f"{title}, {word}",
    )
