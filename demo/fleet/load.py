"""A bounded load generator: so many requests a second, and never more than so many at once."""

import queue
import random
import threading
import time
from collections.abc import Mapping

from demo.fleet.calls import Client

SHARES = {"checkout": 0.25, "shipping": 0.25, "invoicing": 0.25, "notifications": 0.25}
CUSTOMERS = 250
"""For each caller. Few enough that everybody has a last answer when Gatehouse goes away,
and enough that the part of them that a percentage picks lies close to it."""
QUESTIONS_PER_S = 5.0
"""A caller gets a new customer at most so often, with a burst of as many; above that rate customers come
twice within a second, which the callers' memory absorbs. So Gatehouse is asked at most 25 times a second."""
WORKERS = 40
TIMEOUT_S = 6.0


class Customers:
    """Customers of one service, one after the other; `now` is monotonic seconds."""

    def __init__(self, service: str, *, now: float) -> None:
        self._service = service
        self._number = random.randrange(CUSTOMERS)
        self._left = QUESTIONS_PER_S
        self._at = now

    def next(self, now: float) -> str:
        self._left = min(QUESTIONS_PER_S, self._left + (now - self._at) * QUESTIONS_PER_S)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            self._number = (self._number + 1) % CUSTOMERS
        return f"{self._service}-customer-{self._number:03d}"


class Load:
    """Sends `rate` requests a second to the callers of orders, spread as `SHARES` says."""

    def __init__(self, urls: Mapping[str, str], *, rate: float) -> None:
        self._rate = rate
        self._clients = {name: Client(url, timeout_s=TIMEOUT_S) for name, url in urls.items()}
        self._customers = {name: Customers(name, now=time.monotonic()) for name in urls}
        self._work: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self._stopped = threading.Event()
        self._idle = threading.Semaphore(0)
        self._workers = 0
        self.skipped = 0

    def start(self) -> None:
        if self._rate > 0:
            threading.Thread(target=self._pace, name="load", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        for _ in range(self._workers):
            self._work.put(None)
        for client in self._clients.values():
            client.close()

    def _pace(self) -> None:
        next_at = time.monotonic()
        while not self._stopped.wait(max(0.0, next_at - time.monotonic())):
            now = time.monotonic()
            # After a pause of the machine the missed requests are not made up for in a burst.
            next_at = max(next_at, now - 0.2) + random.uniform(0.5, 1.5) / self._rate
            (service,) = random.choices(tuple(SHARES), tuple(SHARES.values()))
            self._offer(service, self._customers[service].next(now))

    def _offer(self, service: str, customer: str) -> None:
        if not self._idle.acquire(blocking=False):
            if self._workers >= WORKERS:
                self.skipped += 1
                return
            self._workers += 1
            threading.Thread(target=self._send, name=f"load-{self._workers}", daemon=True).start()
        self._work.put((service, customer))

    def _send(self) -> None:
        while (job := self._work.get()) is not None:
            service, customer = job
            self._clients[service].call("POST", f"/{service}/{customer}")
            self._idle.release()
