"""The dependency map of 10,000 services with 40,000 edges: its cores, a snapshot, the page that reads it."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.figures import Table, ms

SERVICES, EDGES = 10_000, 40_000
SIZES = (100, 1_000, SERVICES)
WINDOWS = 5
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def measure() -> Table:
    from django.test import Client

    from rollouts.health.graph import composing
    from rollouts.health.models import GraphSnapshot
    from tests.accounts.factories import person

    rows = []
    client = Client()
    client.force_login(person("bench@example.test"))
    for size in SIZES:
        environment = _fleet(size)
        pure = _pure(size)
        composing.compose(
            environment
        )  # the first writes every edge as seen, which happens once an hour later
        GraphSnapshot.objects.filter(environment=environment).delete()
        composed = _timed(partial(composing.compose, environment))
        assert GraphSnapshot.objects.filter(environment=environment).exists()  # noqa: S101 - else nothing was measured
        address = f"/graph/?environment=bench-{size}"
        client.get(address)
        page = min(_timed(partial(client.get, address)) for _ in range(3))
        around = f"{address}&focus=s{size}-1"
        focus = min(_timed(partial(client.get, around)) for _ in range(3))
        told = (pure, composed, page, focus)
        rows.append((f"{size:,}", f"{size * 4:,}", *(ms(each) for each in told)))
    return Table(
        (
            "services",
            "edges",
            "rollup, culprits, judgement",
            "snapshot",
            "page where the trouble is",
            "page around one",
        ),
        tuple(rows),
        "One snapshot a window and environment; pages read its row. (wanted: the cores well under 1 s.)",
    )


def _timed(what: Callable[[], Any]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _pairs(size: int) -> list[tuple[int, int]]:
    chance = random.Random(size)
    found: set[tuple[int, int]] = set()
    while len(found) < size * EDGES // SERVICES:
        one, other = sorted(chance.sample(range(size), 2))
        found.add((one, other))
    return sorted(found)


def _pure(size: int) -> float:
    """The cores alone."""
    from rollouts.health.composite.culprit import Seen, find
    from rollouts.health.composite.rollup import Call, judge, rollup

    chance = random.Random(size)
    names = [f"s{at}" for at in range(size)]
    own: dict[str, float | None] = {name: chance.choice([1, 1, 1, 0.5, None]) for name in names}
    pairs = [(names[one], names[other]) for one, other in _pairs(size)]
    calls = [Call(*pair, 0.3) for pair in pairs]
    seen = [Seen(*pair, 0.3, 0.02) for pair in pairs]
    errors = {name: chance.choice([0.0, 0.02]) for name in names}

    def once() -> None:
        judge(names, rollup(own, calls), own, dict.fromkeys(names, 2))
        find(errors, seen).victims()

    return min(_timed(once) for _ in range(3))


def _fleet(size: int) -> int:
    """An environment with so many services, of which one in a thousand fails; the id of it."""
    from django.db import connection

    from rollouts.catalog.models import Environment, Service
    from rollouts.health.models import Series, Window
    from rollouts.health.values import Perspective, Signal
    from tests.health.factories import source, team

    place = Environment.objects.create(slug=f"bench-{size}", name=f"Bench {size}")
    Service.objects.update(gone_at=BEGIN)
    teams = [team(f"team-{at}") for at in range(min(100, size // 10))]
    Service.objects.bulk_create(
        Service(slug=f"s{size}-{at}", name=f"Service {at}", team=teams[at % len(teams)], tier=at % 4)
        for at in range(size)
    )
    found = list(Service.objects.filter(gone_at=None).order_by("pk"))
    end = BEGIN + WINDOWS * timedelta(seconds=60)
    of = source(f"bench-{size}", environment=place, window_s=60, collected_through_at=end)
    common = {
        "source": of,
        "environment": place,
        "version": "1",
        "signal": Signal.ERRORS,
        "last_seen_at": end,
    }
    served = [Series(service=row, perspective=Perspective.SERVER, **common) for row in found]
    called = [
        Series(service=found[callee], perspective=Perspective.CALLERS, caller=found[caller].slug, **common)
        for caller, callee in _pairs(size)
    ]
    rows = Series.objects.bulk_create([*served, *called], batch_size=2000)
    failing = {row.pk for row in found[:: max(1, min(1000, size // 2))]}
    Window.objects.bulk_create(
        (
            Window(
                series_id=row.pk,
                start_at=BEGIN + number * timedelta(seconds=60),
                total=100,
                bad=20 if row.service_id in failing else 0,
            )
            for row in rows
            for number in range(WINDOWS)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return place.pk
