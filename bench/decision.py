"""A decision through the door against a bare lock, insert and commit on the same database."""

import os
import threading
from collections.abc import Callable

import psycopg

from bench.figures import Table, ms, quantile, timed

ROUNDS = 200
CALLERS = (1, 2, 4)


def measure() -> Table:
    from tests.decisions import factories as make
    from tests.decisions.copies import copies

    there = make.world()
    first = make.ready(there, "bench")
    slugs = [first.slug, *(row.slug for row in copies(first, [f"bench-{n}" for n in range(1, 4)]))]
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url) as setting:
        setting.execute("CREATE TABLE bare (slug text PRIMARY KEY, seq int)")
        setting.execute("CREATE TABLE bare_event (slug text, seq int, at timestamptz, body jsonb)")
        setting.cursor().executemany("INSERT INTO bare VALUES (%s, 0)", [(slug,) for slug in slugs])
    rows, ratios = [], []
    for callers in CALLERS:
        bare = _together(callers, lambda number: _bare(url, slugs[number]))
        door = _together(callers, lambda number: _door(there, slugs[number]))
        ratio = quantile(door, 0.5) / quantile(bare, 0.5)
        ratios.append(ratio)
        times = [ms(quantile(values, share)) for values in (bare, door) for share in (0.5, 0.95)]
        rows.append((str(callers), *times, f"×{ratio:.0f}"))
    return Table(
        ("callers", "bare p50", "bare p95", "door p50", "door p95", "ratio of p50"),
        tuple(rows),
        f"A decision costs ×{ratios[0]:.0f} of a bare lock, insert and commit with one caller,"
        f" {rows[0][3]} at the median.",
    )


def _together(callers: int, work: Callable[[int], Callable[[], None]]) -> list[float]:
    """The times of all callers, each on a row and a connection of its own."""
    found: list[float] = []

    def call(number: int) -> None:
        from django.db import connection

        once = work(number)
        for _ in range(2):  # an even number of times, as ROUNDS is: held, resumed
            once()
        found.extend([timed(once) for _ in range(ROUNDS)])
        connection.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _bare(url: str, slug: str) -> Callable[[], None]:
    connection = psycopg.connect(url)

    def once() -> None:
        with connection.transaction():
            seq = connection.execute("SELECT seq FROM bare WHERE slug = %s FOR UPDATE", [slug]).fetchone()
            assert seq is not None  # noqa: S101 - inserted above
            connection.execute("UPDATE bare SET seq = seq + 1 WHERE slug = %s", [slug])
            connection.execute(
                "INSERT INTO bare_event VALUES (%s, %s, clock_timestamp(), '{}')", [slug, seq[0] + 1]
            )

    return once


def _door(there: object, slug: str) -> Callable[[], None]:
    from rollouts.decisions.machine.values import Action
    from tests.decisions import factories as make

    actions = [Action.HOLD, Action.RESUME]

    def once() -> None:
        make.decide(there.priya, actions[0], slug)  # type: ignore[attr-defined]
        actions.reverse()

    return once
