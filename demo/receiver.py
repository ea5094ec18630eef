"""A receiver of webhooks for tests: records what arrives, and can fail, be slow, or lose its answer."""

import threading
import time
from dataclasses import dataclass
from typing import Self

from demo.httpd import Hangup, HttpServer, Request, Response

WAIT_S = 10.0


@dataclass(frozen=True)
class Received:
    """One request as it arrived; header names are lower case, `at` is seconds since 1970."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float


class Receiver:
    """Answers 200 to everything, unless it is told otherwise.

    What was told is used up one request at a time: failures first, then lost answers.
    """

    def __init__(self, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._server = HttpServer(self._answer, port=port, host=host)
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._failures: list[Response] = []
        self._drops = 0
        self._delay_s = 0.0
        self._usual = Response.text("ok")

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def refuse(self) -> None:
        """Refuse connections until `start`."""
        self._server.refuse()

    def requests(self) -> list[Received]:
        """Everything that arrived, also what was answered with a failure."""
        with self._changed:
            return list(self._received)

    def wait_for(self, count: int, *, timeout_s: float = WAIT_S) -> list[Received]:
        """The requests, once there are `count`. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= count, timeout_s):
                raise TimeoutError(f"{len(self._received)} of {count} requests after {timeout_s:g} s")
            return list(self._received)

    def answer(self, response: Response) -> None:
        """The usual answer from now on."""
        self._usual = response

    def fail_next(
        self, count: int = 1, *, status: int = 500, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        failure = Response(status, b"failing as told\n", headers=headers)
        with self._changed:
            self._failures += [failure] * count

    def drop_reply_next(self, count: int = 1) -> None:
        """Record the request, then close the connection without an answer."""
        with self._changed:
            self._drops += count

    def delay(self, seconds: float) -> None:
        """Wait so long before each answer."""
        self._delay_s = seconds

    def _answer(self, request: Request) -> Response:
        received = Received(
            request.method, request.path, request.query, request.headers, request.body, time.time()
        )
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()
            failure = self._failures.pop(0) if self._failures else None
            drop = failure is None and self._drops > 0
            self._drops -= drop
        if self._delay_s:
            time.sleep(self._delay_s)
        if drop:
            raise Hangup
        return failure or self._usual
