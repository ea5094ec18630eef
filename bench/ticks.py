"""Whole ticks of many gates with a real Prometheus: collecting, judging and writing, against a floor."""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from bench import fleet, floor
from bench.figures import Table
from bench.processes import spent
from bench.workers import Worker, working

SERVICES, TICKS, WARM, MOVED = 5_000, 10, 4, 50


class Clock:
    """The database's clock: windows close when the measurement says so."""

    now: datetime = fleet.BEGIN - fleet.WINDOW


@contextmanager
def moved(clock: Clock) -> Iterator[None]:
    """Every part sees this clock."""
    from rollouts.audit import services as audit
    from rollouts.decisions import batches, judging
    from rollouts.gates import services as gates
    from rollouts.health import collecting, services

    with ExitStack() as patches:
        for module in (audit, batches, judging, gates, collecting, services):
            patches.enter_context(mock.patch.object(module, "database_now", side_effect=lambda: clock.now))
        yield


class Parts:
    """Seconds and calls of the parts of a tick, as it runs."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: defaultdict[str, int] = defaultdict(int)

    @contextmanager
    def watched(self) -> Iterator[None]:
        from rollouts.decisions import services as decisions
        from rollouts.gates import services as gates
        from rollouts.health import collecting

        places = (
            (collecting, "tell", "told"),
            (gates, "judge", "judged"),
            (decisions, "do_duties", "doors"),
        )
        with ExitStack() as patches:
            for module, name, part in places:
                plain = getattr(module, name)
                patches.enter_context(mock.patch.object(module, name, self._timing(plain, part)))
            yield

    def _timing(self, plain: Callable[..., Any], part: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return plain(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - begun
                self.calls[part] += 1

        return timed


def measure(services: int = SERVICES) -> Table:
    many = max(1, MOVED * services // SERVICES)
    ticks = WARM + TICKS
    broken = {
        service: WARM + tick for tick in range(TICKS) for service in range(tick * many, (tick + 1) * many)
    }
    place = Path(os.environ["GATEHOUSE_STATE_DIR"]).parent
    clock, rows = Clock(), []
    with moved(clock):
        fleet.rollouts(services)
        _swept()
        server = fleet.prometheus(place / "prometheus", services, ticks, broken)
        try:
            source = floor.source(server.url)
            with working(beside(clock)) as worker:
                for number in range(ticks):
                    clock.now = fleet.BEGIN + number * fleet.WINDOW + timedelta(seconds=50)
                    with doors(shut=number < WARM):
                        rows.append(tick(source, clock, server.process.pid, worker, shut=number < WARM))
        finally:
            server.stop()
    return _table(services, rows[WARM:])


def _swept() -> None:
    """As in a database that has been up for a day: nothing is left to be cleaned during the ticks."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


@contextmanager
def doors(*, shut: bool) -> Iterator[None]:
    """The first verdicts of all gates would send every rollout through the door: not what is measured."""
    from rollouts.decisions import judging

    with ExitStack() as patches:
        if shut:
            patches.enter_context(mock.patch.object(judging, "_duties", return_value=False))
        yield


def beside(clock: Clock) -> Callable[..., dict[str, float]]:
    """What the second worker does when it is called: seconds and calls of its parts."""

    def doing(told: tuple[datetime, bool], work: str, pks: list[int]) -> dict[str, float]:
        from rollouts.audit.tasks import run_due

        clock.now, shut = told
        parts = Parts()
        with doors(shut=shut), parts.watched():
            run_due(work=work, pks=pks)
        return {**parts.seconds, "moved": parts.calls["doors"]}

    return doing


def tick(source: Any, clock: Clock, server: int, worker: Worker, *, shut: bool = False) -> dict[str, float]:
    from rollouts.gates.models import Gate, Verdict
    from rollouts.health import services

    words = dict(Gate.objects.order_by("pk").values_list("pk", "verdict"))
    source.refresh_from_db()
    clock.now = max(clock.now, source.due_at) if source.due_at else clock.now
    parts, pid = Parts(), worker.process.pid or 0
    worker.told = clock.now, shut
    before = spent(server, pid)
    begun = time.perf_counter()
    with parts.watched():
        services.collect([source.pk])
    told = parts.seconds["told"]
    collected = time.perf_counter() - begun - told
    theirs = worker.answers()
    wall = time.perf_counter() - begun
    cpu = {name: after - before[name] for name, after in spent(server, pid).items()}
    both = [{**parts.seconds, "moved": parts.calls["doors"]}, *theirs]
    # Two workers share them: so much of the wall is theirs. What one waits for the other is judging's.
    doors_s = sum(each.get("doors", 0.0) for each in both) / 2
    found = {
        "wall": wall,
        "collecting": collected,
        "judging and writing": wall - collected - doors_s,
        "doors": doors_s,
        "moved": float(sum(each.get("moved", 0) for each in both)),
        **{f"cpu {name}": seconds for name, seconds in cpu.items()},
    }
    now = dict(Gate.objects.order_by("pk").values_list("pk", "verdict"))
    found["changed"] = sum(1 for pk, word in now.items() if words[pk] != word) / len(now)
    source.refresh_from_db()
    found["requests"] = source.requests_last
    floors = floor.measure(source, server)
    found |= {f"floor {name}": seconds for name, seconds in floors.items()}
    found["floor"] = sum(floors.values())
    found["ratio"] = (found["collecting"] + found["judging and writing"]) / found["floor"]
    found["history"] = Verdict.objects.count()
    sys.stderr.write(f"{ {name: round(value, 3) for name, value in found.items()} }\n")
    return found


def _table(services: int, rows: list[dict[str, float]]) -> Table:
    names = list(rows[0])
    lines = tuple(
        (name, f"{median(row[name] for row in rows):.2f}", f"{max(row[name] for row in rows):.2f}")
        for name in names
    )
    return Table(("what", f"median of {len(rows)}", "largest"), lines, f"{4 * services:,} gates.")
