"""How a guarded request travels: to addresses that were judged before, within one deadline.

httpx bounds each read, not the whole: a server that sends a byte now and then could hold a worker for
ever. Here every operation gets only what is left until the deadline.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import httpcore
import httpx  # noqa: TID251 - the client's own transport
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline")
    return left


class _Stream(NetworkStream):
    """A connection whose every operation ends at the deadline."""

    def __init__(self, inner: NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(NetworkBackend):
    """Connects to the judged addresses in turn, whatever name the request carries."""

    def __init__(self, addresses: Sequence[str], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        refused: Exception = httpcore.ConnectError("no address")
        for position, address in enumerate(self._addresses):
            share = _left(self._deadline) / (len(self._addresses) - position)
            try:
                return _Stream(self._inner.connect_tcp(address, port, share), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from cast("Iterable[bytes]", self._answer.stream)

    def close(self) -> None:
        self._answer.close()


class Transport(httpx.BaseTransport):
    """One request's transport; Host and SNI stay the name in the address."""

    def __init__(
        self, *, addresses: Sequence[str], deadline: float, ssl_context: ssl.SSLContext | None
    ) -> None:
        backend = _Backend(addresses, deadline)
        self._pool = httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=cast("Iterable[bytes]", request.stream),
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()
