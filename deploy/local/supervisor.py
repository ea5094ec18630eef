"""Keeps the parts of Gatehouse running: starts them in order, restarts what dies, stops all of it in time."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from deploy.local.processes import Family, end, kill_group, spawn, tail
from deploy.local.trouble import Trouble

STOP_S = 2.5
"""How long programs may take to end; all of it, with the servers after them, stays below 5 s."""

_TRIES = 5
_SETTLED_S = 20.0
_LOG_BYTES = 20_000_000


class Stopped(Exception):
    """A person or the system asked us to end while we were starting."""


class Part(Protocol):
    """Something that is kept running."""

    log: Path

    def start(self) -> object: ...

    def running(self) -> bool: ...


class Program:
    """One of our own processes."""

    def __init__(
        self, arguments: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path, family: Family
    ) -> None:
        self.arguments = arguments
        self.env = env
        self.cwd = cwd
        self.log = log
        self.family = family
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        # The children of a dead program live on and would answer beside the new one.
        if self.process is not None:
            kill_group(self.process)
        self.process = spawn(self.arguments, env=self.env, cwd=self.cwd, log=self.log, family=self.family)
        return self.process

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Watched:
    """A part and how its restarts went."""

    name: str
    part: Part
    essential: bool
    started_at: float
    failures: int = 0
    again_at: float | None = None
    given_up: bool = False


class Supervisor:
    """Runs on the main thread: on Linux children are told when the thread that started them ends."""

    def __init__(
        self, *, family: Family, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.family = family
        self.say = say
        self.clock = clock
        self.watched: list[Watched] = []
        self._stopping = False
        self._trimmed_at = clock()

    def listen(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal raise `Stopped`, once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        first, self._stopping = not self._stopping, True
        if first:
            raise Stopped

    def start(self, name: str, part: Part, *, essential: bool = True) -> None:
        """Start a part now and keep it. Raises `Trouble` when it does not come up at all."""
        part.start()
        self.watched.append(Watched(name, part, essential, started_at=self.clock()))

    def finish(self, program: Program) -> int:
        """Run something to its end, such as the migrations; its exit code."""
        process = program.start()
        try:
            while program.running():
                time.sleep(0.02)
                self.look_after()
        finally:
            kill_group(process)
        return process.returncode

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the parts until it is so. Raises `Trouble` when one cannot be kept up."""
        while not until():
            self.look_after()
            time.sleep(0.1)

    def look_after(self) -> None:
        """Restart what has died, with growing pauses; give up on it after five failures in a row."""
        now = self.clock()
        for watched in self.watched:
            if watched.given_up:
                continue
            if watched.part.running():
                if now - watched.started_at > _SETTLED_S:
                    watched.failures = 0
            elif watched.again_at is None:
                self._count_failure(watched, now)
            elif now >= watched.again_at:
                self._restart(watched, now)
        if now - self._trimmed_at > 60:
            self._trimmed_at = now
            _trim(watched.part.log for watched in self.watched)

    def _count_failure(self, watched: Watched, now: float) -> None:
        watched.failures += 1
        if watched.failures <= _TRIES:
            watched.again_at = now + 0.1 * 2 ** (watched.failures - 1)
            self.say(f"The {watched.name} has ended; starting it again.")
            return
        log = watched.part.log
        sentence = f"The {watched.name} has ended {watched.failures} times in a row. {log} ends:\n{tail(log)}"
        if watched.essential:
            raise Trouble(sentence)
        watched.given_up = True
        self.say(f"{sentence}\nThe rest goes on without it.")

    def _restart(self, watched: Watched, now: float) -> None:
        watched.again_at, watched.started_at = None, now
        try:
            watched.part.start()
        except Trouble as trouble:
            self.say(str(trouble))

    def stop(self, servers: Iterable[Callable[[], None]]) -> None:
        """End all programs at once, then the servers in the given order, then whatever is left."""
        self._stopping = True
        programs = [watched.part for watched in self.watched if isinstance(watched.part, Program)]
        end([program.process for program in programs if program.process is not None], grace_s=STOP_S)
        for stop_server in servers:
            with contextlib.suppress(Trouble, OSError):
                stop_server()
        self.family.sweep()


def _trim(logs: Iterable[Path]) -> None:
    """Empty a log that has grown large, keeping its last lines; its writers append, so they go on."""
    for log in logs:
        with contextlib.suppress(OSError):
            if log.stat().st_size > _LOG_BYTES:
                log.with_suffix(".log.1").write_text(tail(log, 2000))
                with log.open("r+b") as file:
                    file.truncate(0)
