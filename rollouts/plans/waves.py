"""Which changes may move at the same time: a pure function of changes, dependencies and stated edges.

Who of provider and consumer moves first follows from what the change of their contract does (`First`);
contract steps come after everything else, unless the plan states an edge between the two. What waits for
each other in a circle is one wave, and is named.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from rollouts.contracts.values import Rulings, Transition
from rollouts.plans.sequencing.edges import NOTHING_KNOWN, needed, removal_why, removals
from rollouts.plans.sequencing.values import Move as Move
from rollouts.plans.sequencing.values import Needs as Needs
from rollouts.plans.sequencing.values import Stated as Stated

MOST_NAMED = 8
"""Names in one reason; the others are counted."""
BARRIER = "\0"
"""Begins the names of nodes that stand for all that comes before the contract steps of an environment."""


@dataclass(frozen=True, slots=True)
class Wave:
    """Changes that may move together. `cycle` names changes that wait for each other, in a circle."""

    number: int
    changes: tuple[str, ...]
    reasons: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "wave": self.number,
            "changes": list(self.changes),
            "reasons": list(self.reasons),
            "cycles": [list(cycle) for cycle in self.cycles],
        }

    def __str__(self) -> str:
        head = f"Wave {self.number}: {', '.join(self.changes)}"
        return "\n".join([head, *(f"  {why}" for why in self.reasons)])


def waves(
    moves: Sequence[Move],
    needs: Iterable[Needs] = (),
    stated: Iterable[Stated] = (),
    known: Mapping[Transition, Rulings] = NOTHING_KNOWN,
) -> list[Wave]:
    """The waves, first to last; names are sorted within a wave. Edges of unknown changes are ignored."""
    graph = _graph(moves, needs, stated, known)
    condensed = nx.condensation(graph)
    found: list[Wave] = []
    for number, generation in enumerate(_generations(condensed), 1):
        groups = sorted(sorted(members) for members in generation)
        cycles = tuple(_circle(graph, group) for group in groups if len(group) > 1)
        names = tuple(name for group in groups for name in group)
        found.append(Wave(number, tuple(sorted(names)), _reasons(graph, names, cycles), cycles))
    return found


def _graph(
    moves: Sequence[Move],
    needs: Iterable[Needs],
    stated: Iterable[Stated],
    known: Mapping[Transition, Rulings],
) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(move.name for move in moves))
    ruled: set[frozenset[str]] = set()
    for edge in stated:
        if edge.first in graph and edge.then in graph and edge.first != edge.then:
            ruled.add(frozenset((edge.first, edge.then)))
            graph.add_edge(edge.first, edge.then, why=edge.why or "the plan says so", contract="")
    proven: set[tuple[str, str]] = set()
    for need in needed(moves, needs, known):
        pair = (need.first, need.then)
        # Of several reasons for one order that is told without which somebody fails.
        if frozenset(pair) in ruled or (graph.has_edge(*pair) and (pair in proven or not need.breaks)):
            continue
        graph.add_edge(*pair, why=need.why, contract=need.contract)
        if need.breaks:
            proven.add(pair)
    _last(graph, moves, ruled)
    return graph


def _last(graph: "nx.DiGraph[str]", moves: Sequence[Move], ruled: set[frozenset[str]]) -> None:
    """Contract steps after all else: through one node for each environment, and not by every pair.

    A step of which the plan states an edge is written out pair by pair, as some of its pairs are ruled.
    """
    own = {name for pair in ruled for name in pair}
    last, before = removals(moves)
    for environment, names in last.items():
        barrier = f"{BARRIER}{environment}"
        for removal in names:
            if removal in own:
                for name in before[environment]:
                    if frozenset((name, removal)) not in ruled and not graph.has_edge(name, removal):
                        graph.add_edge(name, removal, why=removal_why(removal), contract="")
            elif before[environment]:
                graph.add_edge(barrier, removal)
        if barrier in graph:
            graph.add_edges_from((name, barrier) for name in before[environment])


def _generations(condensed: "nx.DiGraph[int]") -> list[list[set[str]]]:
    """Groups by how many waves come before them; a barrier adds no wave of its own."""
    level: dict[int, int] = {}
    found: dict[int, list[set[str]]] = defaultdict(list)
    for node in nx.topological_sort(condensed):
        members = condensed.nodes[node]["members"]
        level[node] = max((level[other] for other in condensed.predecessors(node)), default=0)
        if not next(iter(members)).startswith(BARRIER):
            found[level[node]].append(members)
            level[node] += 1
    return [found[number] for number in sorted(found)]


def _circle(graph: "nx.DiGraph[str]", group: Sequence[str]) -> tuple[str, ...]:
    """The group in the order of one of its circles; members outside that circle follow by name."""
    circle = [edge[0] for edge in nx.find_cycle(graph.subgraph(group), source=group[0])]
    start = circle.index(min(circle))
    turned = circle[start:] + circle[:start]
    return (*turned, *(name for name in group if name not in turned))


def _reasons(
    graph: "nx.DiGraph[str]", names: Sequence[str], cycles: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    said = [_together(graph, cycle) for cycle in cycles]
    inside = {name for cycle in cycles for name in cycle}
    together = set(names)
    for name in sorted(names):
        before = list(graph.predecessors(name))
        if not before:
            said.append(f"{name} waits for nothing.")
        whys: dict[str, list[str]] = defaultdict(list)
        last = removal_why(name)
        if barrier := next((other for other in before if other.startswith(BARRIER)), ""):
            whys[last] = _behind(graph, barrier)
        for other in sorted(before):
            why = "" if other == barrier else graph.edges[other, name]["why"]
            # What a barrier stands for is named by it already.
            if why and not (barrier and why == last) and not (name in inside and other in together):
                whys[why].append(other)
        for why, others in whys.items():
            said.append(f"{name} after {_listed(others)}: {why}.")
    return tuple(said)


def _behind(graph: "nx.DiGraph[str]", barrier: str) -> list[str]:
    """The changes that a barrier stands for, by name; sorted once."""
    known: dict[str, list[str]] = graph.graph.setdefault("behind", {})
    if barrier not in known:
        known[barrier] = sorted(graph.predecessors(barrier))
    return known[barrier]


def _together(graph: "nx.DiGraph[str]", cycle: Sequence[str]) -> str:
    """What to do about changes that wait for each other."""
    contracts = sorted({data["contract"] for *_, data in graph.subgraph(cycle).edges(data=True)} - {""})
    both = f"both versions of {_listed(contracts)}" if contracts else "both the old and the new"
    return (
        f"{', '.join(cycle)} wait for each other in a circle: move them as one, or split a change. "
        f"Serve {both} for a time (expand, migrate, contract), or put a shim between them that speaks the "
        "old to whoever has not moved."
    )


def _listed(names: Sequence[str]) -> str:
    """The names; of many the first, and how many more."""
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
