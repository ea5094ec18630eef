"""A second worker beside this process: it does what it is called for, as one of Celery's pool would."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

Doing = Callable[[Any, str, list[int]], Any]


class Worker:
    """Forked with the modules, the schema and the patches of this process; called through a pipe.

    `doing` gets what was `told` it last, and the work that was offered; its answer comes back.
    """

    def __init__(self, doing: Doing) -> None:
        from django.db import connections

        context = multiprocessing.get_context("fork")
        self._calls: Any = context.SimpleQueue()
        self._answers: Any = context.SimpleQueue()
        self._waiting = 0
        self.told: Any = None
        connections.close_all()
        self.process = context.Process(target=self._run, args=(doing,), daemon=True)
        self.process.start()

    def _run(self, doing: Doing) -> None:
        for call in iter(self._calls.get, None):
            self._answers.put(doing(*call))

    def offer(self, work: str, pks: list[int]) -> None:
        """In the place of `ticker.offer`."""
        self._waiting += 1
        self._calls.put((self.told, work, pks))

    def answers(self) -> list[Any]:
        """Waits until all that was offered is done."""
        found = [self._answers.get() for _ in range(self._waiting)]
        self._waiting = 0
        return found

    def stop(self) -> None:
        self._calls.put(None)
        self.process.join()


@contextmanager
def working(doing: Doing) -> Iterator[Worker]:
    """Batches are offered to a second worker."""
    from rollouts.decisions import batches

    worker = Worker(doing)
    try:
        with mock.patch.object(batches, "offer", worker.offer):
            yield worker
    finally:
        worker.stop()
