"""What pages and gates read of the graph: one row, however many services."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from rollouts.catalog.models import Service
from rollouts.health.composite.graph import Graph, Node, loaded
from rollouts.health.composite.rollup import Composite, judge, scope_of
from rollouts.health.graph.models import Alert, GraphSnapshot, ObservedEdge

LATELY = 20


def graph(environment: str) -> Graph | None:
    """The newest graph of an environment; None where no window was ever closed. One query."""
    row = (
        GraphSnapshot.objects.filter(environment__slug=environment, nodes__isnull=False)
        .order_by("-through_at", "-pk")
        .first()
    )
    if row is None:
        return None
    return loaded(environment, row.since_at, row.through_at, row.nodes or (), row.edges or ())


@dataclass(frozen=True)
class Standing:
    """Composite health of what some services can hurt: the judgement, the services of the scope with those
    that are worst first, and which of them failed before `since` already (None: nobody knows)."""

    said: Composite
    nodes: tuple[Node, ...]
    through_at: datetime
    before: tuple[str, ...] | None = None

    @property
    def deciding(self) -> tuple[Node, ...]:
        """The services that decided."""
        return tuple(node for node in self.nodes if node.service in self.said.because)


def composite(
    services: Collection[str], environment: str, *, since: datetime | None = None
) -> Standing | None:
    """Composite health of the services that change, all that call them, and what they call; two queries.

    None where no window was ever closed, or none of the services is in the graph.
    """
    found = graph(environment)
    if found is None:
        return None
    standing = standing_of(found, services)
    if standing is None or since is None:
        return standing
    before = failing_at(environment, since)
    inside = {node.service for node in standing.nodes}
    return replace(standing, before=None if before is None else tuple(n for n in before if n in inside))


def standing_of(found: Graph, services: Collection[str]) -> Standing | None:
    """The same of a graph that was read already, without what was before."""
    changed = found.nodes.keys() & set(services)
    if not changed:
        return None
    scope = scope_of(changed, [edge.call for edge in found.edges]) & found.nodes.keys()
    said = judge(
        scope,
        {name: node.health for name, node in found.nodes.items()},
        {name: node.signal for name, node in found.nodes.items()},
        {name: node.tier for name, node in found.nodes.items()},
    )
    nodes = sorted(
        (found.nodes[name] for name in scope),
        key=lambda node: (node.health, node.signal is not None, node.tier, node.service),
    )
    return Standing(said, tuple(nodes), found.through_at)


def failing_at(environment: str, at: datetime) -> tuple[str, ...] | None:
    """The services that failed when a window closed last before a time; None where that is not kept."""
    rows = GraphSnapshot.objects.filter(environment__slug=environment, through_at__lte=at)
    failing = rows.order_by("-through_at", "-pk").values_list("failing", flat=True).first()
    return None if failing is None else tuple(failing)


def names(slugs: Collection[str]) -> dict[str, str]:
    """What services are called; one query."""
    return dict(Service.objects.filter(slug__in=slugs).values_list("slug", "name"))


def alerts(
    *, environment: str = "", service: str = "", closed: bool = False, limit: int | None = None
) -> list[Alert]:
    """Open alerts by business impact; those closed lately with them, after them, if asked for. One query.

    Of a service: those it causes, and those it suffers from.
    """
    rows = Alert.objects.filter(opened_at__isnull=False).select_related("environment", "service__team")
    if environment:
        rows = rows.filter(environment__slug=environment)
    if service:
        rows = rows.filter(service__slug=service) | rows.filter(victims__contains=[service])
    if not closed:
        return list(rows.standing().by_impact()[:limit])
    newest = rows.order_by("-closed_at", "priority", "-points", "pk")  # descending, open ones come first
    return list(newest[: limit or LATELY])


def observed(environment: str) -> list[ObservedEdge]:
    """Every call that was seen in an environment, by name. One query."""
    rows = ObservedEdge.objects.filter(environment__slug=environment)
    return list(rows.order_by("caller", "callee", "pk"))
