"""The clock: offers what is due to the workers, and does itself what nobody took within two ticks.

It carries no truth. Any number may run: what is due stands in rows, and each row's work locks it and looks
again. Celery messages are hints; with the broker gone the ticker does everything itself.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections
from django.db.models import Min

from rollouts.audit.registry import DueWork, due_work
from rollouts.audit.tasks import run_due
from rollouts.health.models import Source
from rollouts.lib import faults
from rollouts.lib.clock import database_now
from rollouts.lib.stopping import Stop

logger = logging.getLogger(__name__)

LIMIT = 400  # rows of one kind of work a tick looks at
OWN_AFTER_TICKS = 2


def offer(work: str, pks: list[int]) -> None:
    """Sends one hint for a batch. Raises what the broker's client raises."""
    run_due.apply_async(kwargs={"work": work, "pks": pks}, ignore_result=True, retry=False, expires=30)


def pause_between(tick_s: float) -> float:
    """Seconds between ticks: as set, and at most a fifth of the shortest window that is measured."""
    shortest = Source.objects.filter(enabled=True).aggregate(shortest=Min("window_s"))["shortest"]
    return tick_s if shortest is None else min(tick_s, shortest / 5)


@dataclass
class Ticker:
    """One clock. `offer` hands work to others; `own` does it here."""

    tick_s: float
    offer: Callable[[str, list[int]], None] = offer
    pause_s: float = 1.0
    _offered: dict[tuple[str, int], int] = field(default_factory=dict)
    _running: set[tuple[str, int]] = field(default_factory=set)
    _tick: int = 0
    _broker_down_until: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "ticker"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tick(self) -> None:
        """Looks once at every kind of work."""
        self._tick += 1
        self.pause_s = pause_between(self.tick_s)
        now = database_now()
        due: set[tuple[str, int]] = set()
        for work in due_work.values():
            due |= {(work.name, pk) for pk in self._look(work, now)}
        self._offered = {item: tick for item, tick in self._offered.items() if item in due}

    def _look(self, work: DueWork, now: datetime) -> list[int]:
        pks = list(work.due(now, LIMIT))
        fresh = [pk for pk in pks if (work.name, pk) not in self._offered]
        stale = [
            pk for pk in pks if self._tick - self._offered.get((work.name, pk), self._tick) >= OWN_AFTER_TICKS
        ]
        faults.reach("ticker_claimed")
        for start in range(0, len(fresh), work.batch):
            self._hand_out(work, fresh[start : start + work.batch])
        for pk in stale:
            self._do(work, pk)
        return pks

    def _hand_out(self, work: DueWork, pks: list[int]) -> None:
        for pk in pks:
            self._offered[work.name, pk] = self._tick
        if self._tick < self._broker_down_until:
            for pk in pks:
                self._do(work, pk)
            return
        try:
            self.offer(work.name, pks)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises: work goes on here
            logger.warning("ticker.broker_silent: %s", error)
            self._broker_down_until = self._tick + 5
            for pk in pks:
                self._do(work, pk)

    def _do(self, work: DueWork, pk: int) -> None:
        item = (work.name, pk)
        with self._lock:
            if item in self._running:
                return
            self._running.add(item)
        self._pool.submit(self._run, work, pk)

    def _run(self, work: DueWork, pk: int) -> None:
        close_old_connections()
        try:
            work.run(pk)
        except Exception:
            logger.exception("ticker.work_failed: %s %s", work.name, pk)
        finally:
            close_old_connections()
            with self._lock:
                self._running.discard((work.name, pk))

    def settle(self) -> None:
        """Waits until the work in hand is done."""
        self._pool.shutdown(wait=True)
        self._pool = ThreadPoolExecutor(4, "ticker")

    def run(self, stop: threading.Event | Stop) -> None:
        """Ticks until told to stop; a database that does not answer is waited for."""
        while not stop.is_set():
            try:
                close_old_connections()
                self.tick()
            except Exception as error:  # noqa: BLE001 - the clock outlives any one fault
                logger.warning("ticker.tick_failed: %s: %s", type(error).__name__, error)
            stop.wait(self.pause_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
