"""A Prometheus source closes windows as the own scraper does, for many services with a few queries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollouts.health import collecting, services
from rollouts.health.models import Source, Window
from rollouts.health.registry import listeners
from rollouts.health.values import Signal
from tests.health.factories import EPOCH, service, source
from tests.health.prometheus import Prometheus

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]

WINDOW = 15


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_entries", {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    at = [EPOCH]
    for module in (collecting, services):
        monkeypatch.setattr(module, "database_now", lambda: at[0])

    def move(to: datetime) -> None:
        at[0] = to

    return move


def asked(server: str, slug: str = "mesh", **fields: Any) -> Source:
    given = {
        "kind": "prometheus",
        "url": server,
        "window_s": WINDOW,
        "timeout_s": 5,
        "delay_s": 10,
        "settings": {"conventions": ["opentelemetry"]},
        **fields,
    }
    row = source(slug, **given)
    row.due_at = EPOCH + row.window + row.lateness
    row.save()
    return row


def close(row: Source, clock: Callable[[datetime], None], windows: int) -> None:
    """Lets the windows of the source close, one after the other."""
    for number in range(1, windows + 1):
        clock(EPOCH + row.window * number + row.lateness)
        services.collect([row.pk])


def stored(signal: Signal = Signal.ERRORS, **where: Any) -> list[tuple[int, int, int]]:
    rows = Window.objects.filter(series__signal=signal, gap=False, **where).order_by("start_at", "pk")
    return [(int((row.start_at - EPOCH).total_seconds()), row.bad, row.total) for row in rows]


def test_windows_are_differences_of_counters_as_they_stood_at_their_ends(
    prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    service()
    row = asked(prometheus.url)
    close(row, clock, 4)
    assert stored(series__version="3.0.0") == [(15, 3, 33), (30, 3, 33), (45, 3, 33)]
    latency = Window.objects.filter(series__signal=Signal.LATENCY).order_by("start_at")[0]
    assert latency.buckets == [[0.1, 18], [0.25, 24], [1.0, 33], [None, 33]]
    gauges = Window.objects.filter(series__signal=Signal.SATURATION).values_list("value", flat=True)
    assert set(gauges) == {4.0}
    row.refresh_from_db()
    assert (row.last_error, row.requests_last, row.requests_made) == ("", 3, 12)
    assert row.collected_through_at == EPOCH + timedelta(seconds=60)


def test_the_first_errors_of_a_new_version_count(
    prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    service()
    close(asked(prometheus.url), clock, 4)
    assert stored(series__version="3.1.0") == [(30, 9, 9), (45, 9, 9)]
