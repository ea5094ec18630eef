"""E-mail and webhooks: keys, classes of trouble, signatures."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from demo.httpd import HttpServer, Request, Response
from demo.mailbox.server import LocalMailbox
from notifications.channels.email import message_id
from notifications.models import Delivery, WebhookEndpoint
from notifications.values import State, Way
from tests.escalations import factories as e
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db


class Receiver:
    """An endpoint outside: remembers what came, answers what a test says."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Response] = []
        self.server = HttpServer(self._answer)

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else Response.text("ok")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.server.start()
    yield made
    made.server.close()


@pytest.fixture(autouse=True)
def _without_slack(settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""


def endpoint(url: str, *events: str, **fields: Any) -> WebhookEndpoint:
    made = WebhookEndpoint(name=fields.pop("name", "ci"), url=url, events=list(events), **fields)
    made.set_secret("s3cret")
    made.save()
    return made


def mail(key: str, to: str = "ruth@fernhill.example", **fields: Any) -> Any:
    return f.draft(key, way=Way.EMAIL, target=to, **fields)


def test_a_mail_carries_its_key_and_both_forms(mailbox: LocalMailbox) -> None:
    f.write(mail("event:12:email:3:told"))
    f.pump()
    (got,) = mailbox.messages()
    assert (
        got.message_id.strip()
        == message_id("event:12:email:3:told")
        == "<event%3A12%3Aemail%3A3%3Atold@127.0.0.1>"
    )
    assert (got.text.strip(), got.html.strip()) == ("event:12:email:3:told", "<p>event:12:email:3:told</p>")


def test_a_mail_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(mailbox: LocalMailbox) -> None:
    mailbox.fail_next(1)
    f.write(mail("one"))
    f.pump()
    one = Delivery.objects.get()
    assert (one.state, one.code) == (State.PENDING, "smtp_451")
    f.pump_all()
    assert len(mailbox.messages()) == 1
    mailbox.reject("gone@fernhill.example")
    f.write(mail("two", to="gone@fernhill.example"))
    f.pump()
    two = Delivery.objects.get(key="two")
    assert (two.state, two.code, two.attempts) == (State.FAILED, "smtp_550", 1)


def test_a_subject_is_one_line(mailbox: LocalMailbox) -> None:
    f.write(mail("one", text="Halted:\r\nBcc: all@fernhill.example"))
    f.pump()
    (got,) = mailbox.messages()
    assert got.subject == "Halted: Bcc: all@fernhill.example"
    assert list(got.to) == ["ruth@fernhill.example"]


def test_an_endpoint_gets_the_events_that_it_wants_signed_and_with_a_key(receiver: Receiver) -> None:
    endpoint(receiver.server.url, "rollout.halted", "escalation.*")
    endpoint(receiver.server.url, "*", name="off", active=False)
    rollout = e.rollout()
    e.happen(rollout, "rollout.held")
    event = e.happen(rollout, "rollout.halted", sentence="Halted – ümlaut.")
    f.pump()
    (request,) = receiver.requests
    parts = dict(part.split("=") for part in request.headers["x-gatehouse-signature"].split(","))
    signed = hmac.new(b"s3cret", parts["t"].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert parts["v1"] == signed
    assert (
        request.headers["idempotency-key"]
        == f"event:{event.id}:webhook:{WebhookEndpoint.objects.get(name='ci').pk}"
    )
    body = json.loads(request.body)
    assert (body["kind"], body["stream"], body["content"]["sentence"]) == (
        "rollout.halted",
        "rollout:orders-v3",
        "Halted – ümlaut.",
    )


def test_events_reach_an_endpoint_in_order_with_the_same_key_at_each_try(receiver: Receiver) -> None:
    endpoint(receiver.server.url, "*")
    receiver.answers = [Response.text("busy", 503)]
    rollout = e.rollout()
    for kind in ("rollout.held", "rollout.resumed"):
        e.happen(rollout, kind)
    f.pump_all()
    assert [json.loads(r.body)["kind"] for r in receiver.requests] == [
        "rollout.held",
        "rollout.held",
        "rollout.resumed",
    ]
    assert receiver.requests[0].headers["idempotency-key"] == receiver.requests[1].headers["idempotency-key"]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_final_and_passed(receiver: Receiver, status: int) -> None:
    endpoint(receiver.server.url, "*")
    receiver.answers = [Response.text("no", status)]
    rollout = e.rollout()
    for kind in ("rollout.held", "rollout.resumed"):
        e.happen(rollout, kind)
    f.pump_all()
    assert len(receiver.requests) == 2
    failed = Delivery.objects.get(state=State.FAILED)
    assert failed.code == f"http_{status}"


def test_too_many_requests_is_no_try(receiver: Receiver) -> None:
    endpoint(receiver.server.url, "*")
    receiver.answers = [Response(status=429, headers=(("Retry-After", "20"),))]
    e.happen(e.rollout(), "rollout.held")
    f.pump()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.code) == (State.PENDING, 0, "http_429")
    f.pump_all()
    assert Delivery.objects.get().state == State.SENT


def test_an_internal_address_is_refused(settings: Any) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = []
    endpoint("http://127.0.0.1:1/", "*")
    e.happen(e.rollout(), "rollout.held")
    f.pump()
    row = Delivery.objects.get()
    assert (row.state, row.code) == (State.FAILED, "refused")
    assert "internal address" in row.error


def test_a_private_rollout_is_told_to_no_endpoint(receiver: Receiver) -> None:
    endpoint(receiver.server.url, "*")
    e.happen(e.rollout(visibility="private"), "rollout.held")
    f.pump()
    assert receiver.requests == []


def test_the_secret_is_not_in_the_table() -> None:
    made = endpoint("https://example.org/", "*")
    assert "s3cret" not in made.secret
    assert made.plain_secret == "s3cret"
