"""A real Prometheus for tests: Debian's, on a port of its own, with the history that a test needs."""

import contextlib
import os
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.local.processes import end, spawn, tail
from deploy.local.provision import prometheus
from tests.waiting import wait_for

Readings = Mapping[str, Sequence[tuple[float, float]]]
"""A series in its text form (`name{label="value"}`) to pairs of Unix seconds and value."""


def openmetrics(readings: Readings) -> str:
    """The readings as `promtool` takes them: the samples of a family stand together."""
    families: dict[str, list[str]] = {}
    for series, samples in readings.items():
        name = series.split("{", 1)[0]
        families.setdefault(name, []).extend(f"{series} {value} {at:.3f}" for at, value in samples)
    lines = [f"# TYPE {name} unknown\n" + "\n".join(rows) for name, rows in families.items()]
    return "\n".join([*lines, "# EOF", ""])


class Prometheus:
    """One server. What `history` says is there from the start; `targets` are scraped every second."""

    def __init__(self, place: Path, *, history: Readings | None = None, targets: Sequence[str] = ()) -> None:
        self.place = place
        self.server, self.tool = prometheus()
        self.port = _free_port()
        scraped = f"    static_configs: [{{targets: [{', '.join(repr(each) for each in targets)}]}}]\n"
        (place / "prometheus.yml").write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            "scrape_configs:\n  - job_name: fleet\n    honor_labels: true\n" + scraped
        )
        (place / "data").mkdir()
        if history:
            self._backfill(history)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _backfill(self, history: Readings) -> None:
        source = self.place / "history.txt"
        source.write_text(openmetrics(history))
        subprocess.run(
            [self.tool, "tsdb", "create-blocks-from", "openmetrics", source, self.place / "data"],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def start(self, *flags: str) -> "Prometheus":
        """Start, and wait until it answers queries."""
        log = self.place / "log"
        self.process = spawn(
            [
                self.server,
                f"--config.file={self.place / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.place / 'data'}",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{self.port}",
                *flags,
            ],
            log=log,
            env={**os.environ, "GOMAXPROCS": "1"},
        )
        wait_for(self._ready, lambda: tail(log), patience_s=20, every_s=0.02)
        return self

    def _ready(self) -> bool:
        with contextlib.suppress(OSError):
            answer = urllib.request.urlopen(f"{self.url}/-/ready", timeout=1)  # noqa: S310
            return bool(answer.status == 200)
        return False

    def stop(self) -> None:
        end([self.process], grace_s=0.2)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    *flags: str, history: Readings | None = None, targets: Sequence[str] = ()
) -> Iterator[Prometheus]:
    """A server for one test or one session."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-prometheus-") as place:
        server = Prometheus(Path(place), history=history, targets=targets).start(*flags)
        try:
            yield server
        finally:
            server.stop()
