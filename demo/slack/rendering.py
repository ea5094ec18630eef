"""Messages and forms as HTML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from demo.slack import mrkdwn
from demo.slack.store import Message

Names = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a message stands, for the forms of its buttons."""

    channel: str
    ts: str


def message_body(message: Message, place: Place, names: Names) -> str:
    """Blocks when there are any, else the text, as Slack shows them."""
    shown = message.get("blocks") or []
    if not shown:
        return f'<div class="block"><p>{mrkdwn.render(message.get("text", ""), names)}</p></div>'
    return "".join(block(each, place, names) for each in shown)


def block(given: Message, place: Place, names: Names) -> str:
    """One block; a kind that this page cannot draw says so."""
    draw = _BLOCKS.get(given["type"])
    if draw is None:
        return f'<div class="block note">(a block of type {escape(given["type"])})</div>'
    return f'<div class="block">{draw(given, place, names)}</div>'


def text(given: object, names: Names) -> str:
    """A text object."""
    if not isinstance(given, dict):
        return ""
    if given.get("type") == "plain_text":
        return mrkdwn.plain(given.get("text", ""))
    return mrkdwn.render(given.get("text", ""), names)


def _section(given: Message, place: Place, names: Names) -> str:
    inside = f"<p>{text(given['text'], names)}</p>" if given.get("text") else ""
    if given.get("fields"):
        fields = "".join(f"<p>{text(field, names)}</p>" for field in given["fields"])
        inside += f'<div class="fields">{fields}</div>'
    side = given.get("accessory")
    if not side:
        return inside
    drawn = _picture(side) if side["type"] == "image" else _element(side, given["block_id"], place)
    return f'<div class="with-side"><div>{inside}</div>{drawn}</div>'


def _header(given: Message, _place: Place, _names: Names) -> str:
    return f"<h2>{mrkdwn.plain(given['text']['text'])}</h2>"


def _divider(_given: Message, _place: Place, _names: Names) -> str:
    return "<hr>"


def _context(given: Message, _place: Place, names: Names) -> str:
    parts = [
        _picture(element) if element["type"] == "image" else f"<span>{text(element, names)}</span>"
        for element in given["elements"]
    ]
    return f'<p class="context">{" ".join(parts)}</p>'


def _actions(given: Message, place: Place, _names: Names) -> str:
    drawn = "".join(_element(element, given["block_id"], place) for element in given["elements"])
    return f'<div class="actions">{drawn}</div>'


def _image(given: Message, _place: Place, _names: Names) -> str:
    source, words = escape(given.get("image_url", "")), escape(given.get("alt_text", ""))
    return f'<img class="big" src="{source}" alt="{words}">'


def _markdown(given: Message, _place: Place, _names: Names) -> str:
    return f"<p>{mrkdwn.plain(given['text'])}</p>"


def _rich_text(given: Message, _place: Place, _names: Names) -> str:
    return f"<p>{mrkdwn.plain(_all_text(given.get('elements')))}</p>"


def _all_text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_all_text(item) for item in value)
    if isinstance(value, dict):
        own = value.get("text")
        return own if isinstance(own, str) else _all_text(value.get("elements"))
    return ""


def _picture(given: Message) -> str:
    return f'<img src="{escape(given.get("image_url", ""))}" alt="{escape(given.get("alt_text", ""))}">'


def _element(given: Message, block_id: str, place: Place) -> str:
    """A button or a select as a form of its own, so that it works without scripts."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (
            ("channel", place.channel),
            ("ts", place.ts),
            ("block_id", block_id),
            ("action_id", given["action_id"]),
        )
    )
    style = {"primary": "press", "danger": "danger"}.get(given.get("style", ""), "")
    if given["type"] == "button":
        label = given.get("accessibility_label")
        said = f' aria-label="{escape(label)}"' if label else ""
        words = mrkdwn.plain(given["text"]["text"])
        control = f'<button class="{style}"{said}>{words}</button>'
        target = ' target="_blank"' if given.get("url") else ""
    else:
        options = "".join(
            f'<option value="{escape(o["value"])}">{escape(o["text"]["text"])}</option>'
            for o in given["options"]
        )
        name = escape(given.get("placeholder", {}).get("text", given["action_id"]))
        control = f'<select name="choice" aria-label="{name}">{options}</select><button>Choose</button>'
        target = ""
    return f'<form method="post" action="/press"{target}>{hidden}{control}</form>'


_BLOCKS: dict[str, Callable[[Message, Place, Names], str]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
}
