"""A Prometheus source closes windows as the own scraper does, for many services with a few queries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from rollouts.catalog.models import Service
from rollouts.health import collecting, services
from rollouts.health.graph import composing
from rollouts.health.models import Query, Source, Window
from rollouts.health.queries import graph, resolved_queries, spoken
from rollouts.health.registry import listeners
from rollouts.health.sources.asking import digest
from rollouts.health.sources.values import Asked
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


@pytest.mark.parametrize("many", [1, 150])
def test_calls_are_told_by_contract_version_with_no_further_query(
    prometheus: Prometheus, clock: Callable[[datetime], None], many: int
) -> None:
    service()
    Service.objects.bulk_create(
        Service(slug=f"s{at}", name=f"S {at}", team=service().team) for at in range(many - 1)
    )
    row = asked(prometheus.url, settings={"conventions": ["gatehouse", "gatehouse-callers"]})
    close(row, clock, 4)
    # All requests are counted once; the shares by contract stand beside them.
    assert stored(series__name="") == [(15, 2, 100), (30, 2, 100), (45, 2, 100)]
    (one,) = spoken(
        service().pk, row.environment_id, since=EPOCH, until=EPOCH + timedelta(hours=1), step_s=3600
    )
    assert (one.contract, one.versions) == ("orders-api", {"2": {EPOCH: 294}, "3": {EPOCH: 6}})
    row.refresh_from_db()
    assert (row.last_error, row.requests_last) == ("", 5)
    texts = Query.objects.filter(template="gatehouse: errors").values_list("text", flat=True)
    assert all("contract, contract_version" in text for text in texts)
    called = Query.objects.filter(template="gatehouse-callers: errors by callers").values_list(
        "text", flat=True
    )
    assert called
    assert all("contract, contract_version" in text for text in called)


def test_counters_that_were_told_apart_otherwise_begin_anew_and_do_not_count_from_zero(
    prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    service()
    row = asked(prometheus.url, settings={"conventions": ["gatehouse"]})
    close(row, clock, 2)
    kept = row.counters.get(template="gatehouse: errors")
    # As a version kept them that did not ask for contracts.
    kept.state["mark"] = digest(row.url, str(Asked.read(row.settings).as_json()))
    kept.state["series"] = {
        orjson.dumps([name, *(pair for pair in pairs if not pair[0].startswith("contract"))]).decode(): value
        for key, value in kept.state["series"].items()
        for name, *pairs in [orjson.loads(key)]
    }
    kept.save()
    clock(EPOCH + row.window * 3 + row.lateness)
    services.collect([row.pk])
    assert stored(series__name="") == [(15, 2, 100)]
    clock(EPOCH + row.window * 4 + row.lateness)
    services.collect([row.pk])
    assert stored(series__name="")[-1] == (45, 2, 100)


def test_a_service_graph_of_traces_draws_edges_and_is_no_side_that_gates_judge(
    prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    service()
    service("checkout")
    row = asked(prometheus.url, settings={"conventions": ["service-graph"], "service_label": "app"})
    close(row, clock, 4)
    edges = Window.objects.filter(series__perspective="between", series__caller="checkout", gap=False)
    found = edges.order_by("start_at").values_list("series__service__slug", "bad", "total")
    assert list(found) == [("orders", 6, 60)] * 3
    assert Window.objects.exclude(series__perspective="between").count() == 0
    row.refresh_from_db()
    assert (row.last_error, row.requests_last) == ("", 2)
    assert Query.objects.count() == 2
    assert not resolved_queries("orders", row.environment_id, since=EPOCH, until=EPOCH + timedelta(hours=1))
    composing.compose(row.environment_id)
    drawn = graph("production")
    assert drawn is not None
    (edge,) = drawn.edges
    assert (edge.caller, edge.callee, edge.declared, edge.calls, edge.bad) == (
        "checkout", "orders", False, 180, 0.1,
    )  # fmt: skip
