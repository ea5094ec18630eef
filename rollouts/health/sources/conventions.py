"""Naming conventions of metrics, as data: where signals stand, and what the labels mean.

Django-free. A template becomes one grouped query for all services; each of its series is then read as if the
service had exposed it under Gatehouse's own names (`signals.py`), so that counters, restarts and windows are
the same for every source. Sources: OpenTelemetry semantic conventions (docs/http/http-metrics.md), Istio
(standard metrics), Linkerd (proxy metrics), Envoy (cluster statistics), ingress-nginx (monitoring).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rollouts.health.composite.edges import TRACED, TRACED_FAILED
from rollouts.health.signals import (
    CALLED,
    CALLED_DURATION,
    CONTRACT_LABELS,
    INFLIGHT,
    OK,
    SERVED,
    SERVED_DURATION,
)
from rollouts.health.values import Perspective, Signal
from rollouts.lib.registry import Registry

Labels = Mapping[str, str]
INSTANCE = ("instance", "pod")
"""What tells processes apart: a counter falls when its own process restarts, not when another ends."""

TO_WHAT = ("connection_type",)
"""What tells databases and nodes without a span from services."""

FIVE = re.compile(r"5\d\d|5xx|5")
# OpenTelemetry: the gRPC codes that are a server's errors (docs/rpc/grpc.md).
GRPC_BAD = frozenset({"2", "4", "12", "13", "14", "15"})


@dataclass(frozen=True)
class Template:
    """One question: `metric` of all services, of which `where` holds, told apart by `by`.

    `bad` says of a series' labels whether it counts failed requests (errors only). `per_second`: units of
    the bucket bounds in a second (latency only). `caller`: the label of who called, where others counted.
    `between`: what counted stands between the two, and tells of an edge only; of two such metrics, `part`
    names what each counts.
    """

    signal: Signal
    metric: str
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    bad: Callable[[Labels], bool] | None = None
    per_second: float = 1.0
    caller: str = ""
    between: bool = False
    part: str = ""

    @property
    def perspective(self) -> Perspective:
        if self.between:
            return Perspective.BETWEEN
        return Perspective.CALLERS if self.caller else Perspective.SERVER

    @property
    def spoken(self) -> tuple[str, ...]:
        """Labels that say which version of which contract was spoken, as the service or its callers count.

        They are asked for with the others, so that they cost no query; series without them stay as they are.
        """
        return CONTRACT_LABELS if self.signal is Signal.ERRORS and not self.between else ()

    @property
    def name(self) -> str:
        """What it is called within its convention."""
        seen = {Perspective.CALLERS: " by callers", Perspective.BETWEEN: " between"}
        return f"{self.signal}{seen.get(self.perspective, '')} {self.part}".strip()


@dataclass(frozen=True)
class Convention:
    """A family of names. `service` and `version` are its labels unless a source names others.

    `fixed`: no source names others, since they are no labels of a service.
    `example` shows the metric that gives it away.
    """

    name: str
    title: str
    service: str
    version: str
    templates: tuple[Template, ...]
    fixed: bool = False

    @property
    def example(self) -> str:
        return self.templates[0].metric


conventions: Registry[Convention] = Registry("naming convention")


def canonical(template: Template, labels: Labels, service: str, version: str) -> tuple[str, dict[str, str]]:
    """The name and labels that a series of the template has among Gatehouse's own."""
    if template.between:
        # The callee is named for whoever asks which service a counter is about.
        ends = {"client": labels.get(template.caller, ""), "server": service, "callee": service}
        more = (*INSTANCE, *template.by)
        return template.metric, ends | {name: labels[name] for name in more if labels.get(name)}
    same = {f"raw_{name}": labels[name] for name in (*INSTANCE, *template.by) if labels.get(name)}
    if template.caller:
        caller = labels.get(template.caller, "")
        about = {"service": caller, "callee": service, "callee_version": version}
    else:
        about = {"service": service, "version": version}
    if template.signal is Signal.SATURATION:
        return INFLIGHT, {**same, **about}
    if template.signal is Signal.LATENCY:
        bound = f"{float(labels['le']) / template.per_second:.9g}"
        name = CALLED_DURATION if template.caller else SERVED_DURATION
        return f"{name}_bucket", {**same, **about, "le": bound}
    failed = template.bad is not None and template.bad(labels)
    spoken = {name: labels[name] for name in template.spoken if labels.get(name)}
    if template.caller:
        return f"{CALLED}_total", {**same, **about, **spoken, "outcome": "failed" if failed else OK}
    return f"{SERVED}_total", {**same, **about, **spoken, "code": "500" if failed else "200"}


def _status(label: str) -> Callable[[Labels], bool]:
    return lambda labels: bool(FIVE.fullmatch(labels.get(label, "")))


