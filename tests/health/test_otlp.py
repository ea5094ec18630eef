"""OpenTelemetry metrics over HTTP: what becomes counts of windows, and what is named as dropped."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

from rollouts.health import services
from rollouts.health.models import Source, Window
from rollouts.health.pushing import otlp
from rollouts.health.values import Signal
from tests.health.factories import EPOCH, service
from tests.health.test_pushing import clock as clock
from tests.health.test_pushing import fleet as fleet
from tests.health.test_pushing import token

pytestmark = pytest.mark.django_db

PROTOBUF = "application/x-protobuf"
SERVER = "http.server.request.duration"
LATER = "aggregationTemporality"


def nanoseconds(seconds: float) -> str:
    return str(int((EPOCH.timestamp() + seconds) * 10**9))


def point(at: float, since: float = -100, status: int | None = 200, **fields: Any) -> dict[str, Any]:
    labels = [] if status is None else [{"key": "http.response.status_code", "value": {"intValue": status}}]
    labels += [{"key": key, "value": {"stringValue": text}} for key, text in fields.pop("labels", {}).items()]
    times = {"timeUnixNano": nanoseconds(at), "startTimeUnixNano": nanoseconds(since)}
    return {"attributes": labels, **times, **fields}


def buckets(at: float, counts: list[int], **fields: Any) -> dict[str, Any]:
    limits = [0.1, 0.5][: len(counts) - 1]
    made = {"count": sum(counts), "bucketCounts": counts, "explicitBounds": limits}
    return point(at, **{**made, **fields})


def histogram(*points: Any, name: str = SERVER, unit: str = "s", temporality: int = 2) -> dict[str, Any]:
    return {"name": name, "unit": unit, "histogram": {LATER: temporality, "dataPoints": list(points)}}


def requests(*points: Any, name: str = "http.server.requests", temporality: int = 2) -> dict[str, Any]:
    return {"name": name, "sum": {LATER: temporality, "isMonotonic": True, "dataPoints": list(points)}}


def export(*metrics: dict[str, Any], **resource: str) -> dict[str, Any]:
    named = {"service.name": "orders", "service.version": "3.0.0", "service.instance.id": "a", **resource}
    labels = [{"key": key, "value": {"stringValue": text}} for key, text in named.items() if text]
    scopes = [{"metrics": list(metrics)}]
    return {"resourceMetrics": [{"resource": {"attributes": labels}, "scopeMetrics": scopes}]}


def send(client: Client, body: dict[str, Any], *, kind: str = PROTOBUF, **headers: str) -> Any:
    data = json.dumps(body).encode()
    if kind == PROTOBUF:
        data = json_format.Parse(data, otlp.Request()).SerializeToString()
    if headers.get("Content-Encoding") == "gzip":
        data = gzip.compress(data)
    return client.post(
        "/api/v1/sources/batch/otlp/v1/metrics",
        data,
        content_type=kind,
        headers={"Authorization": f"Bearer {token()}", **headers},
    )


def rejected(answer: Any) -> tuple[int, str]:
    assert answer.status_code == 200, answer.content
    partial = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    return partial.rejected_data_points, partial.error_message


def counted(signal: Signal = Signal.ERRORS) -> list[tuple[int, int]]:
    rows = Window.objects.filter(series__signal=signal, gap=False).order_by(
        "start_at", "series__caller", "pk"
    )
    return list(rows.values_list("bad", "total"))


def close(fleet: Source, clock: Any, at: float = 7) -> None:
    clock(at)
    services.collect([fleet.pk])


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("kind", [PROTOBUF, "application/json"])
def test_a_delta_histogram_gives_errors_and_latency(
    kind: str, encoding: str, client: Client, fleet: Source, clock: Any
) -> None:
    points = [buckets(2, [5, 3, 2]), buckets(2, [0, 1, 1], status=503), buckets(2, [1, 0, 0], status=404)]
    body = export(histogram(*points, temporality=1))
    for _ in range(2):  # a retry adds nothing
        answer = send(client, body, kind=kind, **{"Content-Encoding": encoding})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    close(fleet, clock)
    assert counted() == [(2, 13)]
    assert Window.objects.get(series__signal=Signal.LATENCY).buckets == [[0.1, 6], [0.5, 10], [None, 13]]


def test_points_that_say_which_contract_was_spoken_are_counted_by_its_versions_too(
    client: Client, fleet: Source, clock: Any
) -> None:
    two, three, half = (
        {"contract": "orders-api", "contract.version": "2"},
        {"contract": "orders-api", "contract.version": "3"},
        {"contract": "orders-api"},
    )
    points = [buckets(2, [5, 3, 2], labels=two), buckets(2, [1, 0, 0], labels=three, status=500)]
    points += [buckets(2, [4, 0, 0], labels=half)]
    assert rejected(send(client, export(histogram(*points, temporality=1)))) == (0, "")
    clientside = point(2, labels={**two, "peer.service": "orders"}, asInt=7)
    send(client, export(requests(clientside, name="http.client.requests", temporality=1)))
    close(fleet, clock)
    found = Window.objects.filter(series__signal=Signal.ERRORS, series__perspective="server")
    rows = found.order_by("series__name", "series__version")
    assert list(rows.values_list("series__name", "series__version", "bad", "total")) == [
        ("", "3.0.0", 1, 15), ("contract:orders-api", "2", 0, 10), ("contract:orders-api", "3", 1, 1),
    ]  # fmt: skip
    assert Window.objects.get(series__signal=Signal.LATENCY).buckets == [[0.1, 10], [0.5, 13], [None, 15]]


def test_cumulative_counts_are_increases_with_restarts(client: Client, fleet: Source, clock: Any) -> None:
    def at(seconds: float, *points: Any) -> None:
        clock(seconds + 0.5)
        assert rejected(send(client, export(requests(*points)))) == (0, "")

    at(1, point(1, asInt=100))  # nobody knows since when
    at(2, point(2, asInt=110), point(2, status=500, asInt=3))  # a new stream was born at 0
    at(2, point(2, asInt=110), point(2, status=500, asInt=3))  # a retry
    at(3, point(3, asInt=4, since=2.5))  # a restart, told by its start
    at(4, point(4, asInt=9, since=2.5))
    close(fleet, clock, 7)
    assert counted() == [(3, 3 + 10 + 9)]
    at(8, point(8, asInt=2, since=2.5))  # it fell: a restart
    close(fleet, clock, 12)
    assert counted() == [(3, 22), (0, 2)]


def test_a_process_that_was_born_in_the_window_counts_whole(
    client: Client, fleet: Source, clock: Any
) -> None:
    send(client, export(histogram(buckets(2, [4, 0, 1], since=0.5))))
    close(fleet, clock)
    assert counted() == [(0, 5)]


def test_clients_gauges_and_milliseconds(client: Client, fleet: Source, clock: Any) -> None:
    calls = {"service.peer.name": "orders"}
    called = buckets(2, [1, 1, 0], status=None, labels={**calls, "error.type": "timeout"})
    called |= {"explicitBounds": [100, 500]}
    fine = buckets(2, [3, 0, 0], labels=calls) | {"explicitBounds": [100, 500]}
    client_side = histogram(called, fine, name="http.client.request.duration", unit="ms", temporality=1)
    active = {"name": otlp.ACTIVE, "sum": {LATER: 2, "dataPoints": [point(1, asInt=9), point(2, asInt=4)]}}
    send(client, export(client_side, **{"service.name": "checkout", "service.version": "1"}))
    send(client, export(active))
    close(fleet, clock)
    row = Window.objects.get(series__signal=Signal.ERRORS)
    assert (row.bad, row.total, row.series.caller, row.series.service) == (2, 5, "checkout", service())
    latency = Window.objects.get(series__signal=Signal.LATENCY)
    assert latency.buckets == [[0.1, 4], [0.5, 5], [None, 5]]
    assert Window.objects.get(series__signal=Signal.SATURATION).value == 4


@pytest.mark.parametrize(
    ("metric", "resource", "said"),
    [
        ({"name": SERVER, "unit": "s", "exponentialHistogram": {LATER: 2, "dataPoints": [{}]}}, {},
         "exponential_histogram is not supported"),
        ({"name": SERVER, "unit": "s", "summary": {"dataPoints": [{}]}}, {}, "summary is not supported"),
        ({"name": "jvm.memory.used", "gauge": {"dataPoints": [{}]}}, {}, "not known here"),
        (histogram(buckets(2, [1, 1]), unit="min"), {}, "neither s nor ms"),
        (histogram(buckets(2, [1, 1]), temporality=0), {}, "temporality is not stated"),
        (histogram(buckets(2, [1, 1, 1], count=9)), {}, "do not fit"),
        (histogram(buckets(2, [1, 1])), {"service.name": ""}, "no service.name"),
        (histogram(buckets(2, [1, 1]), name="http.client.request.duration"), {}, "callee has no name"),
        (requests(point(2, asInt=1), temporality=1), {"service.name": "nobody"}, "no service named nobody"),
        (requests(point(200, asInt=1), temporality=1), {}, "in the future"),
        (requests(point(-20, asInt=1), temporality=1), {}, "is closed"),
        (requests(point(2, asInt=-1), temporality=1), {}, "not negative"),
        (requests(point(2, asDouble="NaN"), temporality=1), {}, "finite"),
        (requests({"asInt": 1}, temporality=1), {}, "no time"),
    ],
)  # fmt: skip
def test_what_is_dropped_is_counted_and_named(
    metric: dict[str, Any], resource: dict[str, str], said: str, client: Client, fleet: Source, clock: Any
) -> None:
    good = requests(point(2, asInt=7), temporality=1)
    many, message = rejected(send(client, {
        "resourceMetrics": export(metric, **resource)["resourceMetrics"] + export(good)["resourceMetrics"]
    }))  # fmt: skip
    assert many == 1
    assert said in message
    close(fleet, clock)
    assert counted() == [(0, 7)]


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status"),
    [
        (b"{", "application/json", {}, 400),
        (b"\xff\xff", PROTOBUF, {}, 400),
        (b"x", PROTOBUF, {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}")[:-4], "application/json", {"Content-Encoding": "gzip"}, 400),
        (b"{}", "application/json", {"Content-Encoding": "br"}, 400),
        (gzip.compress(b" " * 4_000_001), "application/json", {"Content-Encoding": "gzip"}, 413),
        (b" " * 1_000_001, "application/json", {}, 413),
        (b"{}", "text/plain", {}, 415),
        (b'{"resourceMetrics":' * 2000, "application/json", {}, 400),
    ],
    # What is packed holds the time, so that names of its bytes would differ from worker to worker.
    ids=map(str, range(9)),
)
def test_what_is_no_export_is_refused(
    body: bytes, kind: str, headers: dict[str, str], status: int, client: Client, fleet: Source, clock: Any
) -> None:
    answer = client.post(
        "/api/v1/sources/batch/otlp/v1/metrics",
        body,
        content_type=kind,
        headers={"Authorization": f"Bearer {token()}", **headers},
    )
    assert answer.status_code == status
    assert answer.json()["remedy"]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.integers(1, 4))
def test_cumulative_and_delta_tell_the_same(steps: list[int], restart: int) -> None:
    """However a process counts, and however often it restarts, the same requests are seen."""
    states: dict[str, Any] = {}
    counts = {1: 0.0, 2: 0.0}
    value, since = 0, 0.0
    for number, step in enumerate(steps):
        at = 0.2 + number * 0.1
        if number % restart == 0:
            value, since = 0, at - 0.05
        value += step
        for temporality, shown in ((1, step), (2, value)):
            body = export(requests(point(at, since=since, asInt=shown), temporality=temporality))
            taken = otlp.take(json_format.ParseDict(body, otlp.Request()), states, window_s=5)
            if temporality == 2:
                states |= taken.states
            counts[temporality] += sum(part.measured.total for part in taken.parts)
    assert counts[1] == counts[2] == sum(steps)
    assert timedelta(seconds=len(steps) * 0.1) < timedelta(seconds=5)
