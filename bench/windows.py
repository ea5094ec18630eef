"""One minute's windows of 20,000 series, written in four ways; and a day of them dropped."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.figures import Table

SERIES, ROUNDS = 20_000, 7
START = datetime(2026, 3, 2, tzinfo=UTC)
COPIED = ("series_id", "start_at", "bad", "total", "buckets", "gap")


def measure() -> Table:
    from rollouts.health import writing
    from rollouts.health.models import Window

    ways: dict[str, Callable[[Sequence[Window]], object]] = {
        "`bulk_create`": lambda rows: Window.objects.bulk_create(
            rows, ignore_conflicts=True, batch_size=2000
        ),
        "`unnest`, on conflict do nothing": writing.write,
        "binary COPY": _copy,
    }
    took = {name: _seconds(write, number) for number, (name, write) in enumerate(ways.items())}
    rows = [(f"write {SERIES:,}: {name}", f"{seconds * 1000:.0f} ms") for name, seconds in took.items()]
    began = time.perf_counter()
    Window.DAYS.drop(START.date())
    rows.append((f"drop a day of {SERIES * ROUNDS:,}", f"{(time.perf_counter() - began) * 1000:.0f} ms"))
    whole = took["`unnest`, on conflict do nothing"]
    answer = (
        f"{SERIES:,} windows of one minute are written in {whole:.2f} s, whoever else wrote some of them."
    )
    return Table(("what", f"median of {ROUNDS}"), tuple(rows), answer)


def _seconds(write: Callable[..., object], day: int) -> float:
    """The median time of writing one minute's windows of all series, each round another minute."""
    from rollouts.health.models import Window

    seconds = []
    for minute in range(ROUNDS):
        start = START + timedelta(days=day, minutes=minute)
        buckets = [[0.1, 5], [0.5, 9], [1.0, 10], [None, 10]]
        rows = [
            Window(series_id=number, start_at=start, bad=1, total=10, buckets=buckets)
            for number in range(1, SERIES + 1)
        ]
        began = time.perf_counter()
        write(rows)
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _copy(rows: Sequence[object]) -> None:
    from django.db import connection, transaction
    from psycopg.types.json import Jsonb

    from rollouts.health.models import Window

    Window.DAYS.ensure(row.day for row in rows if isinstance(row, Window))
    statement = f"COPY health_window ({', '.join(COPIED)}) FROM STDIN (FORMAT BINARY)"
    with transaction.atomic(), connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.set_types(["int8", "timestamptz", "int8", "int8", "jsonb", "bool"])
        for row in rows:
            if isinstance(row, Window):
                copy.write_row((row.series_id, row.start_at, row.bad, row.total, Jsonb(row.buckets), row.gap))
