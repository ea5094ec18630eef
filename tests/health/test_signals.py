import math

import pytest

from rollouts.health.counters import Increase
from rollouts.health.exposition import Sample
from rollouts.health.quantiles import quantile, slower_than, snap
from rollouts.health.signals import Measured, Subject, measure, together
from rollouts.health.values import Perspective, Signal

INF = math.inf


def _served(code: str, by: float, **labels: str) -> Increase:
    return Increase("http_server_requests_total", {"code": code, **labels}, by)


def _called(outcome: str, by: float, caller: str = "checkout") -> Increase:
    labels = {
        "service": caller,
        "version": "1",
        "callee": "orders",
        "callee_version": "3.0.0",
        "outcome": outcome,
    }
    return Increase("http_client_requests_total", labels, by)


def test_server_errors_are_what_answers_500_and_above() -> None:
    codes = [_served("200", 90), _served("404", 5), _served("500", 3), _served("503", 2)]
    found = measure(codes, [], service="orders", version="3.0.0")
    assert found == {Subject("orders", "3.0.0", Signal.ERRORS, Perspective.SERVER): Measured(5, 100)}


def test_labels_of_the_metric_go_before_those_of_the_target() -> None:
    found = measure([_served("200", 1, service="billing", version="7")], [], service="orders", version="3")
    assert list(found) == [Subject("billing", "7", Signal.ERRORS, Perspective.SERVER)]


def test_callers_count_everything_but_ok_as_errors_of_the_callee() -> None:
    calls = [_called("ok", 6), _called("error", 1), _called("refused", 2), _called("timeout", 1)]
    found = measure(calls, [], service="checkout", version="1")
    subject = Subject("orders", "3.0.0", Signal.ERRORS, Perspective.CALLERS, "checkout")
    assert found == {subject: Measured(4, 10)}


def test_calls_without_a_callee_are_nobodys() -> None:
    assert (
        measure([Increase("http_client_requests_total", {"outcome": "ok"}, 1)], [], service="a", version="")
        == {}
    )


def test_latency_is_kept_as_buckets() -> None:
    name = "http_server_request_duration_seconds_bucket"
    rows = [Increase(name, {"le": le}, by) for le, by in [("+Inf", 10), ("0.1", 4), ("0.25", 8)]]
    found = measure(rows, [], service="orders", version="3")
    subject = Subject("orders", "3", Signal.LATENCY, Perspective.SERVER)
    assert found == {subject: Measured(total=10, buckets={0.1: 4, 0.25: 8, INF: 10})}


def test_load_is_the_sum_of_the_gauges() -> None:
    gauges = [Sample("process_inflight_requests", {"pod": pod}, value) for pod, value in [("a", 2), ("b", 3)]]
    found = measure([], gauges, service="orders", version="3")
    assert found == {Subject("orders", "3", Signal.SATURATION, Perspective.SERVER): Measured(value=5)}


def test_targets_add_up() -> None:
    one = measure([_called("ok", 5), _called("error", 1)], [], service="", version="")
    two = measure([_called("ok", 3), _called("ok", 7, caller="shipping")], [], service="", version="")
    found = together([one, two])
    assert {subject.caller: (each.bad, each.total) for subject, each in found.items()} == {
        "checkout": (1, 9),
        "shipping": (0, 7),
    }


def test_buckets_with_other_bounds_add_up_where_both_have_them() -> None:
    one = Measured(total=10, buckets={0.1: 4, 0.25: 8, INF: 10})
    two = Measured(total=5, buckets={0.25: 5, 0.5: 5, INF: 5})
    assert one.plus(two) == Measured(total=15, buckets={0.25: 13, INF: 15})
    assert one.plus(Measured()).buckets == one.buckets


@pytest.mark.parametrize(
    ("q", "buckets", "expected"),
    [
        (0.5, {0.1: 50, 0.25: 90, 0.5: 98, 1: 100, INF: 100}, 0.1),
        (0.95, {0.1: 50, 0.25: 90, 0.5: 98, 1: 100, INF: 100}, 0.40625),
        (0.99, {0.1: 50, 0.25: 90, 0.5: 98, 1: 100, INF: 100}, 0.75),
        (0.99, {0.1: 50, 1: 90, INF: 100}, 1),
        (0.5, {0.1: 40, 0.25: 30, 0.5: 80, INF: 80}, 0.1),
        (0.1, {-1: 50, 0: 60, INF: 100}, -1),
        (0.25, {0.1: 50, INF: 100}, 0.05),
        (1.0, {0.1: 50, 0.2: 100, INF: 100}, 0.2),
        (0.0, {0.1: 50, INF: 50}, 0.0),
        (0.0, {0.1: 0, 0.2: 5, INF: 5}, 0.1),
    ],
)
def test_quantiles_are_those_of_prometheus(q: float, buckets: dict[float, float], expected: float) -> None:
    assert quantile(q, buckets) == pytest.approx(expected)


@pytest.mark.parametrize(
    "buckets", [{}, {INF: 5}, {0.1: 5, 0.2: 5}, {0.1: 0, INF: 0}, {0.1: math.nan, INF: math.nan}]
)
def test_a_quantile_of_nothing_is_unknown(buckets: dict[float, float]) -> None:
    assert math.isnan(quantile(0.5, buckets))


def test_slow_is_what_lies_above_the_next_bound() -> None:
    buckets = {0.1: 4, 0.25: 8, INF: 10}
    assert slower_than(0.1, buckets) == (6, 0.1)
    assert slower_than(0.2, buckets) == (2, 0.25)
    assert slower_than(0.25, buckets) == (2, 0.25)
    assert slower_than(0.3, buckets) == (0, INF)
    assert slower_than(0.3, {}) == (0, INF)


def test_a_bound_that_differs_by_rounding_is_the_same() -> None:
    assert snap(0.1 + 0.2, [0.25, 0.3, INF]) == 0.3
