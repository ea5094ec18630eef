"""Synthetic checks: run against real servers, kept, and shown by page and API."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.audit.models import Content
from rollouts.audit.registry import due_work
from rollouts.health.models import Probe, ProbeAt, ProbeRun
from rollouts.health.probes import queries, services, showing
from rollouts.health.probes.values import Standing, Users
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import environment, series, service, source
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Person:
    ada = person("ada@example.test")
    owners("orders-team", planner=[ada])
    environment()
    service()
    return ada


class Shop:
    """Gives an order a number, and answers for it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.fails, self.status = False, 503
        self.headers: dict[str, str] = {}

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(
            (handler.command, handler.path, {name.lower(): value for name, value in handler.headers.items()})
        )
        if self.fails:
            reply(handler, status=self.status, headers=self.headers)
        elif handler.path == "/orders":
            reply(handler, json.dumps({"items": [{"id": "a/7"}]}).encode(), headers={"X-Next": "9"})
        else:
            reply(handler, b'{"total": 12}')


@contextmanager
def shop() -> Iterator[tuple[str, Shop]]:
    there = Shop()
    with serving(there.answer) as url:
        yield url, there


def entry(url: str, **changed: Any) -> dict[str, Any]:
    first = {"name": "List", "url": f"{url}/orders", "extract": {"first": {"json": "items[0].id"}}}
    first["headers"] = {"X-Key": "Bearer {{token}}"} if changed.pop("secret", False) else {}
    second = {"name": "Read", "url": f"{url}/orders/{{{{first}}}}", "expect": {"body_matches": "total"}}
    made = {"title": "Orders", "service": "orders", "environment": "production", "steps": [first, second]}
    return {**made, "version": "3", "version_header": "X-Version", **changed}


def save(client: Client, body: dict[str, Any]) -> Any:
    return client.put("/api/v1/probes/orders/", body, content_type="application/json")


def run_due() -> None:
    work = due_work["health.probes"]
    for pk in work.due(database_now(), 10):
        work.run(pk)


def again() -> None:
    ProbeAt.objects.update(due_at=database_now())
    run_due()


def test_steps_hand_on_what_they_found_in_one_trace(client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, there):
        assert save(client, entry(url)).status_code == 201
        run_due()
        run_due()  # not due again
    row = ProbeRun.objects.get()
    assert (row.ok, row.said, [step["status"] for step in row.steps]) == (True, "", [200, 200])
    assert [path for _, path, _ in there.asked] == ["/orders", "/orders/a%2F7"]
    traces = {headers["traceparent"].split("-")[1] for _, _, headers in there.asked}
    assert traces == {row.trace_id}
    assert all(headers["x-version"] == "3" for _, _, headers in there.asked)
    assert set(row.steps[0]["phases"]) == {"resolve", "connect", "tls", "processing", "transfer"}
    assert 0 < sum(row.steps[0]["phases"].values()) <= row.steps[0]["took_s"]
    assert ProbeAt.objects.get().due_at > database_now() + timedelta(seconds=50)


def test_it_stops_at_the_first_failure_and_fails_after_two_in_a_row(client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, there):
        save(client, entry(url))
        run_due()
        there.fails = True
        again()
        assert client.get("/api/v1/probes/orders/").json()["check"] == "pass"
        again()
    shown = client.get("/api/v1/probes/orders/").json()
    assert (shown["check"], shown["users"], shown["standing"]) == ("fail", "silent", "fail")
    assert shown["runs"][0]["said"] == "List: The status is 503, expected was 2xx."
    assert len(shown["runs"][0]["steps"]) == 1
    page = client.get("/probes/orders/").content.decode()
    assert "The status is 503, expected was 2xx." in page
    assert "Orders" in client.get("/probes/").content.decode()
    # In the order in which they happen, whatever the database does.
    run = queries.last_runs(Probe.objects.get(), database_now())[0]
    (step,) = showing.bars(run)
    order = ["resolve", "connect", "tls", "processing", "transfer"]
    kinds = [phase["kind"] for phase in step["phases"]]
    assert kinds == [name for name in order if name in kinds]


