"""Modals as HTML forms."""

from collections.abc import Mapping
from html import escape
from typing import Any

from demo.slack.rendering import Names, Place, block
from demo.slack.store import Message


def view(shown: Message, names: Names, *, errors: Mapping[str, str], values: Mapping[str, str]) -> str:
    """A modal; `errors` by block id stand at their fields, `values` are what was typed before."""
    parts = []
    for each in shown["blocks"]:
        if each["type"] == "input":
            parts.append(_input(each, errors.get(each["block_id"], ""), values.get(each["block_id"], "")))
        else:
            parts.append(block(each, Place("", ""), names))
    submit = shown["submit"]["text"] if shown.get("submit") else ""
    button = f'<button class="press" name="deed" value="submit">{escape(submit)}</button>' if submit else ""
    close = escape(shown["close"]["text"] if shown.get("close") else "Cancel")
    return (
        f'<h1>{escape(shown["title"]["text"])}</h1><form class="fields-form" method="post">'
        f'{"".join(parts)}<div class="actions">{button}'
        f'<button name="deed" value="close" formnovalidate>{close}</button></div></form>'
    )


def _input(given: Message, error: str, value: str) -> str:
    element, name = given["element"], escape(given["block_id"])
    said = f'<p class="bad" id="error-{name}">{escape(error)}</p>' if error else ""
    described = f' aria-describedby="error-{name}" aria-invalid="true"' if error else ""
    required = "" if given.get("optional") else " required"
    label = escape(given["label"]["text"])
    common = f'id="field-{name}" name="{name}"{described}{required}'
    if element["type"] == "plain_text_input":
        first = escape(value or element.get("initial_value", ""))
        control = (
            f"<textarea {common} rows=4>{first}</textarea>"
            if element.get("multiline")
            else f'<input {common} value="{first}">'
        )
    else:
        several = " multiple" if element["type"] == "checkboxes" else ""
        options = "".join(_option(option, value) for option in element["options"])
        control = f"<select {common}{several}>{options}</select>"
    hint = f'<p class="note">{escape(given["hint"]["text"])}</p>' if given.get("hint") else ""
    return f'<div><label for="field-{name}">{label}</label>{control}{hint}{said}</div>'


def _option(option: Mapping[str, Any], value: str) -> str:
    chosen = " selected" if option["value"] == value else ""
    return f'<option value="{escape(option["value"])}"{chosen}>{escape(option["text"]["text"])}</option>'
