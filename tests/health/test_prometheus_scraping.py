"""The whole way: a service exposes metrics, a real Prometheus scrapes them, Gatehouse counts windows."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest

from rollouts.health import queries, services
from rollouts.health.models import Window
from rollouts.health.registry import listeners
from rollouts.health.sources.prometheus import Api
from rollouts.health.values import Signal
from rollouts.lib.clock import database_now
from tests.health.conftest import Exposed
from tests.health.factories import service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked
from tests.health.test_prometheus_collecting import clock as clock
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]


def _total(server: Prometheus, many: int) -> bool:
    """Whether the server has scraped so many requests."""
    answer = Api(server.url).instant("sum(http_server_requests_total)", database_now(), time.monotonic() + 2)
    return sum(point.value for point in answer.points) == many


def test_what_a_service_counts_is_judged_as_prometheus_scraped_it(
    prometheus: Prometheus,
    exposed: Exposed,
    clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listeners, "_entries", {})
    service()
    row = asked(prometheus.url, settings={"conventions": ["gatehouse"]}, window_s=5, delay_s=0)

    def close_with(many: int) -> None:
        """Closes a window that ends when the server was seen to hold so many requests."""
        wait_for(lambda: _total(prometheus, many))
        seen = database_now()
        row.refresh_from_db()
        row.due_at = seen + row.lateness
        row.save()
        clock(seen + row.lateness)
        services.collect([row.pk])

    close_with(1000)
    exposed.served.labels("orders", "3.0.0", "200").inc(7)
    exposed.served.labels("orders", "3.1.0", "500").inc(3)
    close_with(1010)
    found = Window.objects.filter(series__signal=Signal.ERRORS, gap=False).order_by("series__version")
    assert [(one.series.version, one.bad, one.total) for one in found] == [("3.0.0", 0, 7), ("3.1.0", 3, 3)]
    row.refresh_from_db()
    assert row.last_error == ""
    assert row.collected_through_at is not None
    end = row.collected_through_at
    (evidence,) = queries.resolved_queries(
        "orders", row.environment_id, since=end, until=end, signal=Signal.ERRORS
    )
    assert "http_server_requests_total{" in evidence.text
    assert queries.lags(database_now())[row.slug].failing == 0
