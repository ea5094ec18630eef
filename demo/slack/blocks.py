"""Slack's rules for blocks: what it answers `invalid_blocks` to, and with which words."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from demo.slack.elements import Checks

Surface = Literal["message", "modal"]

BLOCKS = {"message": 50, "modal": 100}
SECTION_TEXT, FIELDS, FIELD_TEXT = 3000, 10, 2000
ACTIONS, CONTEXT, HEADER, MARKDOWN, ID = 25, 10, 150, 12_000, 255
ALL_TEXT = 12_000
"""All texts of a message together; more is msg_blocks_too_long. Slack does not document it and was seen
to refuse at 11,341 to 13,200 characters (slackapi/bolt-js#2509, #2867)."""


def problems(blocks: object, *, surface: Surface = "message") -> list[str]:
    """What Slack would say of these blocks, in its words; empty when it takes them."""
    checks = Checks()
    if not isinstance(blocks, list):
        checks.say("must be an array", "/blocks")
        return checks.found
    if len(blocks) > BLOCKS[surface]:
        checks.say(f"no more than {BLOCKS[surface]} items allowed", "/blocks")
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        if not isinstance(block, dict):
            checks.say("must be an object", at)
            continue
        check = _CHECKS.get(str(block.get("type")))
        if check is None or (block["type"] == "input" and surface == "message"):
            checks.say(f"unsupported type: {block.get('type')}", f"{at}/type")
            continue
        _check_id(checks, block, at, seen)
        check(checks, block, at)
    return checks.found


def text_length(value: object) -> int:
    """The characters of all texts in a tree of blocks."""
    if isinstance(value, list):
        return sum(text_length(item) for item in value)
    if isinstance(value, dict):
        own = value.get("text")
        rest = sum(text_length(item) for name, item in value.items() if name != "text")
        return rest + (len(own) if isinstance(own, str) else text_length(own))
    return 0


def _check_id(checks: Checks, block: Mapping[str, Any], at: str, seen: set[str]) -> None:
    block_id = block.get("block_id")
    if block_id is None:
        return
    checks.string(block_id, f"{at}/block_id", most=ID)
    if block_id in seen:
        checks.say(f"`block_id` {block_id} already exists for another block", f"{at}/block_id")
    seen.add(str(block_id))


def _section(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        checks.say("missing required field: text or fields", at)
    if block.get("text") is not None:
        checks.text(block["text"], f"{at}/text", most=SECTION_TEXT)
    for number, field in enumerate(checks.items(fields, f"{at}/fields", most=FIELDS) if fields else []):
        checks.text(field, f"{at}/fields/{number}", most=FIELD_TEXT)
    if block.get("accessory") is not None:
        checks.element(block["accessory"], f"{at}/accessory", images=True)


def _actions(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    seen: set[str] = set()
    for number, element in enumerate(checks.items(block.get("elements"), f"{at}/elements", most=ACTIONS)):
        checks.element(element, f"{at}/elements/{number}")
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            checks.say(
                f"`action_id` {action_id} already exists for another element", f"{at}/elements/{number}"
            )
        seen.add(str(action_id))


def _context(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    for number, element in enumerate(checks.items(block.get("elements"), f"{at}/elements", most=CONTEXT)):
        place = f"{at}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            checks.image(element, place)
        else:
            checks.text(element, place, most=SECTION_TEXT)


def _header(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    checks.text(block.get("text"), f"{at}/text", most=HEADER, plain=True)


def _image(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    checks.image(block, at)
    if block.get("title") is not None:
        checks.text(block["title"], f"{at}/title", most=2000, plain=True)


def _markdown(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    checks.string(block.get("text"), f"{at}/text", most=MARKDOWN)


def _input(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    checks.text(block.get("label"), f"{at}/label", most=2000, plain=True)
    if block.get("hint") is not None:
        checks.text(block["hint"], f"{at}/hint", most=2000, plain=True)
    checks.element(block.get("element"), f"{at}/element", inputs=True)


def _rich_text(checks: Checks, block: Mapping[str, Any], at: str) -> None:
    checks.items(block.get("elements"), f"{at}/elements", most=1000)


def _divider(_checks: Checks, _block: Mapping[str, Any], _at: str) -> None:
    """Nothing can be wrong with a line."""


_CHECKS: dict[str, Callable[[Checks, Mapping[str, Any], str], None]] = {
    "section": _section,
    "actions": _actions,
    "context": _context,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "input": _input,
}
