"""How far dependencies reach among 10,000 services, 40,000 edges: read and walked, against recursive SQL."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from bench.figures import Table, ms, quantile, timed

SERVICES, EDGES, TRIES = 10_000, 40_000, 40
RECURSIVE = """
WITH RECURSIVE edge AS MATERIALIZED ({edges}),
reached(id) AS (
    SELECT %(start)s::bigint
    UNION SELECT edge.{other} FROM reached JOIN edge ON edge.{own} = reached.id
)
SELECT count(*) FROM reached
"""


def measure() -> Table:
    from django.db import connection
    from django.test import Client

    from rollouts.catalog.models import Service
    from rollouts.health.edges.closure import EDGES as SQL
    from rollouts.health.edges.closure import closure
    from rollouts.health.edges.confidence import DORMANT
    from rollouts.health.edges.reach import Direction
    from tests.accounts.factories import person

    _fleet()
    chance = random.Random(5)
    starts = chance.sample(list(Service.objects.order_by("pk")), TRIES)
    client = Client()
    client.force_login(person("bench@example.test"))
    assert client.get("/dependencies/of/s-1/?environment=bench").status_code == 200
    assert client.get("/api/v1/services/s-1/reach/?environment=bench").status_code == 200

    def recursive(service: Service, own: str, other: str) -> None:
        with connection.cursor() as cursor:
            text = RECURSIVE.format(edges=SQL, own=own, other=other)
            cursor.execute(text, {"start": service.pk, "environment": "bench", "dormant": DORMANT})
            cursor.fetchone()

    ways: dict[str, Callable[[Service], object]] = {
        "neighbourhood, 2 steps": lambda one: closure(one, "bench", Direction.AROUND, depth=2),
        "downstream closure": lambda one: closure(one, "bench", Direction.DOWN),
        "upstream closure": lambda one: closure(one, "bench", Direction.UP),
        "blast radius, API": lambda one: client.get(
            f"/api/v1/services/{one.slug}/reach/?environment=bench&direction=up"
        ),
        "blast radius, page": lambda one: client.get(f"/dependencies/of/{one.slug}/?environment=bench"),
        "downstream, recursive SQL": lambda one: recursive(one, "caller", "callee"),
        "upstream, recursive SQL": lambda one: recursive(one, "callee", "caller"),
    }
    rows = []
    for name, ask in ways.items():
        ask(starts[0])
        with counting() as queries:
            ask(starts[1])
        took = [timed(partial(ask, one)) for one in starts]
        rows.append(
            (name, ms(quantile(took, 0.5)), ms(quantile(took, 0.95)), ms(max(took)), str(len(queries)))
        )
    many = [closure(one, "bench", Direction.UP).many for one in starts]
    return Table(
        ("question", "median", "95 %", "longest", "queries"),
        tuple(rows),
        f"{SERVICES:,} services, {EDGES:,} edges, a quarter each by contract, plain, seen, and both; {TRIES}"
        f" starts, whose blast radius has {quantile(many, 0.5):,} services in the middle and {max(many):,} at"
        " most. (wanted: each under 100 ms, a constant number of queries.)",
    )


@contextmanager
def counting() -> Iterator[list[str]]:
    """The queries that are made meanwhile, also by requests, which forget the log of a connection."""
    from django.db import connection

    made: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        made.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield made


def _fleet() -> None:
    from django.db import connection

    from rollouts.catalog.models import Environment, Service
    from rollouts.contracts.models import Consumer, Contract, Dependency
    from rollouts.health.models import ObservedEdge
    from rollouts.lib.clock import database_now
    from tests.accounts.factories import team

    place = Environment.objects.create(slug="bench", name="Bench", production=True)
    teams = [team(f"team-{at}") for at in range(100)]
    rows = Service.objects.bulk_create(
        Service(slug=f"s-{at}", name=f"Service {at}", team=teams[at % 100], tier=at % 4)
        for at in range(SERVICES)
    )
    contracts = Contract.objects.bulk_create(
        Contract(slug=f"c-{at}", name=f"C {at}", provider=row, format="openapi")
        for at, row in enumerate(rows)
    )
    chance, now = random.Random(7), database_now()
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < EDGES:
        one, other = chance.sample(range(SERVICES), 2)
        pairs.add((one, other))
    kinds = [(pair, number % 4) for number, pair in enumerate(sorted(pairs))]
    Consumer.objects.bulk_create(
        (
            Consumer(service=rows[one], contract=contracts[other])
            for (one, other), kind in kinds
            if kind in (0, 3)
        ),
        batch_size=5000,
    )
    Dependency.objects.bulk_create(
        (Dependency(service=rows[one], on=rows[other]) for (one, other), kind in kinds if kind == 1),
        batch_size=5000,
    )
    ObservedEdge.objects.bulk_create(
        (
            ObservedEdge(
                environment=place, caller=f"s-{one}", callee=f"s-{other}", week_calls=700,
                first_seen_at=now - timedelta(days=9), last_seen_at=now,
            )
            for (one, other), kind in kinds
            if kind in (2, 3)
        ),
        batch_size=5000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
