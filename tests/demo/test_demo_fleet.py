import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from demo.fleet import flags as flags_module
from demo.fleet.calls import Client, Reply
from demo.fleet.control import MEND, SCRAPE, STOP_SCRAPING, Control
from demo.fleet.flags import Flags
from demo.fleet.fleet import Fleet
from demo.fleet.load import CUSTOMERS, Customers
from demo.fleet.orders import NEW, OLD, Mode
from demo.fleet.ports import from_environment
from demo.httpd import Response
from demo.receiver import Receiver
from demo.secrets import SecretsFile
from tests.waiting import wait_for

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
TOKENS = {name: f"token-of-{name}" for name in ("checkout", "shipping", "invoicing", "notifications")}


class Gatehouse(Receiver):
    """Answers OFREP as Gatehouse does, the same for everybody."""

    def __init__(self) -> None:
        super().__init__()
        self.say("off")

    def say(self, variant: str) -> None:
        self.answer(
            Response.json(
                {"key": "orders-v3", "value": variant == "on", "variant": variant, "reason": "SPLIT"}
            )
        )


@pytest.fixture
def gatehouse() -> Iterator[Gatehouse]:
    with Gatehouse() as running:
        yield running


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"flag": "orders-v3", "tokens": TOKENS}))
    return path


@pytest.fixture
def fleet(gatehouse: Gatehouse, secrets: Path) -> Iterator[Fleet]:
    """A fleet without load: each test sends its own requests."""
    running = Fleet(gatehouse_url=gatehouse.url, secrets=secrets, rate=0)
    running.start()
    yield running
    running.stop()


def send(fleet: Fleet, service: str, customer: str = "customer-1") -> Reply:
    client = Client(fleet.callers[service].service.server.url, timeout_s=8)
    reply = client.call("POST", f"/{service}/{customer}")
    client.close()
    return reply


def get(url: str, path: str, accept: str = "") -> Reply:
    client = Client(url, timeout_s=5)
    reply = client.call("GET", path, headers={"Accept": accept})
    client.close()
    return reply


