"""The history that the shared Prometheus of the tests holds: a small fleet, from EPOCH on.

Two minutes by OpenTelemetry's names, and forty minutes by Gatehouse's own.
"""

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
    found: dict[str, list[tuple[float, float]]] = {
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
    traced = 'client="checkout",server="orders",connection_type="",instance="tempo:1"'
    found[f"traces_service_graph_request_total{{{traced}}}"] = _counter(20, start=500)
    found[f"traces_service_graph_request_failed_total{{{traced}}}"] = _counter(2, start=5)
    return {**found, **_long()}


def _long() -> Readings:
    """100 requests in every 15 s, of which 2 fail, and 10 in one minute of forty. Those that fail speak
    version 3 of the contract orders-api, the others version 2."""
    found: dict[str, list[tuple[float, float]]] = {'code="200"': [], 'code="500"': []}
    spoken = {'code="200"': "2", 'code="500"': "3"}
    good = bad = 0
    for number in range(161):
        at = EPOCH.timestamp() + number * 15
        found['code="200"'].append((at, good))
        found['code="500"'].append((at, bad))
        failed = 10 if 80 <= number < 84 else 2
        good, bad = good + 100 - failed, bad + failed
    who = 'service="orders",version="3.0.0",instance="a:1"'
    said = {code: f'contract="orders-api",contract_version="{version}"' for code, version in spoken.items()}
    return {
        f"http_server_requests_total{{{who},{code},{said[code]}}}": values for code, values in found.items()
    }
