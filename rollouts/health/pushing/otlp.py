"""OpenTelemetry metrics (OTLP) as parts of windows, by the semantic conventions of HTTP.

Django-free. Taken are `http.server.request.duration` and `http.client.request.duration` (explicit histograms,
seconds or milliseconds), `http.server.requests` and `http.client.requests` (monotonic sums) and
`http.server.active_requests` (sum that is not monotonic, or gauge). All else is named in the answer.

- A request is bad when its `http.response.status_code` is 500 or more, or it has none and an `error.type`.
- The service is `service.name` of the resource, its version `service.version`. A client's callee is
  `service.peer.name`, `peer.service` or `server.address`.
- A server's point may name its `contract` and `contract.version`.
- Cumulative: increases since the point before; another start, or a number that fell, is a restart. The
  first point of an instance says nothing, unless it began in that window; a stream that appears later was
  born at 0.
- A point belongs to the window in which it was taken.

(Sources: OTLP 1.7, `metrics.proto` on temporality and start times; OpenTelemetry semantic conventions 1.37.)
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest as Request,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from rollouts.health.pushing.values import Part, fault
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal

DURATIONS = {
    "http.server.request.duration": Perspective.SERVER,
    "http.client.request.duration": Perspective.CALLERS,
}
REQUESTS = {"http.server.requests": Perspective.SERVER, "http.client.requests": Perspective.CALLERS}
ACTIVE = "http.server.active_requests"
CONTRACT = ("contract", "contract.version")
UNITS = {"s": 1.0, "ms": 0.001}
MOST_POINTS = 20_000
DELTA, CUMULATIVE = 1, 2

__all__ = ["Request", "Taken", "Unreadable", "instances", "read", "take"]

States = Mapping[str, Mapping[str, Any]]


class Unreadable(Exception):
    """The body is no OTLP request; `str()` says why."""


@dataclass
class Taken:
    """Parts of windows, the counters of each instance to keep, and what was not taken and why."""

    parts: list[Part] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    dropped_points: int = 0

    def drop(self, said: str, points: int) -> None:
        self.dropped.append(said)
        self.dropped_points += points


@dataclass(frozen=True)
class _Stream:
    """One set of attributes of one metric, and the point's times in nanoseconds."""

    key: str
    subject: Subject
    bad: bool
    started: int
    at: int
    instance: str
    spoken: tuple[str, str] = ("", "")


def read(body: bytes, *, as_json: bool) -> Request:
    """The request in `body`. Raises Unreadable."""
    request = Request()
    try:
        if as_json:
            json_format.Parse(body.decode("utf-8"), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Unreadable(f"This is no OTLP export of metrics: {str(error)[:200]}") from error
    points = sum(len(_points(metric)) for _, _, metric in _metrics(request))
    if points > MOST_POINTS:
        raise Unreadable(f"An export holds at most {MOST_POINTS:,} points; send smaller batches.")
    return request


def instances(request: Request) -> set[str]:
    """The instances whose counters are needed."""
    return {instance for instance, _, _ in _metrics(request)}


def take(request: Request, states: States, *, window_s: int) -> Taken:
    """The parts of windows in `request`, after the counters `states` by instance."""
    taken = Taken()
    for instance, resource, metric in _metrics(request):
        points = _points(metric)
        if said := _unsupported(metric, resource):
            taken.drop(said, len(points))
            continue
        known = instance in states
        state = taken.states.setdefault(instance, dict(states.get(instance, {})))
        for point in points:
            stream = _stream(metric, point, resource, instance)
            if stream is None:
                taken.drop(f"{metric.name}: the callee has no name (service.peer.name).", 1)
                continue
            _take_point(metric, point, stream, state, taken, known=known, window_s=window_s)
    return taken


def _metrics(request: Request) -> Iterator[tuple[str, dict[str, Any], Metric]]:
    for each in request.resource_metrics:
        resource = _attributes(each.resource.attributes)
        instance = _digest(resource)
        for scope in each.scope_metrics:
            for metric in scope.metrics:
                yield instance, resource, metric


def _points(metric: Metric) -> Sequence[Any]:
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).data_points if kind else ()


def _unsupported(metric: Metric, resource: Mapping[str, Any]) -> str:
    """Why nothing of a metric can be taken; empty when it can."""
    kind, name = metric.WhichOneof("data"), metric.name[:100]
    if not resource.get("service.name"):
        return f"{name}: the resource has no service.name."
    if name in DURATIONS:
        if kind != "histogram":
            return f"{name}: {kind} is not supported; export explicit buckets."
        if metric.unit not in UNITS:
            return f"{name}: the unit {metric.unit!r} is neither s nor ms."
    elif name in REQUESTS:
        if kind != "sum" or not metric.sum.is_monotonic:
            return f"{name}: only a monotonic sum is supported."
    elif name == ACTIVE:
        cumulative = kind == "sum" and metric.sum.aggregation_temporality == CUMULATIVE
        return (
            "" if kind == "gauge" or cumulative else f"{name}: only a gauge or cumulative sum is supported."
        )
    else:
        return f"{name}: this metric is not known here."
    data = getattr(metric, kind)
    known = data.aggregation_temporality in (DELTA, CUMULATIVE)
    return "" if known else f"{name}: its temporality is not stated."


