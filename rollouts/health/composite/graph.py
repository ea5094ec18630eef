"""The graph as values: what a snapshot holds. Django-free."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from rollouts.health.composite.rollup import Call, Status, status


@dataclass(frozen=True)
class Node:
    """One service: its own signal with its parts, its health with all that it relies on, and its errors.

    `parts`: name, value and words of what the own signal is made of. `root`: the key of the culprit that its
    errors come from; `through`: the callee that passes them on. `own_errors`: the part it made itself.
    """

    service: str
    tier: int
    signal: float | None
    health: float
    errors: float | None = None
    requests: int = 0
    own_errors: float | None = None
    root: str = ""
    through: str = ""
    parts: tuple[tuple[str, float, str], ...] = ()

    @property
    def status(self) -> Status:
        return status(self.health, self.signal)


@dataclass(frozen=True)
class Edge:
    """`caller` relies on `callee`: declared, seen, or both. `share`, `bad`: None where nobody counted."""

    caller: str
    callee: str
    hard: bool = True
    declared: bool = True
    share: float | None = None
    bad: float | None = None
    calls: int = 0
    last_seen: str = ""

    @property
    def seen(self) -> bool:
        """Whether it was ever seen."""
        return bool(self.last_seen)

    @property
    def call(self) -> Call:
        """As the rollup takes it; an edge that nobody counts passes everything on."""
        return Call(self.caller, self.callee, 1.0 if self.share is None else self.share, self.hard)


@dataclass(frozen=True)
class Graph:
    """One environment's graph at the end of a window."""

    environment: str
    since_at: datetime
    through_at: datetime
    nodes: Mapping[str, Node] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    @cached_property
    def callers(self) -> dict[str, list[str]]:
        """Who calls each."""
        found: dict[str, list[str]] = {}
        for edge in self.edges:
            found.setdefault(edge.callee, []).append(edge.caller)
        return found

    @cached_property
    def callees(self) -> dict[str, list[str]]:
        """Whom each calls."""
        found: dict[str, list[str]] = {}
        for edge in self.edges:
            found.setdefault(edge.caller, []).append(edge.callee)
        return found

    @cached_property
    def edges_to(self) -> dict[str, list[Edge]]:
        """The edges by who is called."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.callee, []).append(edge)
        return found

    @cached_property
    def edges_from(self) -> dict[str, list[Edge]]:
        """The edges by who calls."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.caller, []).append(edge)
        return found

    def around(self, focus: str, depth: int) -> frozenset[str]:
        """The services at most `depth` calls away, up or down."""
        found = {focus} & self.nodes.keys()
        edge = set(found)
        for _ in range(depth):
            edge = {
                name
                for each in edge
                for name in (*self.callers.get(each, ()), *self.callees.get(each, ()))
                if name not in found
            }
            found |= edge
        return frozenset(found)


def dumped(nodes: Iterable[Node], edges: Iterable[Edge]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """As JSON."""
    return [dict(vars(node)) for node in nodes], [dict(vars(edge)) for edge in edges]


def loaded(
    environment: str,
    since_at: datetime,
    through_at: datetime,
    nodes: Iterable[Mapping[str, Any]],
    edges: Iterable[Mapping[str, Any]],
) -> Graph:
    """From JSON."""
    known = (Node(**{**row, "parts": tuple((n, v, w) for n, v, w in row["parts"])}) for row in nodes)
    return Graph(
        environment,
        since_at,
        through_at,
        {node.service: node for node in known},
        tuple(Edge(**row) for row in edges),
    )
