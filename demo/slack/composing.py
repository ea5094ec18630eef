"""From the arguments of a chat method to a message that Slack would take."""

from typing import Any

from demo.slack import blocks
from demo.slack.arguments import Arguments
from demo.slack.store import Message
from demo.slack.workspace import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, SlackError

POST_TEXT, UPDATE_TEXT = 40_000, 4_000
METADATA_BYTES = 8_000


def content(arguments: Arguments, *, longest: int) -> Message:
    """Text, blocks, attachments and metadata as given and checked; absent where they were not given."""
    found: Message = {}
    if arguments.has("text"):
        found["text"] = arguments.text("text")
    if arguments.has("blocks"):
        found["blocks"] = checked_blocks(arguments.tree("blocks", refusal="invalid_blocks_format"))
    if arguments.has("attachments"):
        found["attachments"] = arguments.tree("attachments", refusal="invalid_attachments")
    if arguments.has("metadata"):
        found["metadata"] = _metadata(arguments.tree("metadata", refusal="invalid_metadata_format"))
    if len(found.get("text", "")) > longest:
        raise SlackError("msg_too_long")
    return found


def checked_blocks(given: object, *, surface: blocks.Surface = "message") -> list[dict[str, Any]]:
    """Blocks with an id each. Raises SlackError as Slack would answer."""
    if not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    if wrong := blocks.problems(given, surface=surface):
        messages = [f"[ERROR] {each}" for each in wrong]
        raise SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": messages})
    if blocks.text_length(given) > blocks.ALL_TEXT:
        raise SlackError("msg_blocks_too_long")
    return [_with_ids(block, number) for number, block in enumerate(given)]


def from_app(ts: str, given: Message) -> Message:
    """A message of the app."""
    return {
        "type": "message",
        "user": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "ts": ts,
        "text": "",
        **given,
    }


def is_empty(message: Message) -> bool:
    return not (message.get("text") or message.get("blocks") or message.get("attachments"))


def _with_ids(block: dict[str, Any], number: int) -> dict[str, Any]:
    """Slack gives every block and every element an id of its own where the app gave none."""
    made = {**block, "block_id": block.get("block_id") or f"b{number}"}
    if isinstance(block.get("elements"), list) and block.get("type") == "actions":
        made["elements"] = [
            {**element, "action_id": element.get("action_id") or f"b{number}.{place}"}
            for place, element in enumerate(block["elements"])
        ]
    if isinstance(block.get("accessory"), dict):
        accessory = block["accessory"]
        made["accessory"] = {**accessory, "action_id": accessory.get("action_id") or f"b{number}.side"}
    return made


def _metadata(given: object) -> dict[str, Any]:
    if given == {}:
        return {}
    if not isinstance(given, dict) or not isinstance(given.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(given.get("event_type"), str) or not given["event_type"]:
        raise SlackError("invalid_metadata_format")
    if len(str(given).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": given["event_type"], "event_payload": given["event_payload"]}
