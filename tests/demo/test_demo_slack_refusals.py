"""The local Slack refuses what Slack refuses, in Slack's words: channels, tokens, texts and blocks."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from demo.slack.server import LocalSlack
from tests.demo.slack_client import control, refusal

TEXT = {"type": "mrkdwn", "text": "words"}
SECTION = {"type": "section", "text": TEXT}


def button(**more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Halt"}
    return {"type": "button", "action_id": "halt", "text": text, **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


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