def test_secrets_are_sent_and_never_shown(client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, there):
        assert save(client, entry(url, secret=True)).status_code == 422  # nobody gives {{token}} yet
        save(client, entry(url))
        given = {"secrets": {"token": "hush-hush-7"}}
        answer = client.put("/api/v1/probes/orders/secrets/", given, content_type="application/json")
        assert answer.json()["secrets"] == ["token"]
        steps = entry(url, secret=True)["steps"]
        assert save(client, entry(url, steps=steps)).status_code == 200
        # What comes back is not shown either.
        there.fails, there.status = True, 302
        there.headers = {"Location": "http://hush-hush-7.invalid/"}
        again()
        # Kept by its name alone.
        assert client.post("/probes/orders/secrets/", {"values": "token"}).status_code == 302
        again()
    assert [headers["x-key"] for _, _, headers in there.asked] == ["Bearer hush-hush-7"] * 2
    probe = Probe.objects.get()
    assert "hush" not in probe.secrets
    texts = [str(ProbeRun.objects.values()), str(list(Content.objects.values()))]
    texts += [
        client.get(page).content.decode()
        for page in ("/probes/orders/", "/probes/orders/secrets/", "/api/v1/probes/orders/")
    ]
    assert ProbeRun.objects.order_by("-pk")[0].said == "List: The name •••.invalid has no address."
    assert not any("hush-hush-7" in text for text in texts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expect": {"status": [404]}}, "The status is 200, expected was 404."),
        ({"expect": {"body_matches": "nothing"}}, "does not match nothing"),
        ({"expect": {"body_lacks": "items"}}, "must not"),
        ({"expect": {"headers": {"X-Next": "^8"}}}, "header X-Next does not match"),
        ({"expect": {"within_s": 0.000001}}, "allowed were 1e-06 s"),
        ({"expect": {"certificate_days": 7}}, "not https"),
        ({"extract": {"first": {"json": "items[3].id"}}}, "no JSON value at items[3].id"),
        ({"extract": {"first": {"json": "items"}}}, "no single value"),
        ({"extract": {"first": {"header": "X-None"}}}, "no header X-None"),
        ({"extract": {"first": {"regex": "n(o)thing"}}}, "does not hold"),
        ({"expect": {"body_matches": "(a+)+$" * 3 + "b"}}, "does not match"),
    ],
)
def test_what_does_not_hold_is_said(change: dict[str, Any], said: str, client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, _):
        made = entry(url)
        made["steps"][0] |= change
        assert save(client, made).status_code == 201
        run_due()
    row = ProbeRun.objects.get()
    assert not row.ok
    assert said in row.said
    assert len(row.steps) == 1


INTERNAL = [
    "127.1", "0x7f.1", "2130706433", "0", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "192.0.0.192", "224.0.0.1",
    "100.64.0.1", "169.254.169.254", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", INTERNAL)
def test_internal_addresses_are_never_asked(host: str, client: Client, ada: Person, settings: Any) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = []
    client.force_login(ada)
    with shop() as (url, there):
        port = url.rsplit(":", 1)[1]
        save(client, entry(f"http://{host}:{port}"))
        run_due()
        assert not there.asked
    assert "internal address" in ProbeRun.objects.get().said


@pytest.mark.parametrize("host", ["127.1", "[::ffff:169.254.169.254]", "169.254.169.254"])
def test_neither_a_redirect_nor_another_host_leads_inside(
    host: str, client: Client, ada: Person, settings: Any
) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = ["127.0.0.2/32"]
    client.force_login(ada)
    steps = [{"name": "One", "url": "http://127.0.0.2:9/"}]
    save(client, entry("", steps=steps, connect_to=host.strip("[]")))
    run_due()
    assert "internal address" in ProbeRun.objects.get().said
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = ["127.0.0.1/32"]
    to = host.replace("127.1", "127.0.0.3")
    moved = {"Location": f"http://{to}:9/"}
    with serving(lambda handler: reply(handler, status=302, headers=moved)) as url:
        save(client, entry("", steps=[{"name": "One", "url": url}], connect_to=""))
        again()
    assert "internal address" in ProbeRun.objects.order_by("-at", "-pk")[0].said


def test_host_stays_that_of_the_address_when_it_goes_elsewhere(client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, there):
        port = url.rsplit(":", 1)[1]
        steps = [{"name": "One", "url": f"http://orders.example.com:{port}/orders"}]
        save(client, entry(url, steps=steps, connect_to="127.0.0.1"))
        run_due()
    assert ProbeRun.objects.get().ok
    assert there.asked[0][2]["host"] == f"orders.example.com:{port}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"timeout_s": 60}, "over before the next"),
        ({"steps": []}, "steps"),
        ({"steps": [{"name": "a", "url": "http://{{host}}/"}]}, "The host stands there"),
        ({"steps": [{"name": "a", "url": "http://h/{{b}}"}]}, "Nothing before this step gives {{b}}"),
        ({"steps": [{"name": "a", "url": "http://h/", "expect": {"body_matches": "(?=a)"}}]}, "RE2"),
        ({"steps": [{"name": "a", "url": "http://h/", "extract": {"b": {"json": "$..b"}}}]}, "A path is"),
        (
            {"steps": [{"name": "a", "url": "http://h/", "extract": {"version": {"json": "b"}}}]},
            "another meaning",
        ),
        ({"service": "nobody"}, "nobody"),
    ],
)
def test_a_check_that_cannot_run_is_not_saved(
    changed: dict[str, Any], said: str, client: Client, ada: Person
) -> None:
    client.force_login(ada)
    answer = save(client, {**entry("http://h"), **changed})
    assert answer.status_code in {403, 422}
    assert said in answer.content.decode().replace("\\u007b", "{")
    assert not Probe.objects.exists()


