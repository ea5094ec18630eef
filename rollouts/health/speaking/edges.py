"""Edges at services that provide contracts, and how sure it is who consumes what. Two queries, then pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from rollouts.health.edges.confidence import confidence
from rollouts.health.edges.models import EdgeAnswer
from rollouts.health.edges.sorting import Pair
from rollouts.health.graph.models import ObservedEdge


@dataclass(frozen=True)
class Edge:
    """Calls that were seen in one environment; `contract` and `version` where that is known."""

    environment: str
    caller: str
    callee: str
    contract: str
    version: str
    last_at: datetime
    week_calls: int


@dataclass(frozen=True)
class About:
    """The contract whose consumers are looked for.

    `event`: it describes messages, which are seen from its provider to its consumers. `others`: services
    that rely on another contract of the provider; `calls_out`: on whom the provider itself relies. Plain
    calls between these are explained, and make nobody a consumer.
    """

    contract: str
    provider: str
    event: bool
    others: Collection[str] = ()
    calls_out: Collection[str] = ()
    dismissed: Collection[Pair] = ()


@dataclass(frozen=True)
class Guess:
    """How sure it is that a service consumes, when that was seen last, and which versions it spoke."""

    confidence: float
    last_at: datetime
    versions: frozenset[str] = frozenset()


def edges_of(providers: Collection[str]) -> list[Edge]:
    """All edges with one of these services at an end that has contracts: who calls, and whom it calls."""
    rows = ObservedEdge.objects.filter(callee__in=providers) | ObservedEdge.objects.filter(
        caller__in=providers
    )
    columns = (
        "environment__slug", "caller", "callee", "contract", "version", "last_seen_at", "week_calls",
    )  # fmt: skip
    return [Edge(*row) for row in rows.order_by("pk").values_list(*columns)]


def dismissed() -> set[Pair]:
    """Edges of which somebody said that they are no dependency."""
    rows = EdgeAnswer.objects.filter(said=EdgeAnswer.Said.NONE, ended_at=None)
    return set(rows.order_by("pk").values_list("caller", "callee"))


def guesses(edges: Iterable[Edge], about: About, now: datetime, *, environment: str = "") -> dict[str, Guess]:
    """By consumer, in one environment or all: the surest. Of what may be this contract an edge less makes
    nobody surer; an edge that names another contract explains plain calls beside it.
    """
    seen: dict[tuple[str, str, bool], list[Edge]] = {}
    elsewhere: set[str] = set()
    for edge in edges:
        if environment and edge.environment != environment:
            continue
        consumer = _consumer(edge, about)
        if edge.contract and edge.contract != about.contract:
            elsewhere.add(consumer)
        elif consumer and consumer != about.provider:
            seen.setdefault((edge.environment, consumer, bool(edge.contract)), []).append(edge)
    found: dict[str, Guess] = {}
    for (_environment, consumer, named), each in seen.items():
        if not named and (consumer in elsewhere or consumer in about.others):
            continue
        last_at = max(edge.last_at for edge in each)
        sure = confidence(sum(edge.week_calls for edge in each), last_at, now)
        versions = frozenset(edge.version for edge in each if edge.version)
        before = found.get(consumer)
        found[consumer] = Guess(
            max(sure, before.confidence if before else 0.0),
            max(last_at, before.last_at if before else last_at),
            versions | (before.versions if before else frozenset()),
        )
    return found


def _consumer(edge: Edge, about: About) -> str:
    """The end of the edge that would consume the contract; empty where none would."""
    if (edge.caller, edge.callee) in about.dismissed:
        return ""
    calls_in, calls_out = edge.callee == about.provider, edge.caller == about.provider
    if edge.contract:
        return edge.callee if calls_out else edge.caller if calls_in else ""
    if about.event:
        return edge.callee if calls_out and edge.callee not in about.calls_out else ""
    return edge.caller if calls_in else ""
