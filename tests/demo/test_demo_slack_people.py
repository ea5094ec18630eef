"""What people do in the local Slack, and what the app gets from it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from demo.httpd import Response
from demo.receiver import Received, Receiver
from demo.slack import sending
from demo.slack.server import LocalSlack
from demo.slack.views import TRIGGER_S
from tests.demo.slack_messages import BLOCKS, MODAL

SECRET = "a signing secret"


@pytest.fixture
def app() -> Iterator[Receiver]:
    with Receiver() as running:
        running.answer(Response())
        yield running


@pytest.fixture
def slack(app: Receiver) -> Iterator[LocalSlack]:
    with LocalSlack(limits=False, signing_secret=SECRET, gatehouse_url=app.url) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.token, base_url=f"{slack.url}/api/", retry_handlers=[])


@pytest.fixture
def ts(client: WebClient) -> str:
    metadata = {"event_type": "gatehouse", "event_payload": {"key": "1"}}
    posted = client.chat_postMessage(
        channel="#orders", text="Approval asked", blocks=BLOCKS, metadata=metadata
    )
    return str(posted["ts"])


def payload(received: Received) -> Any:
    return json.loads(parse_qs(received.body.decode())["payload"][0])


def last(app: Receiver) -> Any:
    return payload(app.requests()[-1])


def test_a_pressed_button_arrives_as_slack_sends_it(slack: LocalSlack, app: Receiver, ts: str) -> None:
    assert slack.press("#orders", ts, "rollout.approve", "U01JONAS").status == 200
    (received,) = app.requests()
    assert (received.method, received.path) == ("POST", "/slack/interactions/")
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    sent = payload(received)
    assert sent["type"] == "block_actions"
    assert sent["user"] == {
        "id": "U01JONAS",
        "username": "jonas.lindqvist",
        "name": "jonas.lindqvist",
        "team_id": "T01GATE",
    }
    assert sent["team"]["id"] == "T01GATE"
    assert sent["channel"]["name"] == "orders"
    assert sent["container"]["message_ts"] == sent["message"]["ts"] == ts
    (action,) = sent["actions"]
    assert action["action_id"] == "rollout.approve"
    assert action["block_id"] == "decide:orders:1:1"
    assert action["value"] == "rollout=orders;stage=1"
    assert float(action["action_ts"]) > float(ts)
    assert sent["trigger_id"].count(".") == 2
    assert sent["response_url"].startswith(slack.url)


def test_the_signature_satisfies_the_real_verifier(slack: LocalSlack, app: Receiver, ts: str) -> None:
    slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    (received,) = app.requests()
    verifier = SignatureVerifier(SECRET)
    assert verifier.is_valid_request(received.body, received.headers)
    assert not verifier.is_valid_request(received.body + b"x", received.headers)


def test_a_replay_sends_the_same_bytes_again(slack: LocalSlack, app: Receiver, ts: str) -> None:
    slack.redeliver(slack.press("#orders", ts, "rollout.approve", "U01JONAS"))
    first, second = app.requests()
    assert (first.body, first.headers) == (second.body, second.headers)


def test_a_select_sends_the_chosen_option(slack: LocalSlack, app: Receiver, ts: str) -> None:
    slack.press("#orders", ts, "rollout.pick", "U01JONAS", choice="1440")
    assert last(app)["actions"][0]["selected_option"]["value"] == "1440"
    with pytest.raises(LookupError, match="no option"):
        slack.press("#orders", ts, "rollout.pick", "U01JONAS", choice="5")


def test_a_button_that_was_taken_away_cannot_be_pressed(
    slack: LocalSlack, client: WebClient, app: Receiver, ts: str
) -> None:
    channel = client.conversations_list()["channels"][0]["id"]
    client.chat_update(channel=channel, ts=ts, text="Approved by Jonas")
    with pytest.raises(LookupError, match=r"rollout\.approve"):
        slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    assert app.requests() == []


def test_what_the_app_answered_is_kept(slack: LocalSlack, app: Receiver, ts: str) -> None:
    app.fail_next(status=401)
    assert slack.press("#orders", ts, "rollout.approve", "U01JONAS").status == 401
    app.refuse()
    assert slack.press("#orders", ts, "rollout.approve", "U01JONAS").status == 0
    assert [entry["status"] for entry in slack.log("interaction.sent")] == [401, 0]


def test_an_app_that_thinks_for_three_seconds_is_too_late(
    slack: LocalSlack, app: Receiver, ts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sending.TIMEOUT_S == 3
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.1)
    app.delay(0.4)
    assert slack.press("#orders", ts, "rollout.approve", "U01JONAS").status == 0


def test_requests_can_go_to_a_function_instead_of_an_address(client: WebClient) -> None:
    sent: list[str] = []

    def send(path: str, _body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        sent.append(path)
        assert headers["X-Slack-Signature"].startswith("v0=")
        return 200, b""

    with LocalSlack(send=send) as slack:
        own = WebClient(token=slack.token, base_url=f"{slack.url}/api/")
        posted = own.chat_postMessage(channel="#orders", text="x", blocks=BLOCKS)
        slack.press("#orders", posted["ts"], "rollout.approve", "ada.mbeki")
    assert sent == ["/slack/interactions/"]


def test_a_response_url_takes_five_answers(slack: LocalSlack, app: Receiver, ts: str) -> None:
    slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    webhook = WebhookClient(last(app)["response_url"])
    assert webhook.send(text="Counted.").status_code == 200
    assert [m["text"] for m in slack.ephemerals("#orders", "U01JONAS")] == ["Counted."]
    webhook.send(text="For all.", response_type="in_channel")
    webhook.send_dict({"text": "Approved.", "replace_original": True})
    top, second = slack.messages("#orders")
    assert (top["text"], top["metadata"]["event_payload"]) == ("Approved.", {"key": "1"})
    assert "blocks" not in top
    assert second["text"] == "For all."
    assert webhook.send(text="", blocks=[{"type": "carousel"}]).status_code == 400
    assert webhook.send_dict({"delete_original": True}).status_code == 200
    refused = webhook.send(text="Once more.")
    assert (refused.status_code, json.loads(refused.body)["error"]) == (404, "used_url")
    assert [message["text"] for message in slack.messages("#orders")] == ["For all."]


def test_an_ephemeral_message_is_replaced_by_its_response_url(
    slack: LocalSlack, client: WebClient, app: Receiver, ts: str
) -> None:
    channel = client.conversations_list()["channels"][0]["id"]
    shown = client.chat_postEphemeral(channel=channel, user="U01ADA", text="Link", blocks=BLOCKS)[
        "message_ts"
    ]
    slack.press("#orders", shown, "rollout.approve", "U01ADA")
    sent = last(app)
    assert sent["container"]["is_ephemeral"] is True
    assert "message" not in sent
    webhook = WebhookClient(sent["response_url"])
    webhook.send_dict({"text": "Linked.", "replace_original": True})
    assert [message["text"] for message in slack.ephemerals("#orders", "U01ADA")] == ["Linked."]
    webhook.send_dict({"delete_original": True})
    assert slack.ephemerals("#orders", "U01ADA") == []


def test_unknown_response_urls_are_expired(slack: LocalSlack) -> None:
    answer = WebhookClient(f"{slack.url}/response/nonsense").send(text="x")
    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "expired_url")


def test_a_command_carries_its_words_and_shows_its_answer(slack: LocalSlack, app: Receiver, ts: str) -> None:
    app.answer(Response.json({"response_type": "in_channel", "text": "2 rollouts"}))
    assert slack.command("#orders", "/gatehouse list  now", "U01MINA").status == 200
    (received,) = app.requests()
    fields = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
    assert received.path == "/slack/commands/"
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/gatehouse", "list  now", "U01MINA")
    assert (fields["channel_name"], fields["team_id"]) == ("orders", "T01GATE")
    assert SignatureVerifier(SECRET).is_valid_request(received.body, received.headers)
    assert slack.messages("#orders")[-1]["text"] == "2 rollouts"
    app.answer(Response.text("Unknown."))
    slack.command("#orders", "/gatehouse dance", "U01MINA")
    assert slack.ephemerals("#orders", "U01MINA")[-1]["text"] == "Unknown."


def test_a_form_is_opened_once_with_a_fresh_trigger_and_submitted(
    slack: LocalSlack, client: WebClient, app: Receiver, ts: str
) -> None:
    slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    trigger = last(app)["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    assert [each["id"] for each in slack.open_views("U01JONAS")] == [view["id"]]
    for again, code in ((trigger, "exchanged_trigger_id"), ("1.2.3", "invalid_trigger_id")):
        with pytest.raises(SlackApiError) as error:
            client.views_open(trigger_id=again, view=MODAL)
        assert error.value.response["error"] == code
    app.answer(Response.json({"response_action": "errors", "errors": {"reason": "Say more."}}))
    slack.submit(view["id"], {"reason": "no"}, "U01JONAS")
    assert slack.open_views("U01JONAS")
    app.answer(Response())
    slack.submit(view["id"], {"reason": "The drill failed."}, "U01JONAS")
    assert slack.open_views("U01JONAS") == []
    sent = last(app)
    assert (sent["type"], sent["view"]["callback_id"]) == ("view_submission", "rollout.reject")
    assert sent["view"]["private_metadata"] == "orders"
    assert sent["view"]["state"]["values"]["reason"]["words"]["value"] == "The drill failed."


def test_an_old_trigger_opens_nothing(
    slack: LocalSlack, client: WebClient, app: Receiver, ts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TRIGGER_S == 3
    monkeypatch.setattr("demo.slack.views.TRIGGER_S", -1.0)
    slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=last(app)["trigger_id"], view=MODAL)
    assert error.value.response["error"] == "expired_trigger_id"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": None},
        {"private_metadata": "x" * 3001},
        {"type": "home"},
    ],
)
def test_forms_beyond_slacks_limits_are_refused(
    slack: LocalSlack, client: WebClient, app: Receiver, ts: str, wrong: dict[str, Any]
) -> None:
    slack.press("#orders", ts, "rollout.approve", "U01JONAS")
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=last(app)["trigger_id"], view={**MODAL, **wrong})
    assert error.value.response["error"] == "invalid_arguments"
