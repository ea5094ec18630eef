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
    one = _length(port, request)
    until = time.monotonic() + SECONDS
    counts = [0] * CONNECTIONS

    def ask(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            buffer = bytearray(1 << 20)
            while time.monotonic() < until:
                line.sendall(request * BURST)
                left = one * BURST
                while left > 0:
                    got = line.recv_into(buffer, min(left, len(buffer)))
                    if not got:
                        raise ConnectionError("The web server hung up.")
                    left -= got
                counts[number] += BURST

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begun)


def _length(port: int, request: bytes) -> int:
    """Bytes of one whole answer; the same each time but for digits of its age."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += line.recv(1 << 16)
        head, _, body = got.partition(b"\r\n\r\n")
        lengths = [each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")]
        return len(head) + 4 + max(int(lengths[0].partition(b":")[2]), len(body))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
