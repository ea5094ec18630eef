"""Starts `make run` in a clone of its own, with the stand-in or with the product."""

import contextlib
import http.client
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from deploy.local.kept import is_free
from deploy.local.places import Places
from deploy.local.processes import Family
from tests.waiting import wait_for

CLONE = Path(__file__).resolve().parent.parent.parent
STANDIN = Path(__file__).resolve().parent / "standin"


def wait_until(is_so: Callable[[], bool], patience_s: float, what: str) -> float:
    """How long it took, in seconds; fails when it does not become so."""
    started = time.monotonic()
    wait_for(is_so, what, patience_s, every_s=0.02)
    return time.monotonic() - started


def free_port() -> int:
    """A port for the product, outside the range that clients get and that of the demo."""
    while not is_free(port := random.randrange(8100, 19_900)):
        pass
    return port


def standin(place: Path) -> Path:
    """A clone with the real deploy/ and Makefile, and a product that starts within a second."""
    shutil.copytree(STANDIN, place)
    shutil.copytree(CLONE / "deploy", place / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CLONE / "Makefile", place)
    shutil.copy(CLONE / "requirements.txt", place)
    return place


class Run:
    """One `make run` in `clone`, as a person would type it."""

    def __init__(self, clone: Path, port: int, **environment: str) -> None:
        self.clone = clone
        self.port = port
        self.output = clone / f"output-{port}.txt"
        self.environment = {"PORT": str(port), "GATEHOUSE_VENV": str(Path(sys.executable).parent.parent)}
        self.environment |= environment
        self.make: subprocess.Popen[bytes] | None = None

    @property
    def places(self) -> Places:
        return Places.of(self.clone)

    @property
    def said(self) -> str:
        return self.output.read_text()

    def start(self) -> "Run":
        kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=self.clone,
                env={**kept, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def ended(self) -> bool:
        return self.make is not None and self.make.poll() is not None

    def refused(self) -> str:
        """What it said before it ended by itself."""
        wait_until(self.ended, 80, "the refusal")
        assert self.make is not None
        assert self.make.returncode != 0
        return self.said

    def answer(self) -> str | None:
        """What the web server answers, None when it does not or is not ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            body = response.read().decode()
            return body if response.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def data(self) -> str:
        """What tells one database from another: when it was made."""
        return (self.answer() or "nothing yet").split()[1]

    def ready(self, patience_s: float = 60) -> float:
        """Wait for the first answer; how long it took, in seconds."""

        def answered() -> bool:
            if self.ended():
                raise AssertionError(f"It ended: {self.said}")
            return self.answer() is not None

        return wait_until(answered, patience_s, "an answer")

    def settled(self, patience_s: float = 60) -> None:
        """Wait until it has told the person where it runs."""

        def told() -> bool:
            if self.ended():
                raise AssertionError(f"It ended: {self.said}")
            return f":{self.port}" in self.said

        wait_until(told, patience_s, "the address")

    def processes(self) -> list[psutil.Process]:
        """All processes of this state folder, the supervisor aside."""
        places = self.places
        return Family(places.state / "processes", [places.state, places.sockets, self.clone]).members()

    def named(self, text: str) -> list[psutil.Process]:
        """Those whose command line holds `text`."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                if text in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def supervisor(self) -> psutil.Process:
        assert self.make is not None
        [child] = psutil.Process(self.make.pid).children()
        return child

    def signal_all(self, how: signal.Signals) -> None:
        """To the whole foreground group, as a terminal does."""
        assert self.make is not None
        os.killpg(self.make.pid, how)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever the test found."""
        if self.make is not None and self.make.poll() is None:
            self.signal_all(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.make.wait(timeout=10)
            with contextlib.suppress(ProcessLookupError):
                self.signal_all(signal.SIGKILL)
            self.make.wait()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.places.state, ignore_errors=True)
        shutil.rmtree(self.places.sockets, ignore_errors=True)


@contextlib.contextmanager
def running(clone: Path, **environment: str) -> Iterator[Run]:
    """A run that is cleaned up after."""
    run = Run(clone, free_port(), **environment)
    try:
        yield run.start()
    finally:
        run.clean_up()
