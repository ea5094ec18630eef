"""One alert per culprit: opened when it was seen twice, kept up to date, closed after calm windows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog.models import Environment, Service
from rollouts.health.composite.culprit import Kind
from rollouts.health.composite.own import PASSES
from rollouts.health.composite.priority import Impact, impact
from rollouts.health.composite.rollup import Call, by_callee, spread
from rollouts.health.graph.models import Alert
from rollouts.health.graph.values import Graph, Node

OPENS_AFTER = 2
"""Snapshots one after another that name the culprit."""
CLOSES_AFTER = 5
"""Snapshots one after another that do not name it."""


@dataclass(frozen=True)
class Culprit:
    """A root as it is now: its parts, who suffers, how much it matters, and what is seen, in words."""

    key: str
    kind: Kind
    names: tuple[str, ...]
    victims: tuple[str, ...]
    impact: Impact
    words: str


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
        of = impact(start, _alone(graph, {*start, *suffering}, callers), tiers, graph.callers)
        inside = set() if kind is Kind.EDGE else set(names)
        victims = sorted({*suffering, *of.suffering} - inside)
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
        return f"{caller} sees calls of {callee} fail that {callee} answers well: the network or a time limit."
    if kind is Kind.CYCLE:
        return f"{', '.join(names)} call each other in a circle and all fail."
    if kind is Kind.UNSEEN:
        return f"Nobody measures {names[0]}, and calls of it fail."
    said = "; ".join(words for _name, value, words in nodes[names[0]].parts if value < PASSES)
    return f"{said or 'Its requests fail'}."


def follow(environment: Environment, graph: Graph, now: datetime) -> None:
    """Brings the alerts of an environment to what the graph shows; in the transaction that stores it."""
    found = culprits(graph)
    rows = {
        row.root: row
        for row in Alert.objects.select_for_update(of=("self",))
        .filter(environment=environment, closed_at=None)
        .select_related("service")
        .order_by("pk")
    }
    asked = {
        service.slug: service
        for service in Service.objects.filter(slug__in={each.names[0] for each in found.values()})
    }
    for key, culprit in found.items():
        row = rows.pop(key, None)
        if row is None:
            row = Alert(environment=environment, service=asked[culprit.names[0]], root=key, first_seen_at=now)
        else:
            row.seen, row.calm = row.seen + 1, 0
        _seen(row, culprit, now)
    for row in rows.values():
        _not_seen(row, now)


def _seen(row: Alert, culprit: Culprit, now: datetime) -> None:
    row.kind, row.victims, row.words = culprit.kind, list(culprit.victims), culprit.words[:600]
    row.priority, row.points, row.last_seen_at = culprit.impact.priority, culprit.impact.points, now
    opens = row.opened_at is None and row.seen >= OPENS_AFTER
    if opens:
        row.opened_at = now
    row.save()
    if opens:
        _tell(row, "alert.opened", f"{row.priority}: {row.root} causes trouble in {row.environment}", now)


def _not_seen(row: Alert, now: datetime) -> None:
    if row.opened_at is None:
        row.delete()
        return
    row.calm += 1
    if row.calm >= CLOSES_AFTER:
        row.closed_at = now
    row.save()
    if row.closed_at is not None:
        _tell(row, "alert.closed", f"{row.root} is well again in {row.environment}", now)


def _tell(row: Alert, kind: str, lead: str, now: datetime) -> None:
    """One event on the service's stream, with all that suffer inside."""
    told = f" It makes {', '.join(row.victims)} suffer." if row.victims and row.closed_at is None else ""
    ending = f": {row.words}" if row.closed_at is None and row.words else "."
    audit.append(
        stream=f"service:{row.service.slug}",
        kind=kind,
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "alert": row.pk,
            "service": row.service.slug,
            "environment": row.environment.slug,
            "root": row.root,
            "kind": str(row.kind),
            "victims": row.victims,
            "priority": str(row.priority),
            "points": row.points,
            "sentence": f"{lead}{ending}{told}",
        },
        at=now,
    )
