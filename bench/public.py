"""A public page against the same bytes as a static file, both from the web server that `make run` starts."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx  # noqa: TID251 - asks our own server

from bench.figures import Table, quantile
from deploy.local.places import CLONE

CONNECTIONS = 16
BURST = 16  # requests on the way on one connection: the client must not be what is measured
SECONDS = 3.0
ROUNDS = 3
WANTED = 0.5
END = b"</html>"


def measure() -> Table:
    page, folder = _page(), Path(tempfile.mkdtemp(prefix="gatehouse-static-", dir="/tmp"))
    port = _free_port()
    server = _server(port, folder)
    try:
        body = _wait(port, page)
        (folder / "page.html").write_bytes(body)
        served = {"public page": page, "static file": "/files/page.html"}
        rates: dict[str, list[float]] = {name: [] for name in served}
        for _ in range(ROUNDS):
            for name, address in served.items():
                rates[name].append(_rate(port, address))
    finally:
        server.terminate()
        server.wait(10)
    rows = tuple((name, f"{len(body):,}", f"{quantile(found, 0.5):,.0f}") for name, found in rates.items())
    ratio = quantile(rates["public page"], 0.5) / quantile(rates["static file"], 0.5)
    return Table(
        ("what", "bytes", "a second"),
        rows,
        f"A public page is served at ×{ratio:.2f} of a static file (wanted: ×{WANTED} at least).",
    )


def _page() -> str:
    """The address of a published page."""
    from tests.statuspages.factories import public_rollout

    return f"/status/main/{public_rollout('orders-v3').slug}/"


def _server(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--workers", "1"]
    options += ["--blocking-threads", "8", "--backlog", "1024", "--log-level", "warning"]
    options += ["--static-path-route", "/files", "--static-path-mount", str(folder)]
    command = [sys.executable, "-m", "granian", *options, "config.wsgi:application"]
    return subprocess.Popen(command, cwd=CLONE, env=dict(os.environ))


def _wait(port: int, page: str) -> bytes:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}{page}", timeout=5)
            if answer.status_code == 200:
                return answer.content
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("The web server did not serve the page within 60 s.")


def _rate(port: int, address: str) -> float:
    """Answers a second on several connections that are kept."""
    request = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    until = time.monotonic() + SECONDS
    counts = [0] * CONNECTIONS

    def ask(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            while time.monotonic() < until:
                line.sendall(request * BURST)
                _read(line, BURST)
                counts[number] += BURST

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begun)


def _read(line: socket.socket, answers: int) -> None:
    """Reads that many pages, told by how each ends: neither headers nor framing are the same for both."""
    tail = b""
    while answers > 0:
        got = line.recv(1 << 18)
        if not got:
            raise ConnectionError("The web server hung up.")
        seen = tail + got
        answers -= seen.count(END)
        tail = seen[-len(END) + 1 :]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
