"""Slack's rules for what stands inside blocks: texts, buttons, selects, confirmations."""

from collections.abc import Mapping, Sequence
from typing import Any

BUTTON_TEXT, BUTTON_VALUE, URL, LABEL, ID = 75, 2000, 3000, 75, 255
OPTIONS, OPTION_TEXT, OPTION_VALUE = 100, 75, 150
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
SELECTS = ("static_select", "radio_buttons", "checkboxes", "overflow")
INPUTS = ("plain_text_input", "static_select", "radio_buttons", "checkboxes")
STYLES = (None, "primary", "danger")


class Checks:
    """Collects what is wrong, each with a pointer to the place."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def say(self, what: str, at: str) -> None:
        self.found.append(f"{what} [json-pointer:{at}]")

    def string(self, value: object, at: str, *, most: int, least: int = 1) -> None:
        if not isinstance(value, str):
            self.say("missing required field" if value is None else "must be a string", at)
        elif len(value) > most:
            self.say(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            self.say(f"must be more than {least - 1} characters", at)

    def items(self, value: object, at: str, *, most: int) -> Sequence[Any]:
        if not isinstance(value, list) or not value:
            self.say("missing required field" if value is None else "must provide at least 1 item", at)
            return ()
        if len(value) > most:
            self.say(f"no more than {most} items allowed", at)
        return value

    def text(self, value: object, at: str, *, most: int, plain: bool = False) -> None:
        """A text object; `plain` where Slack allows no mrkdwn."""
        if not isinstance(value, dict):
            self.say("missing required field" if value is None else "must be an object", at)
            return
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if value.get("type") not in kinds:
            self.say(f"unsupported type: {value.get('type')}", f"{at}/type")
        self.string(value.get("text"), f"{at}/text", most=most)

    def image(self, value: Mapping[str, Any], at: str) -> None:
        if value.get("slack_file") is None:
            self.string(value.get("image_url"), f"{at}/image_url", most=URL)
        self.string(value.get("alt_text"), f"{at}/alt_text", most=2000)

    def element(self, value: object, at: str, *, images: bool = False, inputs: bool = False) -> None:
        """A button, select and the like; in `inputs` only what a form may hold."""
        if not isinstance(value, dict):
            self.say("missing required field" if value is None else "must be an object", at)
            return
        kind = value.get("type")
        allowed = INPUTS if inputs else ("button", *SELECTS, *(("image",) if images else ()))
        if kind not in allowed:
            self.say(f"unsupported type: {kind}", f"{at}/type")
            return
        if kind == "image":
            self.image(value, at)
            return
        if value.get("action_id") is not None:
            self.string(value["action_id"], f"{at}/action_id", most=ID)
        if value.get("confirm") is not None:
            self._confirm(value["confirm"], f"{at}/confirm")
        if kind == "button":
            self._button(value, at)
        elif kind in SELECTS:
            self._options(value, at)

    def _button(self, value: Mapping[str, Any], at: str) -> None:
        self.text(value.get("text"), f"{at}/text", most=BUTTON_TEXT, plain=True)
        if value.get("value") is not None:
            self.string(value["value"], f"{at}/value", most=BUTTON_VALUE)
        if value.get("url") is not None:
            self.string(value["url"], f"{at}/url", most=URL)
            if not str(value["url"]).startswith(("https://", "http://", "mailto:", "slack://")):
                self.say("invalid url", f"{at}/url")
        if value.get("accessibility_label") is not None:
            self.string(value["accessibility_label"], f"{at}/accessibility_label", most=LABEL)
        if value.get("style") not in STYLES:
            self.say(f"must be one of primary, danger, not {value.get('style')}", f"{at}/style")

    def _options(self, value: Mapping[str, Any], at: str) -> None:
        for number, option in enumerate(self.items(value.get("options"), f"{at}/options", most=OPTIONS)):
            place = f"{at}/options/{number}"
            if not isinstance(option, dict):
                self.say("must be an object", place)
                continue
            self.text(option.get("text"), f"{place}/text", most=OPTION_TEXT)
            self.string(option.get("value"), f"{place}/value", most=OPTION_VALUE)

    def _confirm(self, value: object, at: str) -> None:
        if not isinstance(value, dict):
            self.say("must be an object", at)
            return
        self.text(value.get("title"), f"{at}/title", most=CONFIRM_TITLE, plain=True)
        self.text(value.get("text"), f"{at}/text", most=CONFIRM_TEXT)
        self.text(value.get("confirm"), f"{at}/confirm", most=CONFIRM_BUTTON, plain=True)
        self.text(value.get("deny"), f"{at}/deny", most=CONFIRM_BUTTON, plain=True)
        if value.get("style") not in STYLES:
            self.say(f"must be one of primary, danger, not {value.get('style')}", f"{at}/style")
