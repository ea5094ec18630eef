"""What people do in the workspace: press buttons, fill in forms, type commands; and what the app answers."""

import json
import time
from collections.abc import Mapping
from typing import Any

from demo.httpd import Request, Response
from demo.slack import composing
from demo.slack.arguments import Arguments
from demo.slack.chat import Chat
from demo.slack.sending import COMMANDS, INTERACTIONS, Delivery, Sender
from demo.slack.store import Conversation, Message, Store
from demo.slack.views import ResponseUrl, Views
from demo.slack.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, SlackError, User

RESPONSES = "/response/"
BUTTON = "button"


class People:
    """The workspace as its members use it. Lookups raise LookupError with a sentence."""

    def __init__(self, *, store: Store, views: Views, chat: Chat, sender: Sender) -> None:
        self._store = store
        self._views = views
        self._chat = chat
        self._sender = sender
        self.url = ""

    def element(self, channel: Conversation, ts: str, action_id: str, block_id: str = "") -> Message:
        """A button or select of a message, with its block's id."""
        message = self._message(channel, ts)
        for block in message.get("blocks", []):
            inside = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
            for element in inside:
                fits = isinstance(element, dict) and element.get("action_id") == action_id
                if fits and block_id in ("", block["block_id"]):
                    return {**element, "block_id": block["block_id"]}
        raise LookupError(f"The message {ts} has no {action_id} (any more).")

    def press(
        self,
        channel: Conversation,
        ts: str,
        action_id: str,
        user: User,
        *,
        block_id: str = "",
        choice: str = "",
    ) -> Delivery:
        """Press a button, or choose the option with the value `choice` of a select."""
        element = self.element(channel, ts, action_id, block_id)
        private = ts in channel.ephemerals
        action = {**_action(element, choice), "action_ts": f"{time.time():.6f}"}
        answer_at = self._views.new_response(channel=channel.id, user=user.id, ts=ts, ephemeral=private)
        message = self._message(channel, ts)
        payload: dict[str, Any] = {
            **self._common("block_actions", user),
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel.id,
                "is_ephemeral": private,
                **({"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}),
            },
            "channel": _channel(channel),
            "state": {"values": {}},
            "response_url": f"{self.url}{RESPONSES}{answer_at.id}",
            "actions": [action],
        }
        if not private:
            payload["message"] = {name: value for name, value in message.items() if name != "metadata"}
        return self._interact(payload, channel=channel.id, user=user.id, action_id=action_id)

    def submit(self, view_id: str, values: Mapping[str, Any], user: User) -> Delivery:
        """Send a form in. `values` is by block id: a text, or a list for checkboxes."""
        opened = self._views.find(view_id)
        if opened is None:
            raise LookupError(f"The form {view_id} is not open (any more).")
        state = {"values": _state(opened.view["blocks"], values)}
        payload = {
            **self._common("view_submission", user),
            "view": {**opened.view, "state": state},
            "response_urls": [],
        }
        delivery = self._interact(payload, channel="", user=user.id, action_id=opened.view["callback_id"])
        if delivery.ok:
            self._after_submit(view_id, delivery.json())
        return delivery

    def command(self, channel: Conversation, text: str, user: User) -> Delivery:
        """Type "/command text" in a channel."""
        name, _, rest = text.strip().partition(" ")
        answer_at = self._views.new_response(channel=channel.id, user=user.id)
        fields = {
            "token": "verification-token-is-deprecated",
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.is_im else channel.name,
            "user_id": user.id,
            "user_name": user.handle,
            "command": name,
            "text": rest.strip(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": f"{self.url}{RESPONSES}{answer_at.id}",
            "trigger_id": self._views.new_trigger(user.id),
        }
        delivery = self._sender.post(COMMANDS, fields)
        self._store.record(
            "command.sent", channel=channel.id, user=user.id, text=text, status=delivery.status
        )
        if delivery.ok and delivery.answer.strip():
            given = delivery.json()
            given = given if isinstance(given, dict) else {"text": delivery.answer.decode("utf-8", "replace")}
            self._respond(answer_at, Arguments(given))
        return delivery

    def say(self, channel: Conversation, text: str, user: User) -> str:
        """A person's own message."""
        with self._store.lock:
            ts = self._store.new_ts()
            message = {"type": "message", "user": user.id, "team": TEAM_ID, "ts": ts, "text": text}
            self._store.record("message.posted", channel=channel.id, ts=ts, message=message)
        return ts

    def answer_response(self, request: Request) -> Response:
        """The app posts to a response_url."""
        try:
            answer_at = self._views.use_response(request.path.removeprefix(RESPONSES))
            self._respond(answer_at, Arguments.of(request))
        except SlackError as error:
            self._store.record("call.refused", method="response_url", channel="", error=error.code)
            status = 404 if error.code in ("used_url", "expired_url") else 400
            return Response.json({"ok": False, "error": error.code}, status)
        return Response.json({"ok": True})

    def _respond(self, to: ResponseUrl, given: Arguments) -> None:
        if given.flag("delete_original"):
            kind = "ephemeral.deleted" if to.ephemeral else "message.deleted"
            self._store.record(kind, channel=to.channel, ts=to.ts)
            return
        content = composing.content(given, longest=composing.POST_TEXT)
        if composing.is_empty(content):
            raise SlackError("no_text")
        with self._store.lock:
            if given.flag("replace_original") and to.ts:
                self._replace(to, content)
            elif given.text("response_type") == "in_channel":
                message = composing.from_app(self._store.new_ts(), content)
                self._store.record("message.posted", channel=to.channel, ts=message["ts"], message=message)
            else:
                self._chat.show_ephemeral(to.channel, to.user, content)

    def _replace(self, to: ResponseUrl, content: Message) -> None:
        before = self._message(self._store.conversations[to.channel], to.ts)
        kept = {name: value for name, value in before.items() if name not in ("text", "blocks")}
        message = {**kept, "text": "", **content}
        if to.ephemeral:
            self._store.record(
                "ephemeral.posted", channel=to.channel, ts=to.ts, user=to.user, message=message
            )
        else:
            self._store.record("message.updated", channel=to.channel, ts=to.ts, message=message)

    def _after_submit(self, view_id: str, answer: object) -> None:
        told = answer if isinstance(answer, dict) else {}
        match told.get("response_action"):
            case "errors":
                return
            case "update" | "push":
                self._views.update(view_id, told.get("view"))
            case _:
                self._views.close(view_id)

    def _message(self, channel: Conversation, ts: str) -> Message:
        if ts in channel.messages:
            return channel.messages[ts]
        if ts in channel.ephemerals:
            return channel.ephemerals[ts][1]
        raise LookupError(f"There is no message {ts} (any more).")

    def _common(self, kind: str, user: User) -> dict[str, Any]:
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": TEAM_ID},
            "api_app_id": APP_ID,
            "token": "verification-token-is-deprecated",
            "trigger_id": self._views.new_trigger(user.id),
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _interact(self, payload: dict[str, Any], *, channel: str, user: str, action_id: str) -> Delivery:
        delivery = self._sender.post(INTERACTIONS, {"payload": json.dumps(payload)})
        self._store.record(
            "interaction.sent",
            type=payload["type"],
            channel=channel,
            user=user,
            action_id=action_id,
            status=delivery.status,
            seconds=round(delivery.seconds, 3),
        )
        return delivery


def _channel(channel: Conversation) -> dict[str, str]:
    return {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name}


def _action(element: Message, choice: str) -> Message:
    kept = ("action_id", "block_id", "type", "text", "value", "style", "url")
    action = {name: element[name] for name in kept if name in element}
    if element["type"] == BUTTON:
        return action
    chosen = [option for option in element.get("options", []) if option["value"] == choice]
    if not chosen:
        raise LookupError(f"{element['action_id']} has no option {choice!r}.")
    if element["type"] == "checkboxes":
        return {**action, "selected_options": chosen}
    return {**action, "selected_option": chosen[0]}


def _state(blocks: list[Message], values: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element, given = block["element"], values.get(block["block_id"])
        filled: dict[str, Any] = {"type": element["type"]}
        options = [option for option in element.get("options", []) if option["value"] in _listed(given)]
        if element["type"] == "plain_text_input":
            filled["value"] = given or None
        elif element["type"] == "checkboxes":
            filled["selected_options"] = options
        else:
            filled["selected_option"] = options[0] if options else None
        state[block["block_id"]] = {element["action_id"]: filled}
    return state


def _listed(given: object) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
