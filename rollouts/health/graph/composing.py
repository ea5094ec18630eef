"""Due work of the ticker: when the windows of an environment have closed, its graph is stored once."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from rollouts.catalog.models import Environment
from rollouts.health import queries
from rollouts.health.composite.graph import Graph, dumped
from rollouts.health.composite.rollup import Status
from rollouts.health.graph import alerting
from rollouts.health.graph.measuring import measure
from rollouts.health.graph.models import GraphSnapshot, ObservedEdge
from rollouts.health.models import Source
from rollouts.lib.clock import database_now

KEPT_WHOLE = 5
KEPT = 1440
"""Snapshots of an environment that are kept, and how many of them with all nodes and edges."""
SEEN_AGAIN = timedelta(hours=1)
"""The time at which an edge was last seen is written so often, and not in every window."""


def due(now: datetime, limit: int) -> list[int]:
    """Environments of which a window has closed since their newest snapshot; two queries."""
    made = dict(
        GraphSnapshot.objects.order_by().values_list("environment_id").annotate(newest=Max("through_at"))
    )
    found = [
        environment
        for environment, clock in clocks().items()
        if clock.through is not None and (environment not in made or clock.through > made[environment])
    ]
    return sorted(found)[:limit]


def clocks() -> dict[int, queries.Clock]:
    """How far the windows of each environment are closed; one query."""
    rows: dict[int, list[tuple[int, datetime | None]]] = {}
    for environment, window_s, through in (
        Source.objects.filter(enabled=True)
        .order_by("pk")
        .values_list("environment_id", "window_s", "collected_through_at")
    ):
        rows.setdefault(environment, []).append((window_s, through))
    return {environment: queries.clock_of(sources) for environment, sources in rows.items()}


def compose(environment_id: int) -> None:
    """Works out and stores the newest graph, what is to be alerted with it; once, whoever asks meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"health.graph|{environment_id}"])
        if not cursor.fetchone()[0] or environment_id not in due(database_now(), 10_000):
            return
        environment = Environment.objects.get(pk=environment_id)
        clock = clocks()[environment_id]
        assert clock.through is not None  # noqa: S101 - `due` said so
        graph = measure(environment, through=clock.through, window_s=clock.window_s)
        now = database_now()
        keep(environment, graph, now)
        note_edges(environment, graph, now)
        alerting.follow(environment, graph, now)
        forget(environment)


def keep(environment: Environment, graph: Graph, now: datetime) -> GraphSnapshot:
    """Stores the graph."""
    nodes, edges = dumped(graph.nodes.values(), graph.edges)
    return GraphSnapshot.objects.create(
        environment=environment,
        since_at=graph.since_at,
        through_at=graph.through_at,
        made_at=now,
        nodes=nodes,
        edges=edges,
        failing=[node.service for node in graph.nodes.values() if node.status is Status.FAILING],
    )


def note_edges(environment: Environment, graph: Graph, now: datetime) -> None:
    """Writes which edges were seen: new ones at once, known ones now and then."""
    seen = {(edge.caller, edge.callee) for edge in graph.edges if edge.calls}
    known = {
        (row.caller, row.callee): row.last_seen_at
        for row in ObservedEdge.objects.filter(environment=environment, contract="")
    }
    ObservedEdge.objects.bulk_create(
        [
            ObservedEdge(
                environment=environment, caller=caller, callee=callee, first_seen_at=now, last_seen_at=now
            )
            for caller, callee in sorted(seen)
            if (caller, callee) not in known or now - known[caller, callee] >= SEEN_AGAIN
        ],
        update_conflicts=True,
        unique_fields=["environment", "caller", "callee", "contract", "version"],
        update_fields=["last_seen_at"],
        batch_size=2000,
    )


def forget(environment: Environment) -> None:
    """Drops the nodes and edges of all but the newest snapshots, and the oldest snapshots."""
    newest = GraphSnapshot.objects.filter(environment=environment).order_by("-through_at", "-pk")
    whole = newest.values("pk")[:KEPT_WHOLE]
    GraphSnapshot.objects.filter(environment=environment, nodes__isnull=False).exclude(pk__in=whole).update(
        nodes=None, edges=None
    )
    last = newest.values_list("through_at", flat=True)[KEPT - 1 : KEPT]
    for through_at in last:
        GraphSnapshot.objects.filter(environment=environment, through_at__lt=through_at).delete()
