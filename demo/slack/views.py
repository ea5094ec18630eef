"""Triggers, the forms (modals) that they open, and the addresses for late answers."""

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from demo.slack.composing import checked_blocks
from demo.slack.elements import Checks
from demo.slack.workspace import APP_ID, BOT_ID, TEAM_ID, SlackError

TRIGGER_S = 3.0
RESPONSE_S, RESPONSES = 30 * 60.0, 5
TITLE, CALLBACK_ID, PRIVATE_METADATA = 24, 255, 3000
KEPT = 500


@dataclass
class _Trigger:
    user: str
    until: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where the app may answer one interaction later: 5 times within 30 minutes."""

    id: str
    channel: str
    user: str
    ts: str
    ephemeral: bool
    until: float
    left: int = RESPONSES


@dataclass
class OpenView:
    """A form in front of one user."""

    user: str
    view: dict[str, Any]


class Views:
    """Lives in memory: triggers and forms do not outlive the program, as they do not outlive Slack's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._triggers: dict[str, _Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._open: dict[str, OpenView] = {}

    def new_trigger(self, user: str) -> str:
        number = secrets.randbelow(10**12)
        trigger_id = f"{number}.{secrets.randbelow(10**7)}.{secrets.token_hex(8)}"
        with self._lock:
            self._triggers[trigger_id] = _Trigger(user, time.monotonic() + TRIGGER_S)
            _forget(self._triggers)
        return trigger_id

    def new_response(self, *, channel: str, user: str, ts: str = "", ephemeral: bool = False) -> ResponseUrl:
        until = time.monotonic() + RESPONSE_S
        made = ResponseUrl(secrets.token_urlsafe(18), channel, user, ts, ephemeral, until)
        with self._lock:
            self._responses[made.id] = made
            _forget(self._responses)
        return made

    def use_response(self, response_id: str) -> ResponseUrl:
        """Count one answer. Raises SlackError when there may be no more."""
        with self._lock:
            found = self._responses.get(response_id)
            if found is None or time.monotonic() > found.until:
                raise SlackError("expired_url")
            if found.left == 0:
                raise SlackError("used_url")
            found.left -= 1
            return found

    def open(self, trigger_id: str, given: object) -> dict[str, Any]:
        """Show a form to the user whose click made the trigger."""
        view = checked_view(given)
        with self._lock:
            trigger = self._triggers.get(trigger_id)
            if trigger is None:
                raise SlackError("invalid_trigger_id")
            if trigger.used:
                raise SlackError("exchanged_trigger_id")
            if time.monotonic() > trigger.until:
                raise SlackError("expired_trigger_id")
            trigger.used = True
            made = {**view, "id": f"V{secrets.token_hex(5).upper()}"}
            made["root_view_id"] = made["id"]
            self._open[made["id"]] = OpenView(trigger.user, made)
            return made

    def update(self, view_id: str, given: object) -> dict[str, Any]:
        """Put another form in the place of an open one."""
        view = checked_view(given)
        with self._lock:
            if view_id not in self._open:
                raise SlackError("not_found")
            made = {**view, "id": view_id, "root_view_id": view_id}
            self._open[view_id].view = made
            return made

    def close(self, view_id: str) -> None:
        with self._lock:
            self._open.pop(view_id, None)

    def find(self, view_id: str) -> OpenView | None:
        with self._lock:
            return self._open.get(view_id)

    def of(self, user: str) -> list[dict[str, Any]]:
        with self._lock:
            return [each.view for each in self._open.values() if each.user == user]


def checked_view(given: object) -> dict[str, Any]:
    """A modal with what Slack adds to it. Raises SlackError as Slack would answer."""
    if not isinstance(given, dict) or given.get("type") != "modal":
        raise SlackError("invalid_arguments")
    checks = Checks()
    checks.text(given.get("title"), "/view/title", most=TITLE, plain=True)
    for name in ("submit", "close"):
        if given.get(name) is not None:
            checks.text(given[name], f"/view/{name}", most=TITLE, plain=True)
    checks.string(given.get("callback_id", ""), "/view/callback_id", most=CALLBACK_ID, least=0)
    checks.string(given.get("private_metadata", ""), "/view/private_metadata", most=PRIVATE_METADATA, least=0)
    blocks = checked_blocks(given.get("blocks"), surface="modal")
    if given.get("submit") is None and any(block["type"] == "input" for block in blocks):
        checks.say("missing required field: submit", "/view")
    if checks.found:
        messages = [f"[ERROR] {each}" for each in checks.found]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    return {
        "callback_id": "",
        "private_metadata": "",
        "submit": None,
        "close": None,
        **given,
        "blocks": [_with_action_id(block) for block in blocks],
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "state": {"values": {}},
        "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
    }


def _with_action_id(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "input":
        return block
    element = block["element"]
    return {**block, "element": {**element, "action_id": element.get("action_id") or block["block_id"]}}


def _forget(kept: dict[str, Any]) -> None:
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))
