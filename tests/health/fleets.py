"""The history that the shared Prometheus of the tests holds: two minutes of a small fleet, from EPOCH on."""

from tests.health.factories import EPOCH
from tests.health.prometheus import Readings

STEP = 5
MANY = 25
NAN, INF = float("nan"), float("inf")


def _counter(*rates: float, start: float = 0) -> list[tuple[float, float]]:
    """A reading every 5 s; `rates` are increases in every reading, the last goes on."""
    value, found = start, []
    for number in range(MANY):
        found.append((EPOCH.timestamp() + number * STEP, value))
        value += rates[min(number, len(rates) - 1)]
    return found


def history() -> Readings:
    """orders 3.0.0 with 10 requests in every 5 s, its canary 3.1.0 born after 30 s with errors at once."""
    otel = "http_server_request_duration_seconds"
    orders = 'service_name="orders",service_version="3.0.0",instance="a:1"'
    canary = 'service_name="orders",service_version="3.1.0",instance="b:1"'
    born = [(at, value) for at, value in _counter(3, start=3) if at >= EPOCH.timestamp() + 35]
    born = [(at, 3.0 * (place + 1)) for place, (at, _value) in enumerate(born)]
    found = {
        f'{otel}_count{{{orders},http_response_status_code="200"}}': _counter(10, start=1000),
        f'{otel}_count{{{orders},http_response_status_code="503"}}': _counter(1, start=5),
        f'{otel}_count{{{canary},http_response_status_code="500"}}': born,
        f"http_server_active_requests{{{orders}}}": _counter(0, start=4),
        'up{job="x"}': _counter(0, start=1),
        'nan_value{service="orders"}': [(at, NAN) for at, _ in _counter(0)],
        'inf_value{service="orders"}': [(at, INF) for at, _ in _counter(0)],
        'two_series{service="orders",zone="a"}': _counter(1),
        'two_series{service="orders",zone="b"}': _counter(1),
    }
    for le, rate in (("0.1", 6), ("0.25", 8), ("1.0", 11), ("+Inf", 11)):
        found[f'{otel}_bucket{{{orders},le="{le}"}}'] = _counter(rate)
    return found
