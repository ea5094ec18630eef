"""Many services are few requests: grouped, halved when too large, spread, and told apart on the way back."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.catalog.models import Service
from rollouts.health import services
from rollouts.health.models import Counters, OwnSignal, PartialData, Query, Series, Window
from rollouts.health.registry import listeners
from rollouts.health.sources import promql
from rollouts.health.sources.access import Access
from rollouts.health.sources.values import Asked, jitter_s
from rollouts.health.values import Signal
from tests.health.factories import EPOCH, service, team
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked, close, stored
from tests.health.test_prometheus_collecting import clock as clock
from tests.lib.servers import reply, serving

Clock = Callable[[datetime], None]
grouped = pytest.mark.xdist_group("prometheus")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_entries", {})


class Fake:
    """A server that answers every instant query by `say`, and keeps what it was asked."""

    def __init__(self, say: Callable[[str, float], Any]) -> None:
        self.say, self.forms = say, list[dict[str, str]]()
        self.headers = list[dict[str, str]]()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.forms.append(form)
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        # A histogram that nobody fills.
        found = [] if "_bucket" in form["query"] else self.say(form["query"], float(form["time"]))
        status = 200
        if isinstance(found, str):
            found, status = {"status": "error", "errorType": "execution", "error": found}, 422
        elif isinstance(found, list):
            found = {"status": "success", "data": {"resultType": "vector", "result": found}}
        head = {"Content-Type": "application/json"}
        reply(handler, json.dumps(found).encode(), status=status, headers=head)


def point(value: float, at: float, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [at, str(value)]}


def many(number: int) -> None:
    Service.objects.bulk_create(
        Service(slug=f"s{each}", name=f"S{each}", team=team()) for each in range(number)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("number", [10, 200, 1000])
def test_requests_do_not_grow_with_services(clock: Clock, number: int) -> None:
    many(number)
    fake = Fake(lambda query, at: [point(at, at, service_name=f"s{each}") for each in range(number)])
    with serving(fake) as url:
        row = asked(url)
        close(row, clock, 1)
    assert len(fake.forms) == 3
    assert ("service_name=~" in fake.forms[0]["query"]) is (number <= 200)
    assert {form["time"] for form in fake.forms} == {f"{(EPOCH + row.window).timestamp():.3f}"}
    assert all(form["timeout"].endswith("ms") for form in fake.forms)


@pytest.mark.django_db
def test_a_query_that_is_too_large_is_halved_and_the_size_remembered(clock: Clock) -> None:
    many(12)

    def say(query: str, at: float) -> Any:
        asked_for = re.findall(r"s\d+", query.split('service_name=~"', 1)[1].split('"', 1)[0])
        if len(asked_for) > 4:
            return "query processing would load too many samples into memory in query execution"
        return [point(at, at, service_name=each, instance="a") for each in asked_for]

    fake = Fake(say)
    with serving(fake) as url:
        row = asked(url, settings={"conventions": ["ingress-nginx"], "service_label": "service_name"})
        close(row, clock, 2)
    row.refresh_from_db()
    assert row.last_error == ""
    assert row.requests_last == 5, "one question in the four parts that were small enough, and another"
    assert Counters.objects.get(template="ingress-nginx: errors").state["batch"] == 3
    assert Window.objects.filter(series__signal=Signal.ERRORS).count() == 12


@pytest.mark.django_db
def test_a_part_that_fails_is_a_gap_of_its_services_and_the_next_answer_covers_it(clock: Clock) -> None:
    many(2)
    broken: list[str] = []

    def say(query: str, at: float) -> Any:
        found = [each for each in ("s0", "s1") if each in query]
        if len(found) > 1:
            return "query processing would load too many samples"
        if found[0] in broken:
            return "found duplicate series for the match group"
        return [point(at - EPOCH.timestamp(), at, service=found[0], instance="a", status="200")]

    with serving(Fake(say)) as url:
        row = asked(url, settings={"conventions": ["ingress-nginx"]})
        for number in range(1, 5):
            broken[:] = ["s1"] if number == 3 else []
            clock(EPOCH + row.window * number + row.lateness)
            services.collect([row.pk])
    assert stored(series__service__slug="s0") == [(15, 0, 15), (30, 0, 15), (45, 0, 15)]
    assert stored(series__service__slug="s1") == [(15, 0, 15), (45, 0, 30)]
    gap = Window.objects.get(series__service__slug="s1", series__signal="errors", gap=True)
    assert gap.start_at == EPOCH + row.window * 2


@pytest.mark.django_db
def test_a_service_that_was_never_seen_says_nothing_first_and_a_restart_counts_from_zero(
    clock: Clock,
) -> None:
    service()
    readings = [None, 5000, 5040, 30]

    def say(query: str, at: float) -> Any:
        value = readings[round((at - EPOCH.timestamp()) / 15) - 1]
        return [] if value is None else [point(value, at, service="orders", instance="a", status="200")]

    with serving(Fake(say)) as url:
        close(asked(url, settings={"conventions": ["ingress-nginx"]}), clock, 4)
    assert stored() == [(30, 0, 40), (45, 0, 30)]


@pytest.mark.django_db
def test_warnings_are_kept_with_the_window_and_names_and_credentials_are_used(clock: Clock) -> None:
    service()

    def say(query: str, at: float) -> Any:
        result = [point(at, at, destination_service_name="orders.shop", destination_version="3", pod="a")]
        data = {"resultType": "vector", "result": result}
        return {"status": "success", "data": data, "warnings": ["a store is missing"]}

    fake = Fake(say)
    with serving(fake) as url:
        settings = {"conventions": ["istio"], "names": {"orders.shop": "orders"}, "bounds_s": [0.25, 1]}
        access = Access(username="u", password="p", headers={"X-Scope-OrgID": "shop"}).sealed()
        row = asked(url, settings=settings, access=access)
        close(row, clock, 2)
    assert stored(series__version="3") == [(15, 0, 15)]
    assert set(PartialData.objects.values_list("text", flat=True)) == {"a store is missing"}
    row.refresh_from_db()
    assert row.last_warning == "a store is missing"
    assert fake.headers[0]["x-scope-orgid"] == "shop"
    assert fake.headers[0]["authorization"] == "Basic dTpw"
    errors, latency = sorted((form["query"] for form in fake.forms[:2]), key=lambda text: "_bucket" in text)
    assert 'reporter="destination",destination_service_name=~"orders\\\\.shop"' in errors
    assert 'le=~"250(\\\\.0+)?|1000(\\\\.0+)?|\\\\+Inf"' in latency
    assert Query.objects.filter(text=errors, services=["orders.shop"]).exists()


@pytest.mark.django_db
def test_of_two_conventions_that_tell_of_the_same_the_first_is_taken(clock: Clock) -> None:
    service()

    def say(query: str, at: float) -> Any:
        grown = at - EPOCH.timestamp()
        if "http_server_requests_total" in query:
            return [point(grown, at, service="orders", instance="a", code="500")]
        return [point(grown * 7, at, service="orders", instance="a", status="200")]

    with serving(Fake(say)) as url:
        close(asked(url, settings={"conventions": ["gatehouse", "ingress-nginx"]}), clock, 2)
    assert stored() == [(15, 15, 15)]


@pytest.mark.django_db
@pytest.mark.parametrize("value", [-1.0, 5.0])
def test_a_counter_that_is_none_or_a_bucket_without_a_bound_is_an_error(clock: Clock, value: float) -> None:
    service()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        result = (
            [point(value, 1, service="orders", status="200")] if ("_bucket" in body) is (value > 0) else []
        )
        told = {"status": "success", "data": {"resultType": "vector", "result": result}}
        reply(handler, json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    with serving(answer) as url:
        row = asked(url, settings={"conventions": ["ingress-nginx"]})
        close(row, clock, 2)
    row.refresh_from_db()
    assert ("no count" if value < 0 else "without a bound") in row.last_error
    assert stored() == stored(Signal.LATENCY) == []


@grouped
@pytest.mark.django_db
def test_own_signals_stand_instead_of_conventions(prometheus: Prometheus, clock: Clock) -> None:
    service()
    row = asked(prometheus.url, settings={"conventions": ["opentelemetry"], "service_label": "service_name"})
    name = 'http_server_request_duration_seconds_count{service_name=~"{service}"'
    grouped_by = "sum by (service_name, version)"
    OwnSignal.objects.create(
        source=row,
        name="declined",
        signal="errors",
        total=f"{grouped_by} (increase({name}}}[{{window}}]))",
        bad=f'{grouped_by} (increase({name},http_response_status_code="nothing"}}[{{window}}]))',
    )
    close(row, clock, 2)
    (start, bad, total), *_ = stored(series__version="")
    assert (start, bad) == (0, 0), "no series of bad requests is none, not silence"
    assert 30 <= total <= 36
    assert not Series.objects.filter(signal="errors", version="3.0.0").exists()
    OwnSignal.objects.update(total="up", bad="vector(2)")
    row.refresh_from_db()
    clock(EPOCH + row.window * 3 + row.lateness)
    services.collect([row.pk])
    row.refresh_from_db()
    assert "more good or bad requests than there are" in row.last_error
    assert Window.objects.filter(gap=True, start_at=EPOCH + row.window * 2).exists()


@given(st.text(alphabet='abc.*+?|()[]{}^$\\"-_/ é\n', min_size=1, max_size=20))
def test_a_value_fits_itself_and_nothing_else(value: str) -> None:
    written = promql.escaped(value)
    assert not re.search(r'(?<!\\)(?:\\\\)*"', written), "nothing ends the string early"
    pattern = written.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    assert re.fullmatch(pattern, value)
    assert not re.fullmatch(pattern, f"{value}x")


@pytest.mark.parametrize("text", ["1", "1.0", "1.00", "0.25", "0.250", "+Inf"])
def test_bounds_fit_however_they_are_written(text: str) -> None:
    pattern = promql.bounds([0.25, 1]).replace("\\\\", "\\")
    assert re.fullmatch(pattern, text)
    assert not re.fullmatch(pattern, text + "5")


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("up > 1", True), ("up > bool 1", False), ("sum(up > 1)", False), ('x{a!="b"}', False),
        ("a == b", True), ("(a > 1)", True), ('label_replace(x, "a", ">", "", "")', False),
        ("a # > 1", False), ("a and b > 1", True), ("a >= bool 2", False),
    ],
)  # fmt: skip
def test_a_comparison_at_the_top_is_found(text: str, filters: bool) -> None:
    assert promql.filters(promql.unwrapped(text)) is filters


def test_sources_are_spread_within_a_window() -> None:
    found = [jitter_s(f"source-{number}", 60) for number in range(200)]
    assert 0 <= min(found) < 2
    assert 8 < max(found) <= 10
    assert max(jitter_s(f"source-{number}", 6) for number in range(50)) <= 1
    assert jitter_s("a", 60) == jitter_s("a", 60)
    assert Asked.read({"names": {"x": "orders"}}).labels_of(["orders", "web"]) == {
        "x": "orders",
        "web": "web",
    }
