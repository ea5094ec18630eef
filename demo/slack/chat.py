"""The chat methods of the Web API."""

from collections.abc import Callable
from typing import Any

from demo.slack import composing
from demo.slack.arguments import Arguments
from demo.slack.channels import Channels
from demo.slack.store import Message, Store, is_reply
from demo.slack.workspace import BOT_ID, BOT_USER_ID, Directory, SlackError

Answer = dict[str, Any]


class Chat:
    """chat.postMessage, chat.update, chat.delete, chat.postEphemeral."""

    def __init__(self, store: Store, channels: Channels, directory: Directory) -> None:
        self._store = store
        self._channels = channels
        self._directory = directory

    @property
    def methods(self) -> dict[str, Callable[[Arguments], Answer]]:
        return {
            "chat.postMessage": self.post,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "chat.postEphemeral": self.post_ephemeral,
        }

    def post(self, arguments: Arguments) -> Answer:
        channel = self._channels.for_posting(arguments.text("channel"))
        given = composing.content(arguments, longest=composing.POST_TEXT)
        if composing.is_empty(given):
            raise SlackError("no_text")
        with self._store.lock:
            message = composing.from_app(self._store.new_ts(), given)
            if arguments.text("thread_ts"):
                message |= self._in_thread(channel.id, arguments)
            self._store.record("message.posted", channel=channel.id, ts=message["ts"], message=message)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def update(self, arguments: Arguments) -> Answer:
        channel = self._channels.by_id(arguments.text("channel"))
        given = composing.content(arguments, longest=composing.UPDATE_TEXT)
        if not given:
            raise SlackError("no_text")
        with self._store.lock:
            before = self._own_message(channel.id, arguments.text("ts"), refusal="cant_update_message")
            if channel.archived:
                raise SlackError("is_archived")
            message = {**before, **given}
            if "text" in given and "blocks" not in given:
                # Slack keeps blocks only when no text is given either.
                message.pop("blocks", None)
                message["edited"] = {"user": BOT_USER_ID, "ts": self._store.new_ts()}
            if composing.is_empty(message):
                raise SlackError("no_text")
            ts = message["ts"]
            self._store.record("message.updated", channel=channel.id, ts=ts, message=message)
        return {"channel": channel.id, "ts": ts, "text": message["text"], "message": message}

    def delete(self, arguments: Arguments) -> Answer:
        channel = self._channels.by_id(arguments.text("channel"))
        with self._store.lock:
            message = self._own_message(channel.id, arguments.text("ts"), refusal="cant_delete_message")
            self._store.record("message.deleted", channel=channel.id, ts=message["ts"])
        return {"channel": channel.id, "ts": message["ts"]}

    def post_ephemeral(self, arguments: Arguments) -> Answer:
        channel = self._channels.for_posting(arguments.text("channel"))
        user = self._directory.find(arguments.text("user"))
        if user is None or (channel.is_im and channel.user != user.id):
            raise SlackError("user_not_in_channel")
        given = composing.content(arguments, longest=composing.POST_TEXT)
        if composing.is_empty(given):
            raise SlackError("no_text")
        return {"message_ts": self.show_ephemeral(channel.id, user.id, given)}

    def show_ephemeral(self, channel: str, user: str, given: Message) -> str:
        with self._store.lock:
            message = composing.from_app(self._store.new_ts(), given)
            ts: str = message["ts"]
            self._store.record("ephemeral.posted", channel=channel, ts=ts, user=user, message=message)
        return ts

    def _own_message(self, channel: str, ts: str, *, refusal: str) -> Message:
        message = self._store.conversations[channel].messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        if message.get("bot_id") != BOT_ID:
            raise SlackError(refusal)
        return message

    def _in_thread(self, channel: str, arguments: Arguments) -> Message:
        parent = self._store.conversations[channel].messages.get(arguments.text("thread_ts"))
        if parent is None:
            raise SlackError("thread_not_found")
        found: Message = {"thread_ts": parent["thread_ts"] if is_reply(parent) else parent["ts"]}
        if arguments.flag("reply_broadcast"):
            found["subtype"] = "thread_broadcast"
        return found