def _istio(labels: Labels) -> bool:
    # 0 is a request that got no answer.
    code = labels.get("response_code", "")
    return bool(FIVE.fullmatch(code)) or code == "0" or labels.get("grpc_response_status", "") in GRPC_BAD


def _istio_templates(reporter: str, caller: str) -> tuple[Template, ...]:
    # One reporter: each request is told by the proxies of both sides.
    where = {"reporter": reporter}
    return (
        Template(
            Signal.ERRORS,
            "istio_requests_total",
            ("response_code", "grpc_response_status"),
            where,
            _istio,
            caller=caller,
        ),
        Template(
            Signal.LATENCY,
            "istio_request_duration_milliseconds_bucket",
            where=where,
            per_second=1000,
            caller=caller,
        ),
    )


KNOWN = (
    Convention(
        "gatehouse",
        "Gatehouse's own names",
        "service",
        "version",
        (
            Template(Signal.ERRORS, "http_server_requests_total", ("code",), bad=_status("code")),
            Template(Signal.LATENCY, "http_server_request_duration_seconds_bucket"),
            Template(Signal.SATURATION, "process_inflight_requests"),
        ),
    ),
    Convention(
        "gatehouse-callers",
        "Gatehouse's own names, as callers count",
        "callee",
        "callee_version",
        (
            Template(
                Signal.ERRORS,
                "http_client_requests_total",
                ("outcome",),
                bad=lambda labels: labels.get("outcome") != OK,
                caller="service",
            ),
            Template(Signal.LATENCY, "http_client_request_duration_seconds_bucket", caller="service"),
        ),
    ),
    Convention(
        "opentelemetry",
        "OpenTelemetry HTTP server",
        "service_name",
        "service_version",
        (
            Template(
                Signal.ERRORS,
                "http_server_request_duration_seconds_count",
                ("http_response_status_code",),
                bad=_status("http_response_status_code"),
            ),
            Template(Signal.LATENCY, "http_server_request_duration_seconds_bucket"),
            Template(Signal.SATURATION, "http_server_active_requests"),
        ),
    ),
    Convention(
        "istio",
        "Istio, as the server's proxy reports",
        "destination_service_name",
        "destination_version",
        _istio_templates("destination", ""),
    ),
    Convention(
        "istio-callers",
        "Istio, as the callers' proxies report",
        "destination_service_name",
        "destination_version",
        _istio_templates("source", "source_workload"),
    ),
    Convention(
        "service-graph",
        "Service graph of traces (Tempo, OpenTelemetry)",
        "server",
        "version",
        (
            Template(Signal.ERRORS, f"{TRACED}_total", TO_WHAT, caller="client", between=True, part="all"),
            Template(
                Signal.ERRORS, f"{TRACED_FAILED}_total", TO_WHAT, caller="client", between=True, part="failed"
            ),
        ),
        fixed=True,
    ),
    Convention(
        "linkerd",
        "Linkerd, inbound",
        "deployment",
        "version",
        (
            Template(
                Signal.ERRORS,
                "response_total",
                ("classification",),
                {"direction": "inbound"},
                lambda labels: labels.get("classification") == "failure",
            ),
            Template(
                Signal.LATENCY,
                "response_latency_ms_bucket",
                where={"direction": "inbound"},
                per_second=1000,
            ),
        ),
    ),
    Convention(
        "linkerd-callers",
        "Linkerd, outbound, as callers count",
        "dst_deployment",
        "version",
        (
            Template(
                Signal.ERRORS,
                "response_total",
                ("classification",),
                {"direction": "outbound"},
                lambda labels: labels.get("classification") == "failure",
                caller="deployment",
            ),
            Template(
                Signal.LATENCY,
                "response_latency_ms_bucket",
                where={"direction": "outbound"},
                per_second=1000,
                caller="deployment",
            ),
        ),
    ),
    Convention(
        "envoy",
        "Envoy clusters",
        "envoy_cluster_name",
        "version",
        (
            Template(
                Signal.ERRORS,
                "envoy_cluster_upstream_rq_xx",
                ("envoy_response_code_class",),
                bad=_status("envoy_response_code_class"),
            ),
            Template(Signal.LATENCY, "envoy_cluster_upstream_rq_time_bucket", per_second=1000),
            Template(Signal.SATURATION, "envoy_cluster_upstream_rq_active"),
        ),
    ),
    Convention(
        "ingress-nginx",
        "NGINX ingress",
        "service",
        "version",
        (
            Template(Signal.ERRORS, "nginx_ingress_controller_requests", ("status",), bad=_status("status")),
            Template(Signal.LATENCY, "nginx_ingress_controller_request_duration_seconds_bucket"),
        ),
    ),
)
