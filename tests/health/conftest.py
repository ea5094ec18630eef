"""One Prometheus for all tests of a worker that ask it; they are one group, so that one worker starts it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from tests.health.fleets import history
from tests.health.prometheus import Prometheus, running
from tests.lib.servers import reply, serving


@dataclass
class Exposed:
    """A service that is scraped from the session's beginning, since Prometheus takes 5 s to find a target."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    address: str = ""

    def __post_init__(self) -> None:
        labels = ["service", "version", "code"]
        self.served = Counter("http_server_requests", "", labels, registry=self.registry)
        self.served.labels("orders", "3.0.0", "200").inc(1000)
        name, bounds = "http_server_request_duration_seconds", [0.1, 1]
        self.seconds = Histogram(name, "", labels[:2], buckets=bounds, registry=self.registry)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]
        reply(handler, body, headers={"Content-Type": CONTENT_TYPE_LATEST})


@pytest.fixture(scope="session")
def exposed() -> Iterator[Exposed]:
    """See Exposed."""
    service = Exposed()
    with serving(service.answer) as url:
        service.address = url.removeprefix("http://")
        yield service


@pytest.fixture(scope="session")
def prometheus(exposed: Exposed) -> Iterator[Prometheus]:
    """Debian's Prometheus with the fleet's history; never skipped: `make test` has fetched it."""
    keep = "--enable-feature=exemplar-storage"
    with running(keep, history=history(), targets=[exposed.address]) as server:
        yield server
