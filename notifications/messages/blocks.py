"""Slack's blocks through the models of its SDK, which check what Slack would refuse; nothing is too long."""

from collections.abc import Iterable, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from notifications.messages.text import bounded

HEADER, SECTION, FIELD, FIELDS, BUTTON, CONTEXT = 150, 2900, 1000, 8, 75, 2000
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON, VALUE = 100, 300, 30, 2000
TEXT = 3000
Block = dict[str, Any]


def header(text: str) -> Block:
    """The state word and what it is about; plain text, so nothing in it is a mark-up."""
    return HeaderBlock(text=PlainTextObject(text=bounded(text, HEADER), emoji=True)).to_dict()


def section(*lines: str) -> Block:
    """Lines of mark-up; what people wrote in them is escaped before."""
    text = bounded("\n".join(line for line in lines if line), SECTION)
    return SectionBlock(text=MarkdownTextObject(text=text)).to_dict()


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Short facts in two columns."""
    texts = [bounded(f"*{name}*\n{value}", FIELD) for name, value in pairs[:FIELDS]]
    return SectionBlock(fields=[MarkdownTextObject(text=text) for text in texts]).to_dict()


def context(*parts: str) -> Block:
    """Revision, time and zone, in small letters."""
    text = bounded(" ".join(part for part in parts if part), CONTEXT)
    return ContextBlock(elements=[MarkdownTextObject(text=text)]).to_dict()


def actions(block_id: str, buttons: Iterable[ButtonElement]) -> Block:
    return ActionsBlock(block_id=bounded(block_id, 255), elements=list(buttons)).to_dict()


def button(
    word: str,
    action_id: str,
    *,
    value: str = "",
    url: str = "",
    style: str = "",
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """A button that decides (`value`) or a link (`url`)."""
    return ButtonElement(
        text=PlainTextObject(text=bounded(word, BUTTON), emoji=True),
        action_id=action_id,
        value=bounded(value, VALUE) or None,
        url=url or None,
        style=style or None,
        confirm=confirm,
    )


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> ConfirmObject:
    """What Slack asks before a button counts."""
    return ConfirmObject(
        title=PlainTextObject(text=bounded(title, CONFIRM_TITLE)),
        text=MarkdownTextObject(text=bounded(text, CONFIRM_TEXT)),
        confirm=PlainTextObject(text=bounded(yes, CONFIRM_BUTTON)),
        deny=PlainTextObject(text=bounded(no, CONFIRM_BUTTON)),
        style="danger" if danger else None,
    )


def text(said: str) -> str:
    """The notification: one line that says it all."""
    return bounded(" ".join(said.split()), TEXT)
