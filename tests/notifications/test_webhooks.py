"""Webhooks, managed by administrators in the page and over the API."""

import ast
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from demo.httpd import HttpServer, Request, Response
from notifications import kinds
from notifications.models import Delivery, WebhookEndpoint
from rollouts.accounts.models import Person
from rollouts.audit import queries as audit
from tests.escalations import factories as e
from tests.house.commands import CLONE
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db


class Receiver:
    """An endpoint outside."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.status = 200
        self.server = HttpServer(self._answer)

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        return Response.text("said", self.status)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.server.start()
    yield made
    made.server.close()


@pytest.fixture(autouse=True)
def _without_slack(settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""


@pytest.fixture
def ada() -> Person:
    made = e.person("Ada Mbeki")
    Person.objects.filter(pk=made.pk).update(is_staff=True)
    return Person.objects.get(pk=made.pk)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def api(person: Person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def form(url: str, *events: str, **fields: Any) -> dict[str, Any]:
    return {"name": "ci", "url": url, "events": list(events), **fields}


def secret_in(page: str) -> str:
    found = re.search(r"<code>(ghw_[^<]+)</code>", page)
    assert found
    return found[1]


def is_signed(request: Request, secret: str) -> bool:
    parts = dict(part.split("=") for part in request.headers["x-gatehouse-signature"].split(","))
    signed = hmac.new(secret.encode(), parts["t"].encode() + b"." + request.body, hashlib.sha256)
    return signed.hexdigest() == parts["v1"]


def test_one_is_made_its_secret_shown_once_and_its_events_arrive(receiver: Receiver, ada: Person) -> None:
    client = signed_in(ada)
    answer = client.post("/webhooks/new/", form(receiver.server.url, "rollout.halted"))
    secret = secret_in(answer.content.decode())
    assert answer["Cache-Control"] == "no-store"
    row = WebhookEndpoint.objects.get()
    assert "ghw_" not in client.get(f"/webhooks/{row.pk}/").content.decode()
    rollout = e.rollout()
    e.happen(rollout, "rollout.held")
    e.happen(rollout, "rollout.halted")
    f.pump()
    (request,) = receiver.requests
    assert is_signed(request, secret)
    assert json.loads(request.body)["kind"] == "rollout.halted"
    page = client.get(f"/webhooks/{row.pk}/").content.decode()
    assert "rollout.halted" in page
    assert "Arrived" in page
    assert "Arrived" in client.get("/webhooks/").content.decode()


def test_a_test_message_goes_out_at_once_and_an_error_is_told(receiver: Receiver, ada: Person) -> None:
    client = signed_in(ada)
    secret = secret_in(client.post("/webhooks/new/", form(receiver.server.url, "*")).content.decode())
    row = WebhookEndpoint.objects.get()
    page = client.post(f"/webhooks/{row.pk}/test/", follow=True).content.decode()
    assert "The test message arrived." in page
    (request,) = receiver.requests
    assert json.loads(request.body)["kind"] == "webhook.test"
    assert request.headers["idempotency-key"] == Delivery.objects.get().key
    assert is_signed(request, secret)
    receiver.status = 404
    page = client.post(f"/webhooks/{row.pk}/test/", follow=True).content.decode()
    assert "answered with status 404" in page
    failed = Delivery.objects.get(state="failed")
    receiver.status = 200
    again = client.post(f"/deliveries/{failed.pk}/retry/", {"back": "webhook"})
    assert again["Location"] == f"/webhooks/{row.pk}/"
    f.pump()
    assert receiver.requests[-1].headers["idempotency-key"] == failed.key


def test_a_new_secret_takes_the_place_of_the_old_one(receiver: Receiver, ada: Person) -> None:
    client = signed_in(ada)
    old = secret_in(client.post("/webhooks/new/", form(receiver.server.url, "*")).content.decode())
    row = WebhookEndpoint.objects.get()
    new = secret_in(client.post(f"/webhooks/{row.pk}/secret/").content.decode())
    client.post(f"/webhooks/{row.pk}/test/")
    assert new != old
    assert is_signed(receiver.requests[0], new)
    assert not is_signed(receiver.requests[0], old)


def test_switched_off_nothing_is_sent_and_what_waits_is_dropped(receiver: Receiver, ada: Person) -> None:
    client = signed_in(ada)
    client.post("/webhooks/new/", form(receiver.server.url, "*"))
    row = WebhookEndpoint.objects.get()
    rollout = e.rollout()
    e.happen(rollout, "rollout.held")
    client.post(f"/webhooks/{row.pk}/switch/", {"active": "no"})
    e.happen(rollout, "rollout.resumed")
    f.pump()
    assert receiver.requests == []
    (waited,) = Delivery.objects.all()
    assert (waited.state, waited.code) == ("superseded", "switched_off")
    assert "Switch it on first." in client.post(f"/webhooks/{row.pk}/test/", follow=True).content.decode()
    client.post(f"/webhooks/{row.pk}/switch/", {"active": "yes"})
    e.happen(rollout, "rollout.held")
    f.pump()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (form("ftp://example.org/", "*"), "begins with https"),
        (form("https://me:pw@example.org/", "*"), "must not carry a user name"),
        (form("https://example.org/"), "This field is required"),
        (form("https://example.org/", "rollout.odd"), "not one of the available choices"),
        (form("https://example.org/", "*", name="taken"), "Another webhook has this name"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_is_told_beside_the_form(ada: Person, given: dict[str, Any], said: str) -> None:
    client = signed_in(ada)
    client.post("/webhooks/new/", form("https://example.org/", "*", name="taken"))
    answer = client.post("/webhooks/new/", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert WebhookEndpoint.objects.count() == 1


def test_only_administrators_manage_them(ada: Person) -> None:
    signed_in(ada).post("/webhooks/new/", form("https://example.org/", "*"))
    pk = WebhookEndpoint.objects.get().pk
    mina = signed_in(e.person("Mina Okafor", role="planner"))
    for path in ("", "new/", f"{pk}/"):
        assert mina.get(f"/webhooks/{path}").status_code == 403
    for verb in ("secret", "switch", "test"):
        assert mina.post(f"/webhooks/{pk}/{verb}/").status_code == 403
    stranger = api(e.person("Someone Else"))
    assert stranger.get("/api/v1/webhooks/").status_code == 403
    assert stranger.post("/api/v1/webhooks/", {}, format="json").status_code == 403
    assert stranger.patch(f"/api/v1/webhooks/{pk}/", {}, format="json").status_code == 403
    assert stranger.get(f"/api/v1/webhooks/{pk}/deliveries/").status_code == 403


def test_the_api_makes_changes_tries_and_lists(receiver: Receiver, ada: Person) -> None:
    client = api(ada)
    made = client.post("/api/v1/webhooks/", form(receiver.server.url, "review.*"), format="json")
    assert made.status_code == 201
    secret, address = made.json()["secret"], f"/api/v1/webhooks/{made.json()['id']}/"
    assert "secret" not in client.get(address).json()
    changed = client.patch(address, {"events": ["rollout.held", "rollout.*"]}, format="json").json()
    assert (changed["name"], changed["events"]) == ("ci", ["rollout.*", "rollout.held"])
    assert client.patch(address, {"events": ["odd"]}, format="json").json()["code"] == "events"
    assert client.post(f"{address}test/").status_code == 202
    f.pump()
    assert is_signed(receiver.requests[0], secret)
    assert [each["state"] for each in client.get(f"{address}deliveries/").json()["results"]] == ["sent"]
    assert client.patch(address, {"active": False}, format="json").json()["active"] is False
    assert client.post(f"{address}test/").json()["code"] == "switched_off"
    assert client.post(f"{address}secret/").json()["secret"] != secret
    assert [each["name"] for each in client.get("/api/v1/webhooks/").json()["results"]] == ["ci"]
    assert client.get("/api/v1/webhooks/999/").status_code == 404


def test_the_log_tells_who_did_what_and_holds_neither_secret_nor_path(ada: Person) -> None:
    client = signed_in(ada)
    page = client.post("/webhooks/new/", form("https://example.org/T0/hush", "*")).content.decode()
    client.post(f"/webhooks/{WebhookEndpoint.objects.get().pk}/switch/", {"active": "no"})
    said = [event for event in audit.events("settings") if event.kind == "settings.webhook"]
    assert [event.content["sentence"] for event in said] == [
        "Ada Mbeki switched off the webhook ci.",
        "Ada Mbeki made the webhook ci.",
    ]
    assert secret_in(page) not in str(said)
    assert "hush" not in str(said)
    assert "ghw_" not in str(said)


def test_the_list_asks_the_same_queries_however_many_there_are(
    ada: Person, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(ada)
    for number in range(6):
        client.post("/webhooks/new/", form("https://example.org/", "*", name=f"n{number}"))
    with django_assert_max_num_queries(8):
        client.get("/webhooks/")


EVENT = (
    r"^(?:(?:rollout|escalation|review)\.[a-z_]+"
    r"|alert\.(?:opened|grown|closed)|slo\.(?:burning|calm)|(?:source|probe|import)\.(?:failing|recovered)"
    r"|contract\.(?:retired_live|sunset_near)|dependency\.(?:asked|confirmed|dismissed|taken_back))$"
)


def _named() -> set[str]:
    """The kinds of events that the source names."""
    found: set[str] = set()
    for path in (CLONE / "rollouts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(EVENT, node.value))
    return found


def test_every_kind_of_event_can_be_chosen() -> None:
    """Every kind that the source names is among them, and none that it does not."""
    beside = {"escalation.policy_saved", "escalation.policy_deleted"}  # belong to no rollout
    assert _named() - beside == kinds.known() - set(kinds.EVERY)
