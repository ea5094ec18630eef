"""Orders that a plan states and that cannot hold together with what is needed. Pure."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from rollouts.plans.sequencing.values import Edge, Stated

MOST_TRIED = 500
"""Sets of stated orders that are tried; after that they are taken away one by one, the best one first."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A stated order, and the chain that says the opposite: needed edges, and other stated ones."""

    stated: Stated
    against: tuple[Edge, ...]

    @property
    def sentence(self) -> str:
        chain = "; ".join(
            f"{edge.first} before {edge.then}: {edge.breaks or edge.why}" for edge in self.against
        )
        why = f" ({self.stated.why})" if self.stated.why else ""
        said = f"{self.stated.first} before {self.stated.then}{why}"
        return f"The plan says {said}, and against it stands {chain}."


def contradictions(edges: Iterable[Edge], stated: Sequence[Stated]) -> list[Contradiction]:
    """The smallest set of stated orders without which all others hold, each with what it contradicts.

    Only needs in whose other order somebody fails count: a stated order replaces what is merely safe.
    """
    hard = [edge for edge in edges if edge.breaks]
    involved = _involved(hard, stated)
    gone = _smallest(hard, [each for each in stated if each not in involved], involved)
    return [Contradiction(each, _chain(each, hard, stated)) for each in gone]


def _graph(hard: Iterable[Edge], stated: Iterable[Stated]) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph()
    for each in stated:
        graph.add_edge(
            each.first, each.then, edge=Edge(each.first, each.then, each.why or "the plan says so")
        )
    for need in hard:
        graph.add_edge(need.first, need.then, edge=need)
    return graph


def _involved(hard: Sequence[Edge], stated: Sequence[Stated]) -> list[Stated]:
    """Stated orders that stand on a circle."""
    graph = _graph(hard, stated)
    place = {
        name: number for number, group in enumerate(nx.strongly_connected_components(graph)) for name in group
    }
    return [each for each in stated if place[each.first] == place[each.then] and each.first != each.then]


def _smallest(hard: Sequence[Edge], kept: Sequence[Stated], involved: Sequence[Stated]) -> tuple[Stated, ...]:
    sets = (gone for size in range(len(involved) + 1) for gone in itertools.combinations(involved, size))
    for gone in itertools.islice(sets, MOST_TRIED):
        if not _involved(hard, [*kept, *(each for each in involved if each not in gone)]):
            return gone
    return _one_by_one(hard, [*kept, *involved])


def _one_by_one(hard: Sequence[Edge], stated: Sequence[Stated]) -> tuple[Stated, ...]:
    gone: list[Stated] = []
    while left := _involved(hard, stated):
        best = min(left, key=lambda each: len(_involved(hard, [one for one in stated if one != each])))
        gone.append(best)
        stated = [one for one in stated if one != best]
    return tuple(gone)


def _chain(stated: Stated, hard: Sequence[Edge], all_stated: Sequence[Stated]) -> tuple[Edge, ...]:
    """The shortest way back from what is said to come later; by needs alone where there is one."""
    for others in ((), [each for each in all_stated if each != stated]):
        graph = _graph(hard, others)
        if stated.then in graph and stated.first in graph and nx.has_path(graph, stated.then, stated.first):
            way = nx.shortest_path(graph, stated.then, stated.first)
            return tuple(graph.edges[pair]["edge"] for pair in itertools.pairwise(way))
    return ()
