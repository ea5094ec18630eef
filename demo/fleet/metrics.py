"""What one service counts, as OpenMetrics, with every series born at 0 so that a first error is seen."""

import threading
from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.exposition import choose_encoder

from demo.fleet.calls import OUTCOMES, Outcome

BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CODES = ("200", "404", "500", "502", "503")


def spoken(callee: str, callee_version: str) -> dict[str, str]:
    """Which version of which contract a call speaks; the fleet knows it of orders only."""
    if callee != "orders":
        return {"contract": "", "contract_version": ""}
    return {"contract": "orders-api", "contract_version": callee_version.split(".")[0]}


class Metrics:
    """Counters of one running service, for what it serves and for what it calls.

    `callees` are the (service, version) pairs that it may call; `speaks` the contract and its version that
    its answers are in, as labels.
    """

    def __init__(
        self,
        service: str,
        version: str,
        callees: Iterable[tuple[str, str]] = (),
        speaks: Mapping[str, str] | None = None,
    ) -> None:
        self._own = {"service": service, "version": version}
        self._answers = {**self._own, **(speaks or {})}
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._served: Tally[str] = Tally()
        self._called: Tally[tuple[str, str, str]] = Tally()
        self._bytes = 0
        self._make_server_series()
        self._make_client_series()
        for callee, callee_version in callees:
            self._client_seconds.labels(**self._own, callee=callee, callee_version=callee_version)
            for outcome in OUTCOMES:
                self._client_calls.labels(
                    **self._own,
                    **spoken(callee, callee_version),
                    callee=callee,
                    callee_version=callee_version,
                    outcome=outcome,
                )

    def _make_server_series(self) -> None:
        own = tuple(self._own)
        self._server_requests = Counter(
            "http_server_requests", "Requests answered.", (*self._answers, "code"), registry=self._registry
        )
        self._server_seconds = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer a request.",
            own,
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._server_bytes = Summary(
            "http_server_response_size_bytes", "Bytes of an answer.", own, registry=self._registry
        )
        inflight = Gauge(
            "process_inflight_requests", "Requests being answered.", own, registry=self._registry
        )
        self.inflight = inflight.labels(**self._own)
        self._server_seconds.labels(**self._own)
        self._server_bytes.labels(**self._own)
        for code in CODES:
            self._server_requests.labels(**self._answers, code=code)

    def _make_client_series(self) -> None:
        callee = (*self._own, "callee", "callee_version")
        self._client_calls = Counter(
            "http_client_requests",
            "Calls to another service.",
            (*callee, "outcome", "contract", "contract_version"),
            registry=self._registry,
        )
        self._client_seconds = Histogram(
            "http_client_request_duration_seconds",
            "Time a call took, or was waited for.",
            callee,
            buckets=BUCKETS_S,
            registry=self._registry,
        )

    def served(self, code: int, seconds: float, size: int, trace_id: str = "") -> None:
        """Count one answer of `size` bytes; a request of a trace is named by it, as an exemplar."""
        exemplar = {"trace_id": trace_id} if trace_id else None
        self._server_requests.labels(**self._answers, code=str(code)).inc(exemplar=exemplar)
        self._server_seconds.labels(**self._own).observe(seconds, exemplar=exemplar)
        self._server_bytes.labels(**self._own).observe(size)
        with self._lock:
            self._served[str(code)] += 1
            self._bytes += size

    def called(self, callee: str, callee_version: str, outcome: Outcome, seconds: float) -> None:
        """Count one outgoing call."""
        labels = {**self._own, "callee": callee, "callee_version": callee_version}
        self._client_calls.labels(**labels, **spoken(callee, callee_version), outcome=outcome).inc()
        self._client_seconds.labels(**labels).observe(seconds)
        with self._lock:
            self._called[callee, callee_version, outcome] += 1

    def totals(self) -> tuple[Mapping[str, int], Mapping[tuple[str, str, str], int]]:
        """Answers by code, and calls by (callee, its version, outcome), since the start."""
        with self._lock:
            return dict(self._served), dict(self._called)

    def sizes(self) -> tuple[int, int]:
        """Bytes and answers since the start."""
        with self._lock:
            return self._bytes, self._served.total()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The page for a scraper that sent `accept`, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
