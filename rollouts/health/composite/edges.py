"""Who calls whom, as tracing systems and meshes count it. Django-free.

- `traces_service_graph_request_total` and `…_failed_total` with `client` and `server`: Tempo's metrics
  generator (`modules/generator/processor/servicegraphs`) and OpenTelemetry's servicegraph connector.
  Behind head sampling these are parts of the traffic: shares of failures hold, numbers do not. A database
  and a node that no span stands for (`connection_type`) are no services.
- `istio_requests_total` with `source_canonical_service` and `destination_canonical_service` (else the
  workloads) and `response_code`. Both proxies of a call report it; the one beside the caller is taken, so
  that nothing counts twice.
- Linkerd's `response_total` with `direction="outbound"`, `deployment`, `dst_deployment`, `classification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TRACED = "traces_service_graph_request"
TRACED_FAILED = "traces_service_graph_request_failed"
MESHED = "istio_requests"
LINKED = "response"
NAMES = frozenset({TRACED, TRACED_FAILED, MESHED, LINKED})
NO_SERVICES = frozenset({"database", "virtual_node"})
REPORTER = "source"
NOBODY = frozenset({"", "unknown", "user"})
"""What stands where one end could not be named; `user` is Tempo's virtual node outside the system."""
# OpenTelemetry: the gRPC codes that are a server's errors (docs/rpc/grpc.md).
GRPC_FAILED = frozenset({"2", "4", "12", "13", "14", "15"})


@dataclass(frozen=True)
class Seen:
    """What one counter adds to what is known of an edge."""

    caller: str
    callee: str
    version: str = ""
    bad: float = 0
    total: float = 0


def seen(name: str, labels: Mapping[str, str], by: float) -> Seen | None:
    """What one increase says of an edge; None where it is not about one, or an end has no name."""
    found = _traced(name, labels, by) or _meshed(name, labels, by) or _linked(name, labels, by)
    if found is None or {found.caller, found.callee} & NOBODY or found.caller == found.callee:
        return None
    return found


def _traced(name: str, labels: Mapping[str, str], by: float) -> Seen | None:
    if labels.get("connection_type") in NO_SERVICES:
        return None
    caller, callee = labels.get("client", ""), labels.get("server", "")
    match name:
        case "traces_service_graph_request_total":
            return Seen(caller, callee, total=by)
        case "traces_service_graph_request_failed_total":
            return Seen(caller, callee, bad=by)
    return None


def _meshed(name: str, labels: Mapping[str, str], by: float) -> Seen | None:
    if name != "istio_requests_total" or labels.get("reporter") != REPORTER:
        return None
    version = labels.get("destination_version", "")
    return Seen(
        caller=labels.get("source_canonical_service") or labels.get("source_workload", ""),
        callee=labels.get("destination_canonical_service") or labels.get("destination_workload", ""),
        version="" if version in NOBODY else version,
        bad=by if _failed(labels) else 0,
        total=by,
    )


def _linked(name: str, labels: Mapping[str, str], by: float) -> Seen | None:
    if name != "response_total" or labels.get("direction") != "outbound":
        return None
    return Seen(
        caller=labels.get("deployment", ""),
        callee=labels.get("dst_deployment", ""),
        bad=by if labels.get("classification") == "failure" else 0,
        total=by,
    )


def _failed(labels: Mapping[str, str]) -> bool:
    """5xx, no answer at all (code 0), or a gRPC status that is the server's fault."""
    code = labels.get("response_code", "")
    return code == "0" or code.startswith("5") or labels.get("grpc_response_status", "") in GRPC_FAILED