def test_it_is_declared_run_and_ended_on_pages(client: Client, ada: Person) -> None:
    client.force_login(ada)
    with shop() as (url, there):
        fields = {
            "name": "orders", "title": "Orders", "service": "orders", "environment": "production",
            "steps": f"- name: List\n  url: {url}/orders\n", "interval_s": 60, "in_a_row": 2, "enabled": "on",
        }  # fmt: skip
        assert client.post("/probes/new/", fields).status_code == 302
        run_due()
        assert client.post("/probes/orders/run/").status_code == 302
        run_due()
        assert len(there.asked) == 2
    bad = client.post("/probes/orders/edit/", {**fields, "steps": "- name: x\n"})
    assert bad.status_code == 422
    assert client.post("/probes/orders/edit/", {**fields, "title": "All orders"}).status_code == 302
    assert Probe.objects.get().title == "All orders"
    assert client.post("/probes/orders/end/").status_code == 302
    assert client.get("/probes/orders/").status_code == 404
    assert list(due_work["health.probes"].due(database_now() + timedelta(days=1), 10)) == []


def test_others_may_read_but_neither_change_nor_run(client: Client, ada: Person) -> None:
    client.force_login(ada)
    save(client, entry("http://h"))
    client.force_login(person("eve@example.test"))
    assert client.get("/api/v1/probes/orders/").status_code == 200
    assert save(client, entry("http://h")).status_code == 403
    given: dict[str, Any] = {"secrets": {}}
    secret = client.put("/api/v1/probes/orders/secrets/", given, content_type="application/json")
    assert secret.status_code == 403
    assert client.post("/api/v1/probes/orders/run/").status_code == 403
    assert client.delete("/api/v1/probes/orders/").status_code == 403
    assert client.post("/probes/orders/end/").status_code == 302
    assert Probe.objects.get().gone_at is None


def test_a_location_runs_its_own_only(client: Client, ada: Person, settings: Any) -> None:
    client.force_login(ada)
    with shop() as (url, _):
        save(client, entry(url, locations=["here", "elsewhere"]))
        run_due()
        assert set(ProbeRun.objects.values_list("location", flat=True)) == {"here"}
        for place in ProbeAt.objects.order_by("pk"):
            services.run(place.pk)
        settings.GATEHOUSE_LOCATION = "elsewhere"
        run_due()
    assert sorted(ProbeRun.objects.values_list("location", flat=True)) == ["elsewhere", "here"]


def test_real_users_are_asked_too(ada: Person) -> None:
    row = Probe.objects.create(
        slug="orders", title="Orders", service=service(), environment=environment(), locations=["here"]
    )
    now = database_now()
    ProbeRun.objects.create(probe=row, location="here", at=now, ok=True, took_s=1, trace_id="a", steps=[])

    def stand() -> queries.Stand:
        return queries.stands([row], now)[0]

    assert (stand().check, stand().users, stand().both) == (Standing.PASS, Users.SILENT, Standing.NO_DATA)
    counted = series(source())
    counted.windows.create(start_at=now - timedelta(seconds=30), bad=1, total=100)
    assert (stand().users, stand().both) == (Users.FINE, Standing.PASS)
    counted.windows.create(start_at=now - timedelta(seconds=20), bad=50, total=100)
    assert (stand().users, stand().both) == (Users.BAD, Standing.FAIL)
