"""How a guarded request travels: to addresses that were judged before, within one deadline.

httpx bounds each read, not the whole: a server that sends a byte now and then could hold a worker for
ever. Here every operation gets only what is left until the deadline.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, cast

import httpcore
import httpx  # noqa: TID251 - the client's own transport
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream


@dataclass
class Phases:
    """Seconds of each phase, over all redirects, as blackbox_exporter names them; `processing` is from the
    connection to the first byte of the answer. `certificate_until`: the end of the server's certificate, the
    first of several.
    """

    resolve: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    processing: float = 0.0
    transfer: float = 0.0
    certificate_until: datetime | None = None

    def add(self, phase: str, since: float) -> None:
        """Adds the time from `since` (`time.monotonic`) till now."""
        setattr(self, phase, getattr(self, phase) + time.monotonic() - since)

    def show(self, until: datetime | None) -> None:
        """Notes when a certificate that was shown ends."""
        known = [at for at in (self.certificate_until, until) if at is not None]
        self.certificate_until = min(known, default=None)

    def seconds(self) -> dict[str, float]:
        """The phases in their order."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "certificate_until"}


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline")
    return left


class _Stream(NetworkStream):
    """A connection whose every operation ends at the deadline."""

    def __init__(self, inner: NetworkStream, deadline: float, phases: Phases) -> None:
        self._inner = inner
        self._deadline = deadline
        self._phases = phases

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        began = time.monotonic()
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        self._phases.add("tls", began)
        self._phases.show(_until(inner.get_extra_info("ssl_object")))
        return _Stream(inner, self._deadline, self._phases)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(NetworkBackend):
    """Connects to the judged addresses in turn, whatever name the request carries."""

    def __init__(self, addresses: Sequence[str], deadline: float, phases: Phases) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._phases = phases
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
            began = time.monotonic()
            try:
                inner = self._inner.connect_tcp(address, port, share)
                return _Stream(inner, self._deadline, self._phases)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
            finally:
                self._phases.add("connect", began)
        raise refused


def _until(secured: Any) -> datetime | None:
    """The end of the peer's certificate."""
    certificate = secured.getpeercert() if secured is not None else None
    said = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(said), UTC) if said else None


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
        self,
        *,
        addresses: Sequence[str],
        deadline: float,
        ssl_context: ssl.SSLContext | None,
        phases: Phases,
    ) -> None:
        backend = _Backend(addresses, deadline, phases)
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
