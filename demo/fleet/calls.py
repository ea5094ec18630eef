"""Outgoing HTTP calls over kept connections, each with one of four outcomes."""

import socket
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Literal
from urllib.parse import urlsplit

Outcome = Literal["ok", "error", "refused", "timeout"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "error", "refused", "timeout")

KEPT = 8
KEPT_S = 10.0


@dataclass(frozen=True)
class Reply:
    """What came of one call. `status` is 0 when no answer came; `seconds` is the caller's wait."""

    outcome: Outcome
    status: int
    body: bytes
    seconds: float
    headers: dict[str, str]


class Client:
    """Calls one address; keeps up to `KEPT` idle connections for `KEPT_S` seconds."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        self._base = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: list[tuple[HTTPConnection, float]] = []

    def call(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One call. Never raises for what the network or the other side does."""
        began = time.monotonic()
        try:
            answer, content = self._exchange(method, self._base + path, body, headers or {})
        except TimeoutError:
            return Reply("timeout", 0, b"", time.monotonic() - began, {})
        except ConnectionRefusedError:
            return Reply("refused", 0, b"", time.monotonic() - began, {})
        except (OSError, HTTPException):
            return Reply("error", 0, b"", time.monotonic() - began, {})
        outcome: Outcome = "error" if answer.status >= 500 else "ok"
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(outcome, answer.status, content, time.monotonic() - began, found)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        kept = self._take()
        if kept is not None:
            try:
                return self._send(kept, method, target, body, headers)
            except TimeoutError:
                raise
            except (OSError, HTTPException):
                # The other side closed the kept connection meanwhile; the new one tells the truth.
                kept.close()
        return self._send(self._open(), method, target, body, headers)

    def _send(
        self,
        connection: HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> tuple[HTTPResponse, bytes]:
        try:
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return answer, content

    def _open(self) -> HTTPConnection:
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _take(self) -> HTTPConnection | None:
        now = time.monotonic()
        stale: list[HTTPConnection] = []
        found: HTTPConnection | None = None
        with self._lock:
            while self._idle and now - self._idle[0][1] > KEPT_S:
                stale.append(self._idle.pop(0)[0])
            if self._idle:
                found = self._idle.pop()[0]
        for connection in stale:
            connection.close()
        return found

    def _keep(self, connection: HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()
