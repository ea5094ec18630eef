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

SERVICES, TICKS, WARM, MOVED = 5_000, 10, 4, 50


class Clock:
    """The database's clock: windows close when the measurement says so."""

    now: datetime = fleet.BEGIN - fleet.WINDOW


@contextmanager
def moved(clock: Clock) -> Iterator[None]:
    """Every part sees this clock."""
    from rollouts.audit import services as audit
    from rollouts.decisions import judging
    from rollouts.gates import services as gates
    from rollouts.health import collecting, services

    with ExitStack() as patches:
        for module in (audit, judging, gates, collecting, services):
            patches.enter_context(mock.patch.object(module, "database_now", side_effect=lambda: clock.now))
        yield


class Parts:
    """Seconds and calls of the parts of a tick, as it runs."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: defaultdict[str, int] = defaultdict(int)

    @contextmanager
    def watched(self) -> Iterator[None]:
        from rollouts.decisions import judging
        from rollouts.decisions import services as decisions
        from rollouts.health import collecting

        places = (
            (collecting, "tell", "told"),
            (judging, "_changed", "judged"),
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
        server = fleet.prometheus(place / "prometheus", services, ticks, broken)
        try:
            source = floor.source(server.url)
            for number in range(ticks):
                clock.now = fleet.BEGIN + number * fleet.WINDOW + timedelta(seconds=50)
                with doors(shut=number < WARM):
                    rows.append(tick(source, clock, server.process.pid))
        finally:
            server.stop()
    return _table(services, rows[WARM:])


@contextmanager
def doors(*, shut: bool) -> Iterator[None]:
    """The first verdicts of all gates would send every rollout through the door: not what is measured."""
    from rollouts.decisions import judging

    with ExitStack() as patches:
        if shut:
            patches.enter_context(mock.patch.object(judging, "_duties", return_value=False))
        yield


def tick(source: Any, clock: Clock, server: int) -> dict[str, float]:
    from rollouts.gates.models import Gate, Verdict
    from rollouts.health import services

    words = dict(Gate.objects.order_by("pk").values_list("pk", "verdict"))
    source.refresh_from_db()
    clock.now = max(clock.now, source.due_at) if source.due_at else clock.now
    parts, before = Parts(), spent(server)
    begun = time.perf_counter()
    with parts.watched():
        services.collect([source.pk])
    wall = time.perf_counter() - begun
    cpu = {name: after - before[name] for name, after in spent(server).items()}
    told = parts.seconds
    found = {
        "wall": wall,
        "collecting": wall - told["told"],
        "judging and writing": told["judged"],
        "doors": told["doors"],
        "listening": told["told"] - told["judged"] - told["doors"],
        "moved": float(parts.calls["doors"]),
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
