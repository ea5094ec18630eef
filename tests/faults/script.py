"""The script that breaks things from outside, in an order that its seed gives."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.valkey import Valkey
from tests.faults.installation import Installation

POINTS = ("before_lock", "after_commit", "followup_claimed", "after_send_before_mark", "ticker_claimed")
PATIENCE_S = 90.0
DEAD_BROKER_S = 3.0


@dataclass
class Script:
    """Kills at each point `times` times, flushes the broker `flushes` times and lets it be dead once."""

    installation: Installation
    broker: Valkey
    seed: int
    times: int = 5
    flushes: int = 3
    killed: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    _pause: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - an order that can be had again
        steps: list[Callable[[], None]] = [
            step for point in POINTS for step in [self._killing(point)] * self.times
        ]
        steps += [self._flush] * self.flushes
        chance.shuffle(steps)
        steps.insert(chance.randrange(len(steps)), self._dead_broker)
        for step in steps:
            step()
            self.installation.tend()
            self._pause.wait(chance.uniform(0.0, 0.3))

    def _killing(self, point: str) -> Callable[[], None]:
        return lambda: self._kill_at(point)

    def _kill_at(self, point: str) -> None:
        folder = self.installation.faults
        (folder / f"{point}.armed").touch()
        pid = self._reached(folder / f"{point}.reached")
        role = self.installation.role(pid)
        os.kill(pid, signal.SIGKILL)
        self.killed[point] += 1
        self.roles[role] += 1

    def _reached(self, note: Path) -> int:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if note.exists() and (said := note.read_text()):
                note.unlink()
                return int(said)
            self.installation.tend()
            self._pause.wait(0.02)
        raise AssertionError(f"Nobody reached {note.stem} within {PATIENCE_S:.0f} s.")

    def _flush(self) -> None:
        self.broker.flush()

    def _dead_broker(self) -> None:
        self.broker.kill()
        self._pause.wait(DEAD_BROKER_S)
        self.broker.start()
