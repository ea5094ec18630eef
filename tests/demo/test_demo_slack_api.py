"""The real slack_sdk client against the local Slack."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, HeaderBlock

from demo.fleet.calls import Client
from demo.slack.server import LocalSlack

MESSAGES = Path(__file__).parent / "messages"
TEXT = {"type": "mrkdwn", "text": "words"}
SECTION = {"type": "section", "text": TEXT}


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(limits=False) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.token, base_url=f"{slack.url}/api/", retry_handlers=[])


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def control(slack: LocalSlack, **orders: Any) -> int:
    caller = Client(slack.url, timeout_s=5)
    body, headers = json.dumps(orders).encode(), {"Content-Type": "application/json"}
    status = caller.call("POST", "/_control", body=body, headers=headers).status
    caller.close()
    return status


def button(**more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Halt"}
    return {"type": "button", "action_id": "halt", "text": text, **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def test_auth_test_names_workspace_and_bot(client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["team_id"], answer["bot_id"]) == ("T01GATE", "B01GATE")


def test_a_channel_comes_into_being_when_it_is_named(client: WebClient, slack: LocalSlack) -> None:
    answer = client.chat_postMessage(channel="#orders", text="hello")
    assert [message["text"] for message in slack.messages("#orders")] == ["hello"]
    (listed,) = client.conversations_list()["channels"]
    assert (listed["id"], listed["name"]) == (answer["channel"], "orders")
    assert client.chat_postMessage(channel=answer["channel"], text="again")["channel"] == answer["channel"]


def test_the_sdks_own_block_models_are_taken(client: WebClient) -> None:
    blocks = [
        HeaderBlock(text="Halted"),
        ActionsBlock(elements=[ButtonElement(text="Acknowledge", action_id="ack", value="1")]),
    ]
    message = client.chat_postMessage(channel="#orders", text="Halted", blocks=blocks)["message"]
    assert [block["type"] for block in message["blocks"]] == ["header", "actions"]
    assert all(block["block_id"] for block in message["blocks"])


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.json")), ids=lambda path: path.stem)
def test_the_designed_messages_are_taken(client: WebClient, path: Path) -> None:
    message = json.loads(path.read_text())
    channel = message["channel"] if message["channel"].startswith("#") else "U01JONAS"
    answer = client.chat_postMessage(**{**message, "channel": channel})
    assert answer["message"]["text"] == message["text"]


def test_an_update_with_text_alone_takes_the_blocks_away_and_keeps_the_metadata(
    client: WebClient, slack: LocalSlack
) -> None:
    metadata = {"event_type": "gatehouse", "event_payload": {"key": "1:2"}}
    posted = client.chat_postMessage(channel="#orders", text="a", blocks=[SECTION], metadata=metadata)
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    client.chat_update(**where, blocks=[SECTION, SECTION])
    assert len(slack.messages("#orders")[0]["blocks"]) == 2
    client.chat_update(**where, text="settled")
    (message,) = slack.messages("#orders")
    assert "blocks" not in message
    assert (message["text"], message["metadata"]) == ("settled", metadata)
    assert "edited" in message


def test_metadata_is_read_back_from_history_and_threads_on_request(client: WebClient) -> None:
    def metadata(key: str) -> dict[str, Any]:
        return {"event_type": "gatehouse.delivery", "event_payload": {"key": key}}

    top = client.chat_postMessage(channel="#orders", text="top", metadata=metadata("a"))
    channel, ts = top["channel"], top["ts"]
    client.chat_postMessage(channel=channel, text="reply", thread_ts=ts, metadata=metadata("b"))
    (plain,) = client.conversations_history(channel=channel)["messages"]
    assert "metadata" not in plain
    assert plain["reply_count"] == 1
    (shown,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert shown["metadata"] == metadata("a")
    thread = client.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)["messages"]
    assert [message["metadata"]["event_payload"]["key"] for message in thread] == ["a", "b"]


def test_history_is_newest_first_in_pages_and_between_times(client: WebClient) -> None:
    posted = [client.chat_postMessage(channel="#orders", text=str(n)) for n in range(5)]
    channel, stamps = posted[0]["channel"], [each["ts"] for each in posted]
    pages = [
        [m["text"] for m in page["messages"]]
        for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]

    def texts(**given: Any) -> list[str]:
        return [m["text"] for m in client.conversations_history(channel=channel, **given)["messages"]]

    assert texts(oldest=stamps[3]) == ["4"]
    assert texts(oldest=stamps[3], inclusive=True) == ["4", "3"]
    assert texts(latest=stamps[1]) == ["0"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    assert texts(oldest="0", latest="1") == []


def test_history_refuses_what_it_cannot_read(client: WebClient) -> None:
    channel = client.chat_postMessage(channel="#orders", text="x")["channel"]
    for code, given in (
        ("channel_not_found", {"channel": "C0NOTHERE"}),
        ("invalid_cursor", {"channel": channel, "cursor": "bm9wZQ=="}),
        ("invalid_limit", {"channel": channel, "limit": 5000}),
        ("invalid_ts_oldest", {"channel": channel, "oldest": "yesterday"}),
    ):
        with pytest.raises(SlackApiError) as error:
            client.conversations_history(**given)
        assert refusal(error) == code
    with pytest.raises(SlackApiError) as error:
        client.conversations_replies(channel=channel, ts="1.000000")
    assert refusal(error) == "thread_not_found"


def test_users_are_found_by_id_and_by_address(client: WebClient) -> None:
    assert len(client.users_list()["members"]) == 5
    assert client.users_info(user="U01MINA")["user"]["real_name"] == "Mina Okafor"
    assert client.users_lookupByEmail(email="tomas.rey@example.test")["user"]["id"] == "U01TOMAS"
    with pytest.raises(SlackApiError) as error:
        client.users_lookupByEmail(email="nobody@example.test")
    assert refusal(error) == "users_not_found"
    with pytest.raises(SlackApiError) as error:
        client.users_info(user="U0NOBODY")
    assert refusal(error) == "user_not_found"


def test_a_direct_message_goes_to_the_users_own_conversation(client: WebClient, slack: LocalSlack) -> None:
    opened = client.conversations_open(users="U01JONAS")["channel"]["id"]
    assert client.chat_postMessage(channel="U01JONAS", text="You are paged")["channel"] == opened
    assert [message["text"] for message in slack.messages("jonas.lindqvist@example.test")] == [
        "You are paged"
    ]


def test_an_ephemeral_message_is_for_one_user_and_not_in_the_history(
    client: WebClient, slack: LocalSlack
) -> None:
    channel = client.chat_postMessage(channel="#orders", text="for all")["channel"]
    client.chat_postEphemeral(channel=channel, user="U01ADA", text="Link your account")
    assert [message["text"] for message in slack.ephemerals("#orders", "U01ADA")] == ["Link your account"]
    assert slack.ephemerals("#orders", "U01MINA") == []
    assert len(client.conversations_history(channel=channel)["messages"]) == 1


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("#no-such-channel", "channel_not_found"),
        ("C0UNKNOWN1", "channel_not_found"),
        ("", "channel_not_found"),
        ("#exec-only", "not_in_channel"),
    ],
)
def test_some_channels_cannot_be_posted_to(client: WebClient, channel: str, code: str) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=channel, text="x")
    assert refusal(error) == code


def test_an_archived_channel_refuses_posts_and_updates_until_it_is_unarchived(
    client: WebClient, slack: LocalSlack
) -> None:
    posted = client.chat_postMessage(channel="#orders", text="x")
    assert control(slack, archive="#orders") == 200
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#orders", text="x")
    assert refusal(error) == "is_archived"
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text="y")
    assert refusal(error) == "is_archived"
    assert client.conversations_list(exclude_archived=True)["channels"] == []
    control(slack, unarchive="#orders")
    assert client.chat_postMessage(channel="#orders", text="x")["ok"]


def test_tokens_are_checked(client: WebClient, slack: LocalSlack) -> None:
    for token, code in (("", "not_authed"), ("xoxb-other", "invalid_auth")):
        stranger = WebClient(token=token, base_url=f"{slack.url}/api/")
        with pytest.raises(SlackApiError) as error:
            stranger.auth_test()
        assert refusal(error) == code
    control(slack, revoke=True)
    with pytest.raises(SlackApiError) as error:
        client.auth_test()
    assert refusal(error) == "token_revoked"
    control(slack, revoke=False)
    assert client.auth_test()["ok"]


def test_only_the_apps_own_messages_are_updated(client: WebClient, slack: LocalSlack) -> None:
    ts = slack.say("#orders", "by a person", "U01MINA")
    channel = client.conversations_list()["channels"][0]["id"]
    for where, code in (
        ({"channel": channel, "ts": ts}, "cant_update_message"),
        ({"channel": channel, "ts": "1.000000"}, "message_not_found"),
        ({"channel": "#orders", "ts": ts}, "channel_not_found"),
    ):
        with pytest.raises(SlackApiError) as error:
            client.chat_update(**where, text="x")
        assert refusal(error) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        (
            {"text": "x", "blocks": [{**SECTION, "text": {**TEXT, "text": "x" * 3000}}] * 5},
            "msg_blocks_too_long",
        ),
    ],
)
def test_messages_are_refused_as_slack_refuses_them(
    client: WebClient, slack: LocalSlack, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#orders", **given)
    assert refusal(error) == code
    assert slack.messages("#orders") == []
    assert slack.log("call.refused")[-1]["error"] == code


def test_an_updates_text_is_shorter(client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#orders", text="x")
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4001)
    assert refusal(error) == "msg_too_long"


def confirm(**parts: str) -> dict[str, Any]:
    texts = {"title": "Halt?", "text": "All stops.", "confirm": "Halt now", "deny": "No", **parts}
    return {name: {"type": "plain_text", "text": text} for name, text in texts.items()}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([SECTION] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([{"type": "carousel"}], "unsupported type: carousel [json-pointer:/blocks/0/type]"),
        ([{"type": "input"}], "unsupported type: input [json-pointer:/blocks/0/type]"),
        ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
        (
            [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}],
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "section", "fields": [TEXT] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            [{"type": "section", "fields": [TEXT, {"type": "mrkdwn", "text": "x" * 2001}]}],
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]",
        ),
        (
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        ([{"type": "header", "text": TEXT}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
        (
            [{"type": "context", "elements": [TEXT] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [actions(*[button(action_id=f"a{n}") for n in range(26)])],
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        ([actions()], "must provide at least 1 item [json-pointer:/blocks/0/elements]"),
        (
            [actions(button(), button())],
            "`action_id` halt already exists for another element [json-pointer:/blocks/0/elements/1]",
        ),
        (
            [actions(button(text={"type": "plain_text", "text": "x" * 76}))],
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        (
            [actions(button(value="x" * 2001))],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            [actions(button(style="green"))],
            "must be one of primary, danger, not green [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            [actions(button(confirm=confirm(title="x" * 101)))],
            "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
        ),
        (
            [actions(button(confirm=confirm(text="x" * 301)))],
            "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
        ),
        (
            [actions(button(confirm=confirm(deny="x" * 31)))],
            "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
        ),
        (
            [{**SECTION, "block_id": "b"}, {**SECTION, "block_id": "b"}],
            "`block_id` b already exists for another block [json-pointer:/blocks/1/block_id]",
        ),
        (
            [{**SECTION, "block_id": "x" * 256}],
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
        (
            [{"type": "image", "image_url": "https://x.test/a.png"}],
            "missing required field [json-pointer:/blocks/0/alt_text]",
        ),
    ],
)
def test_blocks_beyond_slacks_limits_are_invalid(client: WebClient, blocks: list[Any], words: str) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="#orders", text="x", blocks=blocks)
    assert refusal(error) == "invalid_blocks"
    assert f"[ERROR] {words}" in error.value.response["response_metadata"]["messages"]


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
