"""Which changes may move at the same time: a pure function of changes, dependencies and stated edges.

Who of provider and consumer moves first follows from what the change of their contract does (`First`);
contract steps come after everything else, unless the plan states an edge between the two. What waits for
each other in a circle is one wave, and is named.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from rollouts.contracts.values import First
from rollouts.plans.values import ChangeKind

STEPS = {
    ChangeKind.EXPAND: 0,
    ChangeKind.BUILD: 1,
    ChangeKind.MIGRATE: 2,
    ChangeKind.FLAG: 3,
    ChangeKind.CONTRACT: 4,
}
"""The order of the changes of one service: make room, build, move over, expose, remove."""


@dataclass(frozen=True, slots=True)
class Move:
    """One change, as far as its order goes."""

    name: str
    service: str
    kind: ChangeKind = ChangeKind.BUILD
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """`consumer` relies on `provider`, by `through` (a contract's slug; empty: it just calls it)."""

    consumer: str
    provider: str
    through: str = ""
    first: First = First.PROVIDER


@dataclass(frozen=True, slots=True)
class Stated:
    """An edge of the plan; it replaces what the graph says about the two."""

    first: str
    then: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """Changes that may move together. `cycle` names changes that wait for each other, in a circle."""

    number: int
    changes: tuple[str, ...]
    reasons: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...] = ()


def waves(moves: Sequence[Move], needs: Iterable[Needs] = (), stated: Iterable[Stated] = ()) -> list[Wave]:
    """The waves, first to last; names are sorted within a wave. Edges of unknown changes are ignored."""
    graph = _graph(moves, needs, stated)
    condensed = nx.condensation(graph)
    found: list[Wave] = []
    for number, generation in enumerate(nx.topological_generations(condensed), 1):
        groups = sorted(sorted(condensed.nodes[node]["members"]) for node in generation)
        cycles = tuple(_circle(graph, group) for group in groups if len(group) > 1)
        names = tuple(name for group in groups for name in group)
        found.append(Wave(number, tuple(sorted(names)), _reasons(graph, names, cycles), cycles))
    return found


def _graph(moves: Sequence[Move], needs: Iterable[Needs], stated: Iterable[Stated]) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(move.name for move in moves))
    ruled: set[frozenset[str]] = set()
    for edge in stated:
        if edge.first in graph and edge.then in graph and edge.first != edge.then:
            ruled.add(frozenset((edge.first, edge.then)))
            graph.add_edge(edge.first, edge.then, why=edge.why or "the plan says so")
    for before, after, why in (*_own(moves), *_provided(moves, needs), *_last(moves)):
        if frozenset((before, after)) not in ruled and not graph.has_edge(before, after):
            graph.add_edge(before, after, why=why)
    return graph


Edges = Iterable[tuple[str, str, str]]


def _own(moves: Sequence[Move]) -> Edges:
    """Changes of one service in one environment follow each other."""
    together: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for move in moves:
        together[move.service, move.environment].append(move)
    for group in together.values():
        for one, other in itertools.permutations(group, 2):
            if STEPS[one.kind] < STEPS[other.kind]:
                yield one.name, other.name, f"{one.service} does its {one.kind} first"


def _provided(moves: Sequence[Move], needs: Iterable[Needs]) -> Edges:
    by_service: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_service[move.service].append(move)
    for need in sorted(needs, key=lambda one: (one.consumer, one.provider, one.through, one.first)):
        how = f"relies on {need.through} of" if need.through else "calls"
        for provider in by_service.get(need.provider, ()):
            for consumer in by_service.get(need.consumer, ()):
                if provider is consumer or provider.environment != consumer.environment:
                    continue
                if ChangeKind.CONTRACT in (provider.kind, consumer.kind):
                    continue  # `_last` orders these
                if need.first in (First.CONSUMER, First.SPLIT):
                    why = f"{need.consumer} {how} {need.provider} and must move first"
                    yield consumer.name, provider.name, why
                if need.first in (First.PROVIDER, First.SPLIT):
                    yield provider.name, consumer.name, f"{need.consumer} {how} {need.provider}"


def _last(moves: Sequence[Move]) -> Edges:
    removals = [move for move in moves if move.kind is ChangeKind.CONTRACT]
    for removal in removals:
        for move in moves:
            if move.kind is not ChangeKind.CONTRACT and move.environment == removal.environment:
                yield move.name, removal.name, f"{removal.name} removes what others may still use"


def _circle(graph: "nx.DiGraph[str]", group: Sequence[str]) -> tuple[str, ...]:
    """The group in the order of one of its circles; members outside that circle follow by name."""
    circle = [edge[0] for edge in nx.find_cycle(graph.subgraph(group), source=group[0])]
    start = circle.index(min(circle))
    turned = circle[start:] + circle[:start]
    return (*turned, *(name for name in group if name not in turned))


def _reasons(
    graph: "nx.DiGraph[str]", names: Sequence[str], cycles: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    said = [
        f"{', '.join(cycle)} wait for each other in a circle: move them as one, or split a change."
        for cycle in cycles
    ]
    inside = {name for cycle in cycles for name in cycle}
    for name in sorted(names):
        before = sorted(graph.predecessors(name))
        outer = [other for other in before if not (name in inside and other in names)]
        if not outer:
            if not before:
                said.append(f"{name} waits for nothing.")
            continue
        whys: dict[str, list[str]] = defaultdict(list)
        for other in outer:
            whys[graph.edges[other, name]["why"]].append(other)
        for why, others in whys.items():
            said.append(f"{name} after {', '.join(others)}: {why}.")
    return tuple(said)
