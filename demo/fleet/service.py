"""One running service: a port, its counters, and the work it does for each request."""

import re
import time
from collections.abc import Callable, Iterable, Mapping

from demo.fleet.metrics import Metrics
from demo.httpd import HttpServer, Request, Response

TRACED = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""The header `traceparent` (W3C Trace Context), which synthetic checks send."""
Work = Callable[[Request], Response]


class Service:
    """Serves /metrics, /healthz and its work, and counts the work."""

    def __init__(
        self,
        name: str,
        version: str,
        *,
        port: int,
        host: str,
        callees: Iterable[tuple[str, str]] = (),
        speaks: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.scraped = True
        self.metrics = Metrics(name, version, callees, speaks)
        self.server = HttpServer(self._answer, port=port, host=host)
        self.work: Work = _nothing

    def _answer(self, request: Request) -> Response:
        if request.path == "/metrics":
            return self._scrape(request)
        if request.path == "/healthz":
            return Response.text("alive\n")
        began = time.monotonic()
        self.metrics.inflight.inc()
        response = Response.text("", 500)
        try:
            response = self.work(request)
        finally:
            self.metrics.inflight.dec()
            trace = TRACED.fullmatch(request.headers.get("traceparent", ""))
            took, size = time.monotonic() - began, len(response.body)
            self.metrics.served(response.status, took, size, trace[1] if trace else "")
        return response

    def _scrape(self, request: Request) -> Response:
        if not self.scraped:
            return Response.text("Scraping is stopped on the page of the fleet.\n", 503)
        body, content_type = self.metrics.exposition(request.headers.get("accept", ""))
        return Response(200, body, content_type)


def _nothing(_request: Request) -> Response:
    return Response.text("Nothing here.\n", 404)
