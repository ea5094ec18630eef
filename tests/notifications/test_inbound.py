"""What comes from Slack: signed, once, through the same doors, as the linked person."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core import signing
from django.test import Client

from demo.slack.sending import sign
from demo.slack.server import LocalSlack
from notifications.models import Delivery, SlackReceipt
from notifications.slack import people, receipts
from rollouts.accounts.models import Identity, Membership, Person
from rollouts.approvals.models import Vote
from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.decisions.services import Action, Command, decide
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.escalations import factories as e
from tests.notifications import factories as f
from tests.notifications.test_stories import asked, buttons, e_follow, top

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina() -> Person:
    """An approver of orders who is linked."""
    made = e.person("Mina Okafor", role="approver")
    f.link(made, "U01MINA")
    return made


def press(slack: LocalSlack, action: str, user: str = "U01MINA", channel: str = "#rollouts") -> Any:
    """Presses the newest button of that kind."""
    for message in reversed(slack.messages(channel)):
        if action in buttons(message):
            return slack.press(channel, message["ts"], action, user)
    raise LookupError(action)


def answers(slack: LocalSlack, user: str = "U01MINA", channel: str = "#rollouts") -> list[str]:
    f.pump_all()
    return [message["text"] for message in slack.ephemerals(channel, user)]


def running(slack: LocalSlack) -> Rollout:
    """A rollout whose card with Halt stands in the channel."""
    rollout = e.rollout()
    asked(rollout)
    f.pump_all()
    return rollout


# --- the door ------------------------------------------------------------------------------------


def test_halt_in_slack_is_the_person_s_halt_and_tells_everybody(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    delivery = press(slack, "rollout.halt")
    assert (delivery.status, delivery.answer) == (200, b"")
    rollout.refresh_from_db()
    assert rollout.state == "halted"
    event = Event.objects.get(kind="rollout.halted")
    from rollouts.audit.services import read

    said = read(event.pk)
    assert (said.actor.name, said.face) == ("Mina Okafor", "slack")
    e_follow()
    assert answers(slack)[0].startswith("Mina Okafor halted the rollout at stage 1 (Canary).")
    assert top(slack)[-1]["text"].startswith("Halted: Orders v3")


def test_approve_in_slack_votes_once_on_every_face(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    press(slack, "rollout.approve")
    vote = Vote.objects.get()
    assert (vote.person, vote.face, vote.ballot) == (mina, "slack", "approve")
    press(slack, "rollout.approve")
    from rollouts.decisions.services import Refused

    with pytest.raises(Refused):
        decide(
            rollout=rollout.slug, command=Command(Action.APPROVE, stage=2), actor=mina.actor, face=Face.PAGE
        )
    assert Vote.objects.count() == 1
    assert answers(slack)[-1].startswith("Refused: One person has one vote, on every face")


def test_a_refusal_is_said_with_its_remedy_and_nothing_changes(slack: LocalSlack) -> None:
    vera = e.person("Vera Viewer", role="approver", of="elsewhere")
    f.link(vera, "U01MINA")
    rollout = running(slack)
    press(slack, "rollout.halt")
    (said,) = answers(slack)
    assert said.startswith("Refused: “Halt” is not yours to decide here. It takes a member")
    rollout.refresh_from_db()
    assert rollout.state == "running"


def test_a_right_that_was_taken_meanwhile_is_gone(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    Membership.objects.filter(person=mina).delete()
    press(slack, "rollout.halt")
    rollout.refresh_from_db()
    assert rollout.state == "running"


def test_promote_passes_stage_and_revision(slack: LocalSlack, mina: Person) -> None:
    rollout = e.rollout()
    rollout.stages.filter(number=1).update(state="ready", ready_at=database_now())
    e.happen(rollout, "rollout.stage_ready", sentence="Stage 1 is ready.")
    f.pump_all()
    press(slack, "rollout.promote")
    rollout.refresh_from_db()
    assert rollout.stage == 2
    assert Event.objects.filter(kind="rollout.promoted").count() == 1


def test_acknowledge_and_roll_back_on_the_halt_s_own_message(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    e.policy(["#orders-on-call"])
    decide(rollout=rollout.slug, command=Command(Action.HALT), actor=mina.actor, face=Face.PAGE)
    e_follow()
    f.pump_all()
    press(slack, "escalation.acknowledge")
    assert e.the_run().acknowledged_by == mina
    e_follow()
    assert answers(slack)[-1].startswith("Mina Okafor acknowledged the escalation")
    press(slack, "rollout.roll_back")
    rollout.refresh_from_db()
    assert rollout.state == "rolling_back"


def test_a_page_s_buttons_acknowledge_and_call_the_next_level(slack: LocalSlack, mina: Person) -> None:
    e.policy(["#orders-on-call"], ["#platform"])
    e.halt(e.rollout())
    e_follow()
    f.pump_all()
    press(slack, "escalation.next", channel="#orders-on-call")
    assert e.the_run().level == 2
    press(slack, "escalation.next", channel="#orders-on-call")
    assert answers(slack, channel="#orders-on-call")[-1].startswith("Refused: Level 2 of E-")
    press(slack, "escalation.acknowledge", channel="#orders-on-call")
    assert e.the_run().state == "acknowledged"


# --- who -----------------------------------------------------------------------------------------


def test_an_unlinked_person_is_told_how_to_link_and_then_decides(slack: LocalSlack, client: Client) -> None:
    jonas = e.person("Jonas Lindqvist", role="approver", email="jonas.lindqvist@example.test")
    rollout = running(slack)
    press(slack, "rollout.halt", "U01JONAS")
    rollout.refresh_from_db()
    assert rollout.state == "running", "the same e-mail in Slack links nobody"
    (said,) = answers(slack, "U01JONAS")
    url = said[said.index("<") + 1 : said.index("|")]
    path = f"{urlsplit(url).path}?{urlsplit(url).query}"
    assert client.get(path).status_code == 302, "one signs in first"
    client.force_login(jonas)
    page = client.get(path)
    assert page.status_code == 200
    assert "U01JONAS" in page.text
    assert not Identity.objects.exists(), "a look links nothing"
    token = parse_qs(urlsplit(url).query)["token"][0]
    assert client.post("/accounts/slack/link/", {"token": token}).status_code == 302
    assert Identity.objects.get().person == jonas
    press(slack, "rollout.halt", "U01JONAS")
    rollout.refresh_from_db()
    assert rollout.state == "halted"


def test_a_link_is_signed_fresh_and_for_one_person(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ruth, kofi = e.person("Ruth Adeyemi"), e.person("Kofi Mensah")
    token = parse_qs(urlsplit(people.link_url("T01GATE", "U1")).query)["token"][0]
    client.force_login(ruth)
    assert client.get("/accounts/slack/link/", {"token": token + "x"}).status_code == 400
    assert client.get("/accounts/slack/link/").status_code == 400
    other = signing.dumps({"workspace": "T01GATE", "user": "U1"}, salt="elsewhere")
    assert client.post("/accounts/slack/link/", {"token": other}).status_code == 400
    assert client.post("/accounts/slack/link/", {"token": token}).status_code == 302
    client.force_login(kofi)
    assert client.post("/accounts/slack/link/", {"token": token}).status_code == 409
    monkeypatch.setattr(people, "LINK_AGE_S", -1)
    assert client.get("/accounts/slack/link/", {"token": token}).status_code == 410
    assert Identity.objects.get().person == ruth


def test_a_closed_account_decides_nothing(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    Person.objects.filter(pk=mina.pk).update(is_active=False)
    press(slack, "rollout.halt")
    rollout.refresh_from_db()
    assert rollout.state == "running"


def test_another_workspace_decides_nothing(slack: LocalSlack, mina: Person, settings: Any) -> None:
    Identity.objects.update(workspace="T02ELSE")
    rollout = running(slack)
    settings.SLACK_TEAM_ID = "T02ELSE"
    press(slack, "rollout.halt")
    rollout.refresh_from_db()
    assert rollout.state == "running"


# --- once ----------------------------------------------------------------------------------------


def test_a_replayed_click_is_carried_out_once(slack: LocalSlack, mina: Person) -> None:
    running(slack)
    delivery = press(slack, "rollout.halt")
    again = slack.redeliver(delivery)
    assert again.status == 200
    assert Event.objects.filter(kind="rollout.halted").count() == 1
    assert len(answers(slack)) == 1


def test_a_click_whose_process_died_is_carried_out_by_its_replay_once(
    slack: LocalSlack, mina: Person
) -> None:
    running(slack)
    delivery = press(slack, "rollout.halt")
    SlackReceipt.objects.update(handled_at=None)
    slack.redeliver(delivery)
    assert Event.objects.filter(kind="rollout.halted").count() == 1
    assert answers(slack)[0].startswith("Mina Okafor halted the rollout")
    assert len(answers(slack)) == 1


def test_old_receipts_are_forgotten() -> None:
    from datetime import timedelta

    receipt = receipts.take("old")
    assert receipt is not None
    assert receipts.due(database_now(), 10) == []
    SlackReceipt.objects.update(received_at=database_now() - timedelta(days=2))
    for pk in receipts.due(database_now(), 10):
        receipts.forget(pk)
    assert not SlackReceipt.objects.exists()


# --- junk ----------------------------------------------------------------------------------------

SECRET = "test-signing-secret"
PATHS = ["/slack/interactions/", "/slack/commands/", "/slack/events/"]
FORM = "application/x-www-form-urlencoded"


def post(client: Client, path: str, body: bytes, headers: dict[str, str], content_type: str = FORM) -> Any:
    return client.post(path, data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Signature": "v0=\xfc", "X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Signature": "", "X-Slack-Request-Timestamp": ""},
        sign(SECRET, b"other body", at=int(time.time())),
        sign("other secret", b"a=b", at=int(time.time())),
        sign(SECRET, b"a=b", at=int(time.time()) - 40_000),
        sign(SECRET, b"a=b", at=int(time.time()) + 40_000),
    ],
)
def test_junk_is_401(client: Client, path: str, headers: dict[str, str]) -> None:
    assert post(client, path, b"a=b", headers).status_code == 401
    assert not SlackReceipt.objects.exists()


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_no_text_is_401_and_get_is_405(client: Client, path: str) -> None:
    body = b"\xff\xfe=1"
    headers = {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": str(int(time.time()))}
    assert post(client, path, body, headers).status_code == 401
    assert client.get(path).status_code == 405


def test_without_a_secret_nothing_comes_in(client: Client, settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = " "
    assert post(client, PATHS[0], b"a=b", sign(" ", b"a=b", at=int(time.time()))).status_code == 401


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"type":"block_actions"}',
        '{"type":"block_actions","actions":[],"user":{"id":"U1","team_id":"T1"}}',
        '{"type":"block_actions","actions":[1],"user":[]}',
        '{"type":"block_actions","actions":[{"action_id":"x"}],"user":{"id":"U1"}}',
    ],
)
def test_signed_junk_is_400(client: Client, payload: str) -> None:
    body = urlencode({"payload": payload}).encode()
    assert post(client, PATHS[0], body, sign(SECRET, body, at=int(time.time()))).status_code == 400
    body = payload.encode()
    answer = post(client, PATHS[2], body, sign(SECRET, body, at=int(time.time())), "application/json")
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("kind", ["view_submission", "shortcut", "view_closed"])
def test_other_interactions_are_taken_and_do_nothing(client: Client, kind: str) -> None:
    body = urlencode({"payload": json.dumps({"type": kind})}).encode()
    assert post(client, PATHS[0], body, sign(SECRET, body, at=int(time.time()))).status_code == 200


def test_an_unknown_button_and_a_broken_value_are_answered(
    slack: LocalSlack, mina: Person, client: Client
) -> None:
    for action, value in (
        ("rollout.explode", ""),
        ("rollout.halt", ";;=;x"),
        ("escalation.next", "run=9;level=1"),
    ):
        payload = {
            "type": "block_actions",
            "actions": [{"action_id": action, "value": value, "action_ts": "1"}],
            "user": {"id": "U01MINA", "team_id": "T01GATE"},
            "response_url": f"{slack.url}/response/none",
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        assert post(client, PATHS[0], body, sign(SECRET, body, at=int(time.time()))).status_code == 200
    said = list(Delivery.objects.order_by("pk").values_list("payload__text", flat=True))
    assert said == [
        "This button is of an older version of Gatehouse. Open the rollout instead.",
        "This is not there any more.",
        "This is not there any more.",
    ]


def test_a_link_that_was_opened_needs_no_receipt(slack: LocalSlack, mina: Person) -> None:
    running(slack)
    assert press(slack, "rollout.open").status == 200
    assert not SlackReceipt.objects.exists()


# --- commands and events -------------------------------------------------------------------------


def test_the_command_says_what_moves(slack: LocalSlack, mina: Person) -> None:
    rollout = running(slack)
    e.rollout("secret", title="Secret", visibility="private", team=e.team("elsewhere"))
    said = [slack.command("#rollouts", f"/gatehouse {text}", "U01MINA").json()["text"] for text in
            ("", "status", "status orders-v3", "status secret", "status <!channel>", "link")]  # fmt: skip
    assert said[0].startswith("`/gatehouse status`")
    assert said[1] == f"• <http://127.0.0.1:8000/rollouts/{rollout.slug}/|Orders v3>: Running, stage 1 of 2"
    assert "Granted: 10 %." in said[2]
    assert said[3].startswith("There is no rollout “secret”")
    assert "<!channel>" not in said[4]
    assert said[5] == "You are linked as Mina Okafor."
    stranger = slack.command("#rollouts", "/gatehouse link", "U01JONAS").json()["text"]
    assert "Link your account" in stranger


def test_slack_proves_the_address(client: Client) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    answer = post(client, PATHS[2], body, sign(SECRET, body, at=int(time.time())), "application/json")
    assert answer.json() == {"challenge": "abc"}
    body = json.dumps({"type": "event_callback", "event": {"type": "app_mention"}}).encode()
    assert (
        post(client, PATHS[2], body, sign(SECRET, body, at=int(time.time())), "application/json").status_code
        == 200
    )


def test_the_system_is_not_a_person_of_slack() -> None:
    with pytest.raises(people.Stranger):
        people.person_of("T01GATE", SYSTEM.id)
