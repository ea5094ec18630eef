"""A whole installation in processes: web server, worker, ticker and spares, as `make run` starts them."""

import http.client
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.places import CLONE
from deploy.local.processes import end, kill_group, spawn, tail
from tests.waiting import wait_for

WEB = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws", "--workers", "2"]
WEB += ["--blocking-threads", "4", "--log-level", "warning", "--workers-kill-timeout", "2"]
WEB += ["--respawn-failed-workers", "--respawn-interval", "0.2"]
WORKER = ["-m", "celery", "-A", "config", "worker", "-P", "threads", "-c", "4", "-l", "WARNING"]
WORKER += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
TICKER = ["manage.py", "ticker"]


@dataclass
class Installation:
    """`tend` starts again what has died, as the supervisor does; `role` says what a process is."""

    place: Path
    port: int
    environment: Mapping[str, str]
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def faults(self) -> Path:
        """Where points are armed and reached."""
        return self.place / "faults"

    def start(self) -> None:
        self.faults.mkdir()
        self.tend()
        # Five processes begin at once, on what may be two busy processors.
        wait_for(self._ready, lambda: f"the web server is ready\n{tail(self.place / 'web.log')}", 60)

    def tend(self) -> None:
        commands = {
            "web": [*WEB, "--port", str(self.port), "config.wsgi:application"],
            "worker": WORKER,
            "other worker": WORKER,
            "ticker": TICKER,
            "other ticker": TICKER,
        }
        for name, arguments in commands.items():
            process = self._running.get(name)
            if process is not None and process.poll() is None:
                continue
            if process is not None:
                kill_group(process)
            self._running[name] = self._spawn(name, arguments)

    def _spawn(self, name: str, arguments: list[str]) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **self.environment, "GATEHOUSE_FAULT_DIR": str(self.faults)}
        log = self.place / f"{name}.log"
        return spawn([sys.executable, *arguments], env=environment, cwd=CLONE, log=log)

    def role(self, pid: int) -> str:
        """Web, worker or ticker; the web server's workers are children of its master."""
        for name, process in self._running.items():
            family = {process.pid}
            if process.poll() is None:
                family |= {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
            if pid in family:
                return name.removeprefix("other ")
        raise AssertionError(f"Process {pid} is none of ours.")

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self._over.set()
        end(self._running.values(), grace_s=5.0)
