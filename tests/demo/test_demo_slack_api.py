"""The real slack_sdk client against the local Slack."""

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, HeaderBlock

from demo.slack.server import LocalSlack
from tests.demo.slack_client import refusal

MESSAGES = Path(__file__).parent / "messages"
TEXT = {"type": "mrkdwn", "text": "words"}
SECTION = {"type": "section", "text": TEXT}


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
