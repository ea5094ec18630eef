"""What the metrics of a service mean: signals of services and versions, seen by itself and by its callers.

Django-free. The names are those of OpenTelemetry's HTTP conventions as Prometheus writes them:

- `http_server_requests_total{service,version,code}`: 5xx are errors; with `contract` and `contract_version`
  it is also known which version of which contract was spoken;
- `http_server_request_duration_seconds` (histogram) `{service,version}`;
- `http_client_requests_total{service,version,callee,callee_version,outcome}`: everything but `ok` is an
  error, also what never reached the callee, so that a dead version is errors and not silence; with
  `contract` and `contract_version` it is known who speaks which version of which contract;
- `http_client_request_duration_seconds` (histogram) `{…,callee,callee_version}`;
- `process_inflight_requests{service,version}` (gauge);
- what tracing systems and meshes count between two services: see `composite/edges.py`.

Traffic is the total of the errors' counts; it is no series of its own.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rollouts.health.composite import edges
from rollouts.health.counters import Increase
from rollouts.health.exemplars.values import Exemplar
from rollouts.health.exposition import Sample, bound_of
from rollouts.health.values import Perspective, Signal, contract_series

SERVED = "http_server_requests"
SERVED_DURATION = "http_server_request_duration_seconds"
CALLED = "http_client_requests"
CALLED_DURATION = "http_client_request_duration_seconds"
INFLIGHT = "process_inflight_requests"
NAMES = frozenset({SERVED, SERVED_DURATION, CALLED, CALLED_DURATION, INFLIGHT}) | edges.NAMES
CONTRACT_LABELS = ("contract", "contract_version")
OK = "ok"
MOST_VERSION = 60
"""Letters of a version that are kept."""


@dataclass(frozen=True, order=True)
class Subject:
    """What a measurement is about. `caller`: the service that counted, for the callers' perspective.

    `name`: of what is none of the known signals; `signal` is then its shape.
    """

    service: str
    version: str
    signal: Signal
    perspective: Perspective
    caller: str = ""
    name: str = ""


@dataclass(frozen=True)
class Measured:
    """What one window holds for one subject: counts, or the value of a gauge.

    `buckets`: upper bound in seconds to requests up to it (cumulative, with infinity).
    """

    bad: float = 0
    total: float = 0
    value: float | None = None
    buckets: Mapping[float, float] = field(default_factory=dict)

    def plus(self, other: "Measured") -> "Measured":
        """Both together: counts and buckets add up, and so do the gauges of several instances."""
        values = [value for value in (self.value, other.value) if value is not None]
        return Measured(
            self.bad + other.bad,
            self.total + other.total,
            sum(values) if values else None,
            _added(self.buckets, other.buckets),
        )


def _added(one: Mapping[float, float], other: Mapping[float, float]) -> Mapping[float, float]:
    """Buckets of two histograms; where their bounds differ, only those that both know."""
    if not one or not other:
        return one or other
    return {bound: one[bound] + other[bound] for bound in sorted(one.keys() & other.keys())}


def measure(
    increases: Iterable[Increase], gauges: Iterable[Sample], *, service: str, version: str
) -> dict[Subject, Measured]:
    """The signals in one target's reading; `service` and `version` are the target's, for what names none."""
    found: dict[Subject, Measured] = {}
    buckets: dict[Subject, dict[float, float]] = {}
    for increase in increases:
        for subject, measured in _of(increase, service, version):
            if measured is None:
                bound = bound_of(increase.labels["le"])
                inside = buckets.setdefault(subject, {})
                inside[bound] = inside.get(bound, 0) + increase.by
            else:
                found[subject] = found.get(subject, Measured()).plus(measured)
    for subject, inside in buckets.items():
        found[subject] = Measured(total=inside.get(math.inf, 0.0), buckets=dict(sorted(inside.items())))
    for gauge in gauges:
        if gauge.name == INFLIGHT:
            subject = Subject(*_own(gauge.labels, service, version), Signal.SATURATION, Perspective.SERVER)
            found[subject] = found.get(subject, Measured()).plus(Measured(value=gauge.value))
    return found


def _own(labels: Mapping[str, str], service: str, version: str) -> tuple[str, str]:
    return labels.get("service") or service, (labels.get("version") or version)[:MOST_VERSION]


def _of(increase: Increase, service: str, version: str) -> Iterable[tuple[Subject, Measured | None]]:
    """What one counter adds to; None for a bucket, whose subject is all that matters here."""
    own_service, own_version = _own(increase.labels, service, version)
    callee = increase.labels.get("callee", "")
    seen = Subject(own_service, own_version, Signal.ERRORS, Perspective.SERVER)
    called = Subject(
        callee,
        increase.labels.get("callee_version", "")[:MOST_VERSION],
        Signal.ERRORS,
        Perspective.CALLERS,
        own_service,
    )
    match increase.name:
        case "http_server_requests_total":
            bad = increase.by if increase.labels.get("code", "").startswith("5") else 0
            yield seen, Measured(bad, increase.by)
            contract, spoken = (increase.labels.get(name, "") for name in CONTRACT_LABELS)
            if contract and spoken:
                yield of_contract(seen, contract, spoken), Measured(bad, increase.by)
        case "http_client_requests_total" if callee:
            bad = 0 if increase.labels.get("outcome") == OK else increase.by
            yield called, Measured(bad, increase.by)
            contract, spoken = (increase.labels.get(name, "") for name in CONTRACT_LABELS)
            if contract and spoken:
                yield of_contract(called, contract, spoken), Measured(bad, increase.by)
        case "http_server_request_duration_seconds_bucket" if "le" in increase.labels:
            yield replace(seen, signal=Signal.LATENCY), None
        case "http_client_request_duration_seconds_bucket" if callee and "le" in increase.labels:
            yield replace(called, signal=Signal.LATENCY), None
        case name if edge := edges.seen(name, increase.labels, increase.by):
            yield (
                Subject(edge.callee, edge.version, Signal.ERRORS, Perspective.BETWEEN, edge.caller),
                Measured(edge.bad, edge.total),
            )


def of_contract(seen: Subject, contract: str, version: str) -> Subject:
    """The same requests as calls that spoke a version of a contract."""
    return replace(seen, version=version[:MOST_VERSION], name=contract_series(contract))


def contract_of(labels: Mapping[str, str]) -> str:
    """The name of the series of the contract that was spoken; empty where labels name no version of one."""
    known = labels.get("contract") and labels.get("contract_version")
    return contract_series(labels["contract"]) if known else ""


def exemplified(
    found: Iterable[tuple[str, Mapping[str, str], Exemplar]], *, service: str, version: str
) -> list[tuple[Subject, Exemplar]]:
    """What single requests tell of: each of its latency, and those of counters only where they failed."""
    return [
        (subject, one)
        for name, labels, one in found
        for subject, measured in _of(Increase(name, labels, 1), service, version)
        if subject.perspective is not Perspective.BETWEEN
        and not subject.name
        and (measured is None or measured.bad)
    ]


def together(readings: Iterable[Mapping[Subject, Measured]]) -> dict[Subject, Measured]:
    """The readings of several targets added up."""
    found: dict[Subject, Measured] = {}
    for reading in readings:
        for subject, measured in reading.items():
            found[subject] = found[subject].plus(measured) if subject in found else measured
    return found
