"""A small threaded HTTP/1.1 server: keep-alive, bounded connections, and a port that can refuse."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, urlsplit

logger = logging.getLogger("demo.httpd")

MAX_BODY_BYTES = 5_000_000
MAX_CONNECTIONS = 128
IDLE_S = 30.0
POLL_S = 0.1


class Hangup(Exception):
    """Raised by a handler to close the connection without an answer."""


@dataclass(frozen=True)
class Request:
    """One request; header names are lower case, of repeated form fields the last counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str = ""

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)

    def cookie(self, name: str) -> str:
        try:
            morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").split(";")[0].strip() == "application/json"

    @property
    def same_origin(self) -> bool:
        """False when a browser says that a page of another site sent this."""
        origin = self.headers.get("origin")
        return origin is None or urlsplit(origin).netloc == self.headers.get("host")


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def text(cls, text: str, status: int = 200) -> "Response":
        return cls(status=status, body=text.encode())

    @classmethod
    def html(cls, html: str, status: int = 200) -> "Response":
        policy = "default-src 'self'; img-src 'self' data: https:; frame-ancestors 'self'; form-action *"
        return cls(
            status,
            html.encode(),
            "text/html; charset=utf-8",
            (("Content-Security-Policy", policy), ("Cache-Control", "no-store")),
        )

    @classmethod
    def json(cls, value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> "Response":
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status, body, "application/json; charset=utf-8", headers)

    @classmethod
    def see_other(cls, location: str, headers: tuple[tuple[str, str], ...] = ()) -> "Response":
        return cls(303, b"", headers=(("Location", location), *headers))


Handler = Callable[[Request], Response]


class _Listener(ThreadingMixIn, TCPServer):
    """A bound port; it refuses connections until `server_activate`."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Handler) -> None:
        super().__init__(address, _Exchange, bind_and_activate=False)
        self.answer = handler
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self.server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            full = len(self._connections) >= MAX_CONNECTIONS
            if not full:
                self._connections.add(request)
        if full:
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: handlers' own errors are logged where they are answered; the rest is a peer that left."""

    def drop_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True
    server: _Listener

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            return
        try:
            response = self.server.answer(request)
        except Hangup:
            self.close_connection = True
            return
        except Exception:  # noqa: BLE001 - whatever a handler raises, the peer gets an answer
            logger.exception("No answer to %s %s.", request.method, request.path)
            response = Response.text("This program of the demo failed; see its log.\n", 500)
        self._write(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit():
            self.close_connection = True
            self._write(Response.text("Send a Content-Length.\n", 411))
            return None
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._write(Response.text("The body is too large.\n", 413))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # The sender died in the middle: half a request is none.
            self.close_connection = True
            return None
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=target.path,
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            target=self.path,
        )

    def _write(self, response: Response) -> None:
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = ""
        lines = [
            f"HTTP/1.1 {response.status} {phrase}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {response.content_type}",
            f"Content-Length: {len(response.body)}",
            "X-Content-Type-Options: nosniff",
            *(f"{name}: {value}" for name, value in response.headers),
        ]
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        # One write: head and body apart would wait for each other (Nagle against delayed ACK).
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the services count their requests themselves."""


class HttpServer:
    """Serves `handler` on one port, which is taken from the first moment to `close`."""

    def __init__(self, handler: Handler, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._handler = handler
        self._lock = threading.Lock()
        self._listener = _Listener((host, port), handler)
        self._thread: threading.Thread | None = None
        self.host = host
        self.port: int = self._listener.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Accept connections; nothing happens when it does already."""
        with self._lock:
            if self._thread is not None:
                return
            self._listener.server_activate()
            self._thread = threading.Thread(
                target=self._listener.serve_forever,
                kwargs={"poll_interval": POLL_S},
                name=f"http-{self.port}",
                daemon=True,
            )
            self._thread.start()

    def refuse(self) -> None:
        """Drop every connection and refuse new ones; the port stays ours (bound, not listening)."""
        with self._lock:
            if self._thread is None:
                return
            self._silence()
            self._listener = _Listener((self.host, self.port), self._handler)

    def close(self) -> None:
        """Give the port back."""
        with self._lock:
            self._silence()

    @staticmethod
    def close_all(servers: "Iterable[HttpServer]") -> None:
        """Close several at once, as quickly as one."""
        threads = [threading.Thread(target=server.close, daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _silence(self) -> None:
        if self._thread is not None:
            self._listener.shutdown()
            self._thread = None
        self._listener.server_close()
        self._listener.drop_connections()