def _stream(metric: Metric, point: Any, resource: Mapping[str, Any], instance: str) -> _Stream | None:
    labels = _attributes(point.attributes)
    service, version = str(resource["service.name"])[:60], str(resource.get("service.version", ""))[:60]
    side = DURATIONS.get(metric.name) or REQUESTS.get(metric.name) or Perspective.SERVER
    subject = Subject(service, version, Signal.ERRORS, side)
    if side is Perspective.CALLERS:
        names = ("service.peer.name", "peer.service", "server.address")
        callee = next((str(labels[name]) for name in names if labels.get(name)), "")
        if not callee:
            return None
        subject = Subject(callee[:60], "", Signal.ERRORS, side, service)
    status = labels.get("http.response.status_code")
    told = str(status or "")
    bad = int(told) >= 500 if told.isdecimal() else bool(labels.get("error.type"))
    key = _digest({"metric": metric.name, **labels})
    times = point.start_time_unix_nano, point.time_unix_nano
    return _Stream(key, subject, bad, *times, instance, _spoken(labels, side))


def _spoken(labels: Mapping[str, Any], side: Perspective) -> tuple[str, str]:
    """The contract and the version of it that a server's requests spoke; empty where either is missing."""
    contract, version = (str(labels.get(name) or "")[:60] for name in CONTRACT)
    return (contract, version) if contract and version and side is Perspective.SERVER else ("", "")


def _take_point(
    metric: Metric,
    point: Any,
    stream: _Stream,
    state: dict[str, Any],
    taken: Taken,
    *,
    known: bool,
    window_s: int,
) -> None:
    start = _window(stream.at, window_s)
    if start is None or point.flags & 1:
        taken.drop(f"{metric.name}: a point has no time or no value.", 1)
        return
    if metric.name == ACTIVE:
        gauge = replace(stream.subject, signal=Signal.SATURATION)
        # The newest reading of each stream stands for its window.
        _add(taken, stream, gauge, start, Measured(value=_number(point)), point="")
        return
    values, limits = _values(metric, point)
    if limits is None:
        taken.drop(f"{metric.name}: bounds and counts of its buckets do not fit.", 1)
        return
    kind = metric.WhichOneof("data") or ""
    if getattr(metric, kind).aggregation_temporality == CUMULATIVE:
        if stream.key in state and stream.at <= state[stream.key]["at"]:
            return  # seen before
        since = _since(state.get(stream.key), stream, values, limits, start, known=known)
        state[stream.key] = {"start": stream.started, "at": stream.at, "values": values, "bounds": limits}
        if since is None:
            return
        values = [now - before for now, before in zip(values, since, strict=True)]
    total = sum(values)
    _add(taken, stream, stream.subject, start, Measured(total if stream.bad else 0, total))
    if limits:
        scale, above, buckets = UNITS[metric.unit], 0.0, {}
        for limit, count in zip([*limits, math.inf], values, strict=True):
            above += count
            buckets[limit * scale] = above
        latency = replace(stream.subject, signal=Signal.LATENCY)
        _add(taken, stream, latency, start, Measured(total=total, buckets=buckets))


def _since(
    before: Mapping[str, Any] | None,
    stream: _Stream,
    values: list[float],
    limits: list[float],
    start: datetime,
    *,
    known: bool,
) -> list[float] | None:
    """What to count from: the point before, 0 after a restart or birth; None when nobody knows."""
    zeros = [0.0] * len(values)
    if before is None:
        born = known or stream.started >= int(start.timestamp()) * 10**9
        return zeros if born else None
    restarted = stream.started > before["start"] or before["bounds"] != limits
    fell = any(now < was for now, was in zip(values, before["values"], strict=False))
    return zeros if restarted or fell else list(before["values"])


def _add(
    taken: Taken,
    stream: _Stream,
    subject: Subject,
    start: datetime,
    measured: Measured,
    point: str | None = None,
) -> None:
    if said := fault(subject.signal, measured):
        taken.drop(said, 1)
        return
    name = f"{stream.key[:16]}:{stream.at}" if point is None else f"{stream.key[:16]}{point}"
    spoken = stream.spoken if subject.signal is Signal.ERRORS else ("", "")
    taken.parts.append(Part(subject, start, measured, stream.instance, name, *spoken))


def _values(metric: Metric, point: Any) -> tuple[list[float], list[float] | None]:
    """Counts by bucket (not cumulative) with their bounds; one number and no bounds for a sum."""
    if metric.WhichOneof("data") == "sum":
        return [_number(point)], []
    counts, limits = [float(count) for count in point.bucket_counts], list(point.explicit_bounds)
    ordered = all(one < other for one, other in zip(limits, limits[1:], strict=False))
    fits = len(counts) == len(limits) + 1 and sum(counts) == point.count and ordered
    return counts, limits if fits and limits else None


def _number(point: Any) -> float:
    return float(point.as_double if point.WhichOneof("value") == "as_double" else point.as_int)


def _window(nanoseconds: int, window_s: int) -> datetime | None:
    """The start of the window that ends at or after the time; a point on the boundary closes a window."""
    seconds = (nanoseconds - 1) // 10**9
    if nanoseconds <= 0 or seconds > 253_402_300_799:
        return None
    return datetime.fromtimestamp(seconds - seconds % window_s, UTC)


def _attributes(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        if kind in {"string_value", "int_value", "bool_value", "double_value"}:
            found[pair.key] = getattr(pair.value, kind)
    return found


def _digest(parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
