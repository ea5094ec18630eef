"""A tick with 0, 10 and 100 days of windows and verdicts behind it, and how often a source is asked."""

import os
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench import fleet, floor
from bench.figures import Table, Tables
from bench.ticks import Clock, beside, doors, moved, tick
from bench.workers import Worker, working

SERVICES, TICKS, WARM = 20, 15, 5
DAYS = (0, 10, 100)
SIZES = (10, 100, 1000)

WINDOWS = """
INSERT INTO health_window (series_id, start_at, bad, total, gap)
SELECT id, at, 3, 600, false FROM health_series, generate_series(%s, %s, interval '1 minute') AS at
ON CONFLICT DO NOTHING
"""
VERDICTS = """
INSERT INTO gates_verdict (gate_id, at, word, warning, sentence, evidence, repeat)
SELECT id, at, verdict, false, sentence, evidence::jsonb, true
FROM gates_gate, generate_series(%s, %s, interval '1 hour') AS at WHERE judged_at IS NOT NULL
"""


def measure() -> Tables:
    place = Path(os.environ["GATEHOUSE_STATE_DIR"]).parent
    clock = Clock()
    with moved(clock), doors(shut=True):
        asked = _requests(place / "asked", clock)
        clock.now = fleet.BEGIN - fleet.WINDOW
        return Tables(_history(place / "history", clock), asked)


def _history(place: Path, clock: Clock) -> Table:
    many = len(DAYS) * (TICKS + WARM)
    fleet.rollouts(SERVICES)
    server = fleet.prometheus(place, SERVICES, many, {})
    rows, before = [], 0
    try:
        source = floor.source(server.url)
        with working(beside(clock)) as worker:
            for stage, days in enumerate(DAYS):
                if stage:
                    _fill(fleet.BEGIN - timedelta(days=days), fleet.BEGIN - timedelta(days=before, hours=1))
                before, begin = days, stage * (TICKS + WARM)
                walls, cpus = _ticks(source, clock, server.process.pid, worker, begin)
                counts = _rows("health_window"), _rows("gates_verdict")
                rows.append((days, *counts, median(walls), median(cpus)))
    finally:
        server.stop()
    first = rows[0]
    return Table(
        ("days of history", "windows", "verdicts", "a tick", "of the first", "CPU", "of the first"),
        tuple(
            (
                str(days),
                f"{windows:,}",
                f"{verdicts:,}",
                f"{wall * 1000:.0f} ms",
                f"×{wall / first[3]:.2f}",
                f"{cpu * 1000:.0f} ms",
                f"×{cpu / first[4]:.2f}",
            )
            for days, windows, verdicts, wall, cpu in rows
        ),
        f"{4 * SERVICES} gates, medians of {TICKS} ticks. Wanted: ×1.2 at most.",
    )


def _ticks(
    source: Any, clock: Clock, server: int, worker: Worker, first: int
) -> tuple[list[float], list[float]]:
    walls, cpus = [], []
    for number in range(first, first + WARM + TICKS):
        clock.now = fleet.BEGIN + number * fleet.WINDOW + timedelta(seconds=50)
        found = tick(source, clock, server, worker)
        if number >= first + WARM:
            walls.append(found["wall"])
            cpus.append(found["cpu ours"] + found["cpu PostgreSQL"])
    return walls, cpus


def _fill(since: Any, until: Any) -> None:
    """A window a minute of every series, and a verdict an hour of every gate."""
    from django.db import connection

    from rollouts.gates.models import Verdict
    from rollouts.health.models import Window

    days = [since.date() + timedelta(days=number) for number in range((until - since).days + 2)]
    Window.DAYS.ensure(days)
    Verdict.DAYS.ensure(days)
    with connection.cursor() as cursor:
        for number in range((until - since).days + 1):
            begin = since + timedelta(days=number)
            end = min(begin + timedelta(days=1), until)
            cursor.execute(WINDOWS, [begin, end])
            cursor.execute(VERDICTS, [begin, end])
        cursor.execute("ANALYZE health_window, gates_verdict")


def _rows(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - one of ours
        return int(cursor.fetchone()[0])


def _requests(place: Path, clock: Clock) -> Table:
    """A catalog that grows, and a source that knows all of it."""
    from rollouts.catalog.models import Service
    from rollouts.health import services
    from tests.decisions import factories as make

    there = make.world()
    server = fleet.prometheus(place, max(SIZES), len(SIZES) + 1, {})
    rows, known = [], 0
    try:
        source = floor.source(server.url)
        for number, size in enumerate(SIZES):
            Service.objects.bulk_create(
                Service(slug=fleet.slug(each), name=f"Service {each}", team=there.owners)
                for each in range(known, size)
            )
            known = size
            clock.now = fleet.BEGIN + number * fleet.WINDOW + timedelta(seconds=50)
            services.collect([source.pk])
            source.refresh_from_db()
            rows.append((f"{size:,}", str(source.requests_last)))
    finally:
        server.stop()
        source.delete()
        Service.objects.filter(slug__startswith="service-").delete()
    return Table(("services", "requests a tick"), tuple(rows), "Wanted: as many with 1,000 as with 10.")
