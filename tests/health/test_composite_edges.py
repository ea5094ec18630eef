"""Who calls whom, as tracing systems and meshes count it, and a service's own signal."""

import pytest

from rollouts.health.composite.edges import Seen, seen
from rollouts.health.composite.own import Tally, errors, limit_of, of_budget, share_of_calls, worst
from rollouts.health.counters import Increase
from rollouts.health.signals import Measured, Subject, measure
from rollouts.health.values import Perspective, Signal

TRACED = "traces_service_graph_request_total"
FAILED = "traces_service_graph_request_failed_total"
MESHED = "istio_requests_total"
LINKED = "response_total"
LINK = {"direction": "outbound", "deployment": "web", "dst_deployment": "api", "classification": "success"}
CALL = {"source_workload": "web", "destination_workload": "api", "reporter": "source"}


@pytest.mark.parametrize(
    ("name", "labels", "found"),
    [
        (TRACED, {"client": "web", "server": "api", "connection_type": ""}, Seen("web", "api", total=4)),
        (FAILED, {"client": "web", "server": "api"}, Seen("web", "api", bad=4)),
        (TRACED, {"client": "user", "server": "web", "connection_type": "virtual_node"}, None),
        (TRACED, {"client": "web", "server": "db", "connection_type": "database"}, None),
        (TRACED, {"client": "web", "server": "api", "connection_type": "virtual_node"}, None),
        (TRACED, {"client": "web", "server": "web"}, None),
        (LINKED, LINK, Seen("web", "api", total=4)),
        (LINKED, {**LINK, "classification": "failure"}, Seen("web", "api", bad=4, total=4)),
        (LINKED, {**LINK, "direction": "inbound"}, None),
        (LINKED, {"direction": "outbound", "deployment": "web"}, None),
        (
            MESHED,
            {**CALL, "source_canonical_service": "shop", "destination_canonical_service": "stock"},
            Seen("shop", "stock", total=4),
        ),
        (TRACED, {"client": "web"}, None),
        (MESHED, {**CALL, "response_code": "200"}, Seen("web", "api", total=4)),
        (MESHED, {**CALL, "response_code": "503"}, Seen("web", "api", bad=4, total=4)),
        (MESHED, {**CALL, "response_code": "0"}, Seen("web", "api", bad=4, total=4)),
        (
            MESHED,
            {**CALL, "response_code": "404", "destination_version": "v2"},
            Seen("web", "api", "v2", 0, 4),
        ),
        (
            MESHED,
            {**CALL, "response_code": "200", "destination_version": "unknown"},
            Seen("web", "api", total=4),
        ),
        (
            MESHED,
            {**CALL, "response_code": "200", "grpc_response_status": "14"},
            Seen("web", "api", bad=4, total=4),
        ),
        (MESHED, {**CALL, "response_code": "200", "grpc_response_status": "5"}, Seen("web", "api", total=4)),
        (MESHED, {**CALL, "reporter": "destination", "response_code": "200"}, None),
        (MESHED, {**CALL, "source_workload": "unknown", "response_code": "200"}, None),
        ("http_server_requests_total", {"code": "500"}, None),
    ],
)
def test_what_a_counter_says_of_an_edge(name: str, labels: dict[str, str], found: Seen | None) -> None:
    assert seen(name, labels, 4) == found


def test_a_scraped_service_graph_becomes_a_series_that_is_no_side_of_the_service() -> None:
    labels = {"client": "web", "server": "api"}
    found = measure(
        [Increase(TRACED, labels, 50), Increase(FAILED, labels, 5)], [], service="tempo", version="2"
    )
    assert found == {
        Subject("api", "", Signal.ERRORS, Perspective.BETWEEN, "web"): Measured(bad=5, total=50),
    }


def test_an_own_signal_has_exact_limits() -> None:
    nothing = Tally()
    for bad, value in ((0, 1.0), (10, 1.0), (11, 0.5), (49, 0.5), (50, 0.0)):
        part = errors(Tally(bad, 1000), nothing)
        assert part is not None
        assert part.value == value
    assert errors(Tally(9, 9), nothing) is None
    assert errors(nothing, nothing) is None
    few = errors(Tally(2, 10), nothing)
    assert few is not None
    assert few.value == 1.0
    assert errors(Tally(3, 10), nothing) != few
    quiet = errors(Tally(3, 9), Tally(0, 10))
    assert quiet is not None
    assert quiet.words == "0 % of 10 requests failed, as its callers counted"


def test_the_worst_part_is_the_signal_and_no_part_is_unknown() -> None:
    page, ticket = of_budget("SLO", "page"), of_budget("SLO", "ticket")
    assert (page.value, ticket.value) == (0.0, 0.5)
    assert worst([None, errors(Tally(0, 10), Tally()), ticket]) == 0.5
    assert worst([None]) is None
    assert worst([]) is None


def test_limits_and_shares() -> None:
    assert [limit_of(each) for each in (None, 0.999, 0.99, 0.5)] == [0.01, 0.01, 0.1, 1.0]
    assert [share_of_calls(*each) for each in ((0, 0), (0, 5), (3, 0), (3, 6), (9, 6))] == [0, 0, 1, 0.5, 1]
    assert Tally(1, 2).plus(Tally(2, 3)) == Tally(3, 5)
    assert [Tally(*each).share for each in ((0, 0), (2, 4), (3, 4))] == [None, 0.0, 0.75]
