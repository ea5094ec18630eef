"""The roots of all trouble in a graph, each with whom it hurts and how much it matters. Django-free."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rollouts.health.composite.culprit import Kind
from rollouts.health.composite.graph import Graph, Node
from rollouts.health.composite.own import PASSES
from rollouts.health.composite.priority import Impact, impact
from rollouts.health.composite.rollup import Call, by_callee, spread, weight


@dataclass(frozen=True)
class Culprit:
    """A root as it is now: its parts, who suffers (by what it costs the business, the most first), how much
    it matters, and what is seen, in words."""

    key: str
    kind: Kind
    names: tuple[str, ...]
    victims: tuple[str, ...]
    impact: Impact
    words: str

    @property
    def begins(self) -> tuple[str, ...]:
        """The services in which it begins: the caller of a way, all members of a circle."""
        return self.names[:1] if self.kind is Kind.EDGE else self.names


def culprits(graph: Graph) -> dict[str, Culprit]:
    """The roots of all errors of a graph, and services that fail although no request of theirs does.

    Such are those that are silent while their callers count refusals, and those that burn an error budget.
    """
    members: dict[str, list[str]] = {}
    callers = by_callee(edge.call for edge in graph.edges)
    for node in graph.nodes.values():
        if node.root:
            members.setdefault(node.root, []).append(node.service)
    for node in graph.nodes.values():
        if node.signal is not None and node.signal < PASSES and not node.root:
            members.setdefault(node.service, [])
    tiers = {name: node.tier for name, node in graph.nodes.items()}
    found = {}
    for key, suffering in sorted(members.items()):
        kind, names = parsed(key, graph.nodes)
        start = names[:1] if kind is Kind.EDGE else names
        alone = _alone(graph, {*start, *suffering}, callers)
        of = impact(start, alone, tiers, graph.callers)
        inside = set() if kind is Kind.EDGE else set(names)
        victims = sorted(
            {*suffering, *of.suffering} - inside,
            key=lambda name: (-weight(tiers[name]) * (1 - alone.get(name, 1.0)), tiers[name], name),
        )
        found[key] = Culprit(key, kind, names, tuple(victims), of, words_of(kind, names, graph.nodes))
    return found


def _alone(graph: Graph, names: Collection[str], callers: Mapping[str, Collection[Call]]) -> dict[str, float]:
    """The health of those whom one root makes ill, as if nothing else were."""
    mine = {name: graph.nodes[name].signal for name in names}
    return spread({name: signal for name, signal in mine.items() if signal is not None}, callers)


def parsed(key: str, nodes: Mapping[str, Node]) -> tuple[Kind, tuple[str, ...]]:
    """A root's kind and services, from its key."""
    if "->" in key:
        return Kind.EDGE, tuple(key.split("->"))
    if " " in key:
        return Kind.CYCLE, tuple(key.split()[1:])
    return (Kind.UNSEEN if nodes[key].signal is None else Kind.SERVICE), (key,)


def words_of(kind: Kind, names: tuple[str, ...], nodes: Mapping[str, Node]) -> str:
    """What is seen of a culprit, in one sentence."""
    if kind is Kind.EDGE:
        caller, callee = names
        return f"{caller} sees calls of {callee} fail that {callee} answers well: network or time limit."
    if kind is Kind.CYCLE:
        return f"{', '.join(names)} call each other in a circle and all fail."
    if kind is Kind.UNSEEN:
        return f"Nobody measures {names[0]}, and calls of it fail."
    said = "; ".join(words for _name, value, words in nodes[names[0]].parts if value < PASSES)
    return f"{said or 'Its requests fail'}."
