"""The local Slack under a strain: rates, failures, lost answers, restarts, and junk."""

import http.client
import json
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from demo.fleet.calls import Client
from demo.slack.server import LocalSlack
from tests.demo.slack_client import control, refusal

TEXT = {"type": "mrkdwn", "text": "words"}


def test_a_form_body_is_read_like_json(slack: LocalSlack) -> None:
    caller = Client(slack.url, timeout_s=5)
    body = f'token={slack.token}&channel=%23orders&text=x&blocks=%5B%7B"type"%3A"divider"%7D%5D'.encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert json.loads(caller.call("POST", "/api/chat.postMessage", body=body, headers=headers).body)["ok"]
    caller.close()
    assert slack.messages("#orders")[0]["blocks"][0]["type"] == "divider"


def test_unknown_methods_and_junk_are_answered(client: WebClient, slack: LocalSlack) -> None:
    with pytest.raises(SlackApiError) as error:
        client.api_call("chat.shout")
    assert refusal(error) == "unknown_method"
    caller = Client(slack.url, timeout_s=5)
    for body, code in ((b"{", "invalid_json"), (b"[]", "json_not_object")):
        headers = {"Content-Type": "application/json"}
        answer = json.loads(caller.call("POST", "/api/auth.test", body=body, headers=headers).body)
        assert answer == {"ok": False, "error": code}
    caller.close()


def test_a_channel_takes_one_message_a_second_after_a_small_burst(
    client: WebClient, slack: LocalSlack
) -> None:
    slack.ratelimit(enabled=True)
    first = client.chat_postMessage(channel="#orders", text="1")
    client.chat_postMessage(channel="#orders", text="2")
    client.chat_postMessage(channel=first["channel"], text="3")
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="orders", text="4")
    assert error.value.response.status_code == 429
    assert refusal(error) == "ratelimited"
    assert error.value.response.headers["Retry-After"] == "1"
    assert client.chat_postMessage(channel="#payments", text="1")["ok"]


def test_the_rate_limit_can_be_forced_and_switched_off(client: WebClient, slack: LocalSlack) -> None:
    assert control(slack, ratelimit={"next": 1, "retry_after": 7}) == 200
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#orders", text="x")
    assert error.value.response.headers["Retry-After"] == "7"
    for number in range(8):
        client.chat_postMessage(channel="#orders", text=str(number))


def test_a_failure_does_nothing_and_a_lost_reply_does_it(client: WebClient, slack: LocalSlack) -> None:
    assert control(slack, fail_next=1) == 200
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#orders", text="failed")
    assert error.value.response.status_code == 500
    assert client.auth_test()["ok"]
    assert control(slack, drop_reply_next=1) == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        client.chat_postMessage(channel="#orders", text="lost reply")
    assert [message["text"] for message in slack.messages("#orders")] == ["lost reply"]


def test_unknown_controls_are_refused(slack: LocalSlack) -> None:
    assert control(slack, explode=True) == 400
    assert control(slack, ratelimit={"speed": 1}) == 400


def test_the_log_survives_a_restart_and_an_unfinished_line(tmp_path: Path) -> None:
    with LocalSlack(folder=tmp_path) as slack:
        client = WebClient(token=slack.token, base_url=f"{slack.url}/api/")
        posted = client.chat_postMessage(channel="#orders", text="one")
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")
        slack.archive("#payments")
        with pytest.raises(OSError, match="Another local Slack"):
            LocalSlack(folder=tmp_path)
    with (tmp_path / "slack.jsonl").open("ab") as file:
        file.write(b'{"seq": 99, "kind": "mess')
    with LocalSlack(folder=tmp_path) as again:
        assert [message["text"] for message in again.messages("#orders")] == ["two"]
        kinds = [entry["kind"] for entry in again.log()]
        assert kinds == [
            "channel.created",
            "message.posted",
            "message.updated",
            "channel.created",
            "channel.archived",
        ]
        again.say("#orders", "three", "U01ADA")
        assert [entry["seq"] for entry in again.log()] == [1, 2, 3, 4, 5, 6]
        assert len(again.messages("#orders")) == 2


def test_users_come_from_the_file_of_secrets(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(
        json.dumps({"slack_users": [{"id": "U9", "name": "Eva Lind", "email": "eva@example.test"}]})
    )
    with LocalSlack(secrets=path) as slack:
        client = WebClient(token=slack.token, base_url=f"{slack.url}/api/")
        assert client.users_lookupByEmail(email="eva@example.test")["user"]["id"] == "U9"
