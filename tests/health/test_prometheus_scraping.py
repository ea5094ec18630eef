"""The whole way: a service exposes metrics, a real Prometheus scrapes them, Gatehouse counts windows."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import generate_latest

from rollouts.health import queries, services
from rollouts.health.models import Window
from rollouts.health.registry import listeners
from rollouts.health.sources.prometheus import Api
from rollouts.health.values import Signal
from rollouts.lib.clock import database_now
from tests.health.factories import service
from tests.health.prometheus import Prometheus, running
from tests.health.test_prometheus_collecting import asked
from tests.health.test_prometheus_collecting import clock as clock
from tests.lib.servers import reply, serving
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]

WINDOW = timedelta(seconds=5)


def _total(server: Prometheus, many: int) -> datetime | None:
    """The server's time when it has scraped so many requests."""
    now = database_now()
    answer = Api(server.url).instant("sum(http_server_requests_total)", now, time.monotonic() + 2)
    return now if sum(point.value for point in answer.points) == many else None


def test_what_a_service_counts_is_judged_as_prometheus_scraped_it(
    clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "_entries", {})
    registry = CollectorRegistry()
    served = Counter("http_server_requests", "", ["service", "version", "code"], registry=registry)
    served.labels("orders", "3.0.0", "200").inc(1000)

    def expose(handler: BaseHTTPRequestHandler) -> None:
        body: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
        reply(handler, body, headers={"Content-Type": "text/plain; version=0.0.4"})

    with serving(expose) as target, running(targets=[target.removeprefix("http://")]) as server:
        service()
        row = asked(server.url, settings={"conventions": ["gatehouse"]}, window_s=5, delay_s=0)

        def close_at(seen: datetime) -> None:
            """Closes a window that ends just after the server was seen to hold the readings."""
            row.refresh_from_db()
            row.due_at = seen + row.lateness
            row.save()
            clock(seen + row.lateness)
            services.collect([row.pk])

        close_at(wait_for(lambda: _total(server, 1000)))
        served.labels("orders", "3.0.0", "200").inc(7)
        served.labels("orders", "3.1.0", "500").inc(3)
        close_at(wait_for(lambda: _total(server, 1010)))
        found = Window.objects.filter(series__signal=Signal.ERRORS, gap=False).order_by("series__version")
        assert [(one.series.version, one.bad, one.total) for one in found] == [
            ("3.0.0", 0, 7),
            ("3.1.0", 3, 3),
        ]
        row.refresh_from_db()
        assert row.last_error == ""
        assert row.collected_through_at is not None
        (evidence,) = queries.resolved_queries(
            "orders",
            row.environment_id,
            since=row.collected_through_at,
            until=row.collected_through_at,
            signal=Signal.ERRORS,
        )
        assert "http_server_requests_total{" in evidence.text
        assert queries.lags(database_now())[row.slug].failing == 0