def samples(url: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    reply = get(url, "/metrics", OPENMETRICS)
    assert reply.status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(reply.body.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def calls(fleet: Fleet, caller: str, version: str, outcome: str) -> float:
    service = fleet.callers[caller].service
    labels = {
        "service": caller,
        "version": service.version,
        "callee": "orders",
        "callee_version": version,
        "outcome": outcome,
        "contract": "orders-api",
        "contract_version": version[0],
    }
    return samples(service.server.url)["http_client_requests_total", frozenset(labels.items())]


def served(fleet: Fleet, version: str, code: str) -> float:
    speaks = {"contract": "orders-api", "contract_version": version[0]}
    labels = {"service": "orders", "version": version, "code": code, **speaks}
    url = fleet.orders[version].service.server.url
    return samples(url)["http_server_requests_total", frozenset(labels.items())]


def test_every_series_is_there_at_zero_before_the_first_request(fleet: Fleet) -> None:
    for version in (OLD, NEW):
        assert [served(fleet, version, code) for code in ("200", "500", "503")] == [0, 0, 0]
        for outcome in ("ok", "error", "refused", "timeout"):
            assert calls(fleet, "invoicing", version, outcome) == 0


def test_metrics_are_openmetrics_or_prometheus_text_as_the_scraper_asks(fleet: Fleet) -> None:
    url = fleet.orders[NEW].service.server.url
    openmetrics, text = get(url, "/metrics", OPENMETRICS), get(url, "/metrics", "text/plain;version=0.0.4")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.body.endswith(b"# EOF\n")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b'le="0.25"' in openmetrics.body
    assert b"process_inflight_requests" in text.body


def test_a_request_of_a_trace_is_an_exemplar(fleet: Fleet) -> None:
    url, trace = fleet.orders[OLD].service.server.url, "4bf92f3577b34da6a3ce929d0e0e4736"
    client = Client(url, timeout_s=5)
    client.call("GET", "/orders/customer-1", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    client.call("GET", "/orders/customer-1", headers={"traceparent": "nonsense"})
    client.close()
    lines = [line for line in get(url, "/metrics", OPENMETRICS).body.decode().splitlines() if trace in line]
    assert {line.split("{")[0] for line in lines} == {
        "http_server_requests_total",
        "http_server_request_duration_seconds_bucket",
    }
    assert b"trace_id" not in get(url, "/metrics", "text/plain;version=0.0.4").body


def test_both_sides_count_a_call(fleet: Fleet) -> None:
    assert send(fleet, "invoicing").status == 200
    assert calls(fleet, "invoicing", OLD, "ok") == 1
    assert served(fleet, OLD, "200") == 1


def test_checkout_calls_orders_and_shipping_which_calls_orders_for_the_parcel(
    fleet: Fleet, gatehouse: Gatehouse
) -> None:
    assert send(fleet, "checkout", "customer-7").status == 200
    assert served(fleet, OLD, "200") == 2
    keys = [json.loads(request.body)["context"]["targetingKey"] for request in gatehouse.requests()]
    assert keys == ["customer-7", "parcel-of-customer-7"]


def test_the_question_names_the_flag_and_carries_the_services_own_token(
    fleet: Fleet, gatehouse: Gatehouse
) -> None:
    send(fleet, "shipping")
    (question,) = gatehouse.requests()
    assert (question.method, question.path) == ("POST", "/ofrep/v1/evaluate/flags/orders-v3")
    assert question.headers["authorization"] == "Bearer token-of-shipping"
    assert question.headers["content-type"] == "application/json"


def test_a_halt_moves_a_customer_back_within_two_seconds(fleet: Fleet, gatehouse: Gatehouse) -> None:
    gatehouse.say("on")
    assert json.loads(send(fleet, "invoicing").body)["orders"] == NEW
    gatehouse.say("off")
    wait_for(lambda: json.loads(send(fleet, "invoicing").body)["orders"] == OLD, patience_s=2)


def test_an_answer_is_used_again_for_the_same_customer_only(fleet: Fleet, gatehouse: Gatehouse) -> None:
    for customer in ("a", "a", "b"):
        send(fleet, "notifications", customer)
    assert len(gatehouse.requests()) == 2


def test_without_gatehouse_the_last_answer_holds_and_strangers_get_the_old_version(
    fleet: Fleet, gatehouse: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flags_module, "FRESH_S", 0.0)
    gatehouse.say("on")
    asked = fleet.callers["invoicing"].flags
    assert asked.is_on("known")
    gatehouse.refuse()
    assert asked.is_on("known")
    assert not asked.is_on("stranger")


def test_after_an_outage_of_a_minute_everybody_gets_the_old_version(
    fleet: Fleet, gatehouse: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flags_module, "FRESH_S", 0.0)
    monkeypatch.setattr(flags_module, "OUTAGE_S", 0.3)
    gatehouse.say("on")
    asked = fleet.callers["invoicing"].flags
    assert asked.is_on("known")
    gatehouse.fail_next(1000)
    wait_for(lambda: not asked.is_on("known"), patience_s=3)


def test_a_gatehouse_that_fails_is_asked_again_at_most_twice_a_second(
    fleet: Fleet, gatehouse: Gatehouse
) -> None:
    gatehouse.fail_next(1000)
    for number in range(20):
        fleet.callers["invoicing"].flags.is_on(f"customer-{number}")
    assert len(gatehouse.requests()) <= 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_question_means_the_old_version(
    fleet: Fleet, gatehouse: Gatehouse, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flags_module, "FRESH_S", 0.0)
    gatehouse.say("on")
    asked = fleet.callers["invoicing"].flags
    assert asked.is_on("known")
    gatehouse.fail_next(1, status=status)
    assert not asked.is_on("known")


def test_the_file_of_secrets_may_appear_later_and_change(gatehouse: Gatehouse, tmp_path: Path) -> None:
    gatehouse.say("on")
    path = tmp_path / "later.json"
    asked = Flags(service="checkout", gatehouse_url=gatehouse.url, secrets=SecretsFile(path))
    assert not asked.is_on("customer")
    path.write_text('{"flag": "orders-v3", "tok')
    assert not asked.is_on("customer")
    path.write_text(json.dumps({"flag": "orders-v3", "tokens": {"checkout": "first"}}))
    wait_for(lambda: asked.is_on("customer"), patience_s=3)
    path.write_text(json.dumps({"flag": "orders-v4", "tokens": {"checkout": "second"}}))
    wait_for(lambda: asked.is_on("customer") and gatehouse.requests()[-1].path.endswith("v4"), patience_s=4)
    last = gatehouse.requests()[-1]
    assert last.headers["authorization"] == "Bearer second"
    asked.close()


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [(Mode.SLOW, "timeout"), (Mode.ERRORS, "error"), (Mode.DEAD, "refused")],
)
def test_callers_count_what_a_broken_version_does_and_it_mends_at_once(
    fleet: Fleet, gatehouse: Gatehouse, mode: Mode, outcome: str
) -> None:
    gatehouse.say("on")
    assert send(fleet, "invoicing").status == 200
    fleet.set_mode(mode)
    assert wait_for(lambda: (reply := send(fleet, "invoicing")).status == 502 and reply)
    assert calls(fleet, "invoicing", NEW, outcome) >= 1
    fleet.set_mode(Mode.HEALTHY)
    assert send(fleet, "invoicing").status == 200


def test_only_the_broken_version_is_broken(fleet: Fleet) -> None:
    fleet.set_mode(Mode.DEAD)
    assert send(fleet, "checkout").status == 200
    fleet.set_mode(Mode.DEAD, OLD)
    assert send(fleet, "checkout").status == 502


def test_a_dead_version_refuses_and_keeps_its_port(fleet: Fleet) -> None:
    url = fleet.orders[NEW].service.server.url
    for _ in range(3):
        fleet.set_mode(Mode.DEAD)
        assert get(url, "/metrics").outcome == "refused"
        fleet.set_mode(Mode.HEALTHY)
        assert get(url, "/healthz").status == 200


def test_a_slow_version_is_slow_for_those_who_wait(fleet: Fleet) -> None:
    fleet.set_mode(Mode.SLOW)
    assert get(fleet.orders[NEW].service.server.url, "/orders/1").seconds > 0.5


def test_the_load_reaches_every_service_and_follows_the_flag(gatehouse: Gatehouse, secrets: Path) -> None:
    gatehouse.say("on")
    fleet = Fleet(gatehouse_url=gatehouse.url, secrets=secrets, rate=60)
    fleet.start()
    wait_for(lambda: all(row.rate > 0 for row in fleet.served() if row.version != OLD))
    wait_for(lambda: (fleet.share() or 0) > 0.99)
    gatehouse.say("off")
    wait_for(
        lambda: [row.rate for row in fleet.called() if row.version == NEW] == [0, 0, 0, 0], patience_s=12
    )
    assert fleet.share() == 0
    fleet.stop()


def test_a_higher_load_does_not_ask_gatehouse_more_often() -> None:
    customers = Customers("checkout", now=0.0)
    seen = [customers.next(now=step / 100) for step in range(1000)]
    changes = sum(1 for before, after in zip(seen, seen[1:], strict=False) if before != after)
    assert 50 <= changes <= 55
    assert len(set(seen)) <= CUSTOMERS


@pytest.fixture
def control(fleet: Fleet) -> Iterator[Control]:
    running = Control(fleet)
    running.server.start()
    yield running
    running.server.close()


def post(control: Control, body: bytes, content_type: str, **headers: str) -> Reply:
    client = Client(control.server.url, timeout_s=5)
    reply = client.call("POST", "/control", body=body, headers={"Content-Type": content_type, **headers})
    client.close()
    return reply


def order(control: Control, **wanted: str) -> Any:
    reply = post(control, json.dumps(wanted).encode(), "application/json")
    return {"status": reply.status, **json.loads(reply.body)}


def test_stopped_scraping_hides_every_service_while_traffic_goes_on(fleet: Fleet, control: Control) -> None:
    assert order(control, mode=STOP_SCRAPING)["scraping"] is False
    assert {get(service.server.url, "/metrics").status for service in fleet.services} == {503}
    assert send(fleet, "checkout").status == 200
    assert order(control, mode=SCRAPE)["scraping"] is True
    assert {get(service.server.url, "/metrics").status for service in fleet.services} == {200}


def test_mend_makes_everything_whole(fleet: Fleet, control: Control) -> None:
    order(control, mode="dead")
    order(control, mode="errors", version=OLD)
    order(control, mode=STOP_SCRAPING)
    state = order(control, mode=MEND)
    assert state["orders"] == {OLD: "healthy", NEW: "healthy"}
    assert state["scraping"] is True


def test_the_buttons_of_the_page_are_plain_forms(fleet: Fleet, control: Control) -> None:
    page = get(control.server.url, "/")
    assert page.status == 200
    assert b'<form method="post" action="/control">' in page.body
    reply = post(control, b"mode=slow", "application/x-www-form-urlencoded")
    assert (reply.status, reply.headers["location"]) == (303, "/")
    assert fleet.orders[NEW].mode is Mode.SLOW
    assert b"slow" in get(control.server.url, "/").body


def test_unknown_orders_and_other_sites_are_refused(fleet: Fleet, control: Control) -> None:
    assert order(control, mode="explode")["status"] == 400
    assert post(control, b"[1]", "application/json").status == 400
    assert post(control, b"mode=dead", "text/plain", Origin="http://elsewhere.test").status == 403
    assert fleet.orders[NEW].mode is Mode.HEALTHY


@pytest.mark.parametrize("name", ["demo.css", "live.js", "ah-next-latin.woff2", "favicon.svg"])
def test_the_page_finds_its_files(control: Control, name: str) -> None:
    assert get(control.server.url, f"/static/{name}").status == 200
    assert get(control.server.url, "/static/../page.py").status == 404


def test_ports_come_from_the_environment() -> None:
    assert from_environment({"GATEHOUSE_DEMO_FLEET_PORTS": '{"control": 8101}'})["control"] == 8101
    assert set(from_environment({}).values()) == {0}
    for bad in ('{"kontrol": 1}', "[]", "{", '{"control": "x"}'):
        with pytest.raises(ValueError, match="GATEHOUSE_DEMO_FLEET_PORTS"):
            from_environment({"GATEHOUSE_DEMO_FLEET_PORTS": bad})


@pytest.mark.parametrize("program", ["fleet", "slack", "mailbox"])
def test_a_program_says_where_it_listens_and_stops_within_a_second(program: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", f"demo.{program}"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    page = ports.get("control") or ports[program]
    assert get(f"http://127.0.0.1:{page}", "/").status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=1) == 0
    process.stdout.close()


def test_a_program_with_a_bad_environment_says_so() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "demo.fleet"],
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={"GATEHOUSE_DEMO_FLEET_PORTS": "{"},
        check=False,
    )
    assert process.returncode == 2
    assert b"GATEHOUSE_DEMO_FLEET_PORTS" in process.stderr
