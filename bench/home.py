"""The first page and the list of rollouts with 100 and with 10,000 rollouts."""

import gc
from typing import Any

from bench.figures import Table, ms, quantile, timed

ROUNDS = 40
FEW, MANY = 100, 10_000
PAGES = (("home", "/"), ("home, everything", "/?show=all"), ("list", "/rollouts/"))


def measure() -> Table:
    from django.test import Client

    from rollouts.plans.models import Rollout
    from tests.decisions import factories as make
    from tests.decisions.copies import copies

    there = make.world()
    first = make.ready(there, "bench")
    client = Client()
    client.force_login(there.mina)
    client.get("/")
    gc.collect()
    gc.freeze()  # as config/wsgi.py does
    found: dict[tuple[str, int], tuple[int, float, float]] = {}
    for size in (FEW, MANY):
        begun = Rollout.objects.count()
        for start in range(begun, size, 1000):
            copies(first, [f"bench-{number}" for number in range(start, min(start + 1000, size))])
        _analyze()
        for name, address in PAGES:
            found[name, size] = _asked(client, address)
    rows, worst = [], 0.0
    for name, _ in PAGES:
        (queries, middle, late), (more, middle_many, late_many) = found[name, FEW], found[name, MANY]
        worst = max(worst, late_many / late)
        times = [f"{ms(few)} / {ms(many)}" for few, many in ((middle, middle_many), (late, late_many))]
        rows.append((name, f"{queries} / {more}", *times, f"×{late_many / late:.2f}"))
    return Table(
        ("page", f"queries, {FEW} / {MANY}", "p50", "p95", "p95 ratio"),
        tuple(rows),
        f"From {FEW} to {MANY} rollouts p95 grows by at most ×{worst:.2f} (wanted: ×1.5).",
    )


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _asked(client: Any, address: str) -> tuple[int, float, float]:
    """Queries of one page, and its times at p50 and p95."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def once() -> None:
        assert client.get(address).status_code == 200  # noqa: S101 - a page that fails is not measured

    once()
    with CaptureQueriesContext(connection) as captured:
        once()
    queries = len(captured)  # now: the next request empties the list
    times = [timed(once) for _ in range(ROUNDS)]
    return queries, quantile(times, 0.5), quantile(times, 0.95)
