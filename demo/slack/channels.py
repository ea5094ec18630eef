"""Which conversation a call means, and the conversations methods of the Web API."""

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from demo.slack.arguments import Arguments
from demo.slack.store import Conversation, Message, Store, is_reply
from demo.slack.workspace import BOT_USER_ID, Directory, SlackError

Answer = dict[str, Any]
_ID = re.compile(r"[CDG][A-Z0-9]{8,}")
_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")
MISSING = ("no-such-channel",)
CLOSED = ("exec-only",)
PAGE, MOST = 100, 999


class Channels:
    """Channels come into being when they are named for the first time, except the `missing` ones;
    in the `closed` ones the app is no member.
    """

    def __init__(
        self, store: Store, directory: Directory, *, missing: Sequence[str], closed: Sequence[str]
    ) -> None:
        self._store = store
        self._directory = directory
        self._missing = missing
        self._closed = closed

    @property
    def methods(self) -> dict[str, Callable[[Arguments], Answer]]:
        return {
            "conversations.history": self.history,
            "conversations.replies": self.replies,
            "conversations.list": self.list,
            "conversations.info": self.info,
            "conversations.open": self.open,
        }

    def for_posting(self, given: str) -> Conversation:
        """By id, by name, or the direct conversation with a user by the user's id."""
        found = self._named(given)
        if found.archived:
            raise SlackError("is_archived")
        if found.private:
            raise SlackError("not_in_channel")
        return found

    def by_id(self, given: str) -> Conversation:
        """By id only, as all methods but chat.postMessage demand."""
        found = self._store.conversations.get(given)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def history(self, arguments: Arguments) -> Answer:
        channel = self._readable(arguments)
        with self._store.lock:
            found = _between(channel.top(), arguments)
            page, more, cursor = _page(found, arguments)
            return _answer([self._shown(channel, m, arguments) for m in page], more, cursor)

    def replies(self, arguments: Arguments) -> Answer:
        channel = self._readable(arguments)
        with self._store.lock:
            message = channel.messages.get(arguments.text("ts"))
            if message is None:
                raise SlackError("thread_not_found")
            parent = channel.messages[message["thread_ts"]] if is_reply(message) else message
            found = [parent, *_between(channel.replies(parent["ts"]), arguments)]
            page, more, cursor = _page(found, arguments)
            return _answer([self._shown(channel, m, arguments) for m in page], more, cursor)

    def list(self, arguments: Arguments) -> Answer:
        archived = not arguments.flag("exclude_archived")
        with self._store.lock:
            found = [c for c in self._store.channels() if archived or not c.archived]
            cursor = _number(arguments.text("cursor"))
            limit = arguments.number("limit", default=PAGE, most=1000)
            following = str(cursor + limit) if cursor + limit < len(found) else ""
            shown = [describe(channel) for channel in found[cursor : cursor + limit]]
        return {"channels": shown, "response_metadata": {"next_cursor": _encode(following)}}

    def info(self, arguments: Arguments) -> Answer:
        return {"channel": describe(self.by_id(arguments.text("channel")))}

    def open(self, arguments: Arguments) -> Answer:
        if arguments.text("channel"):
            return {"channel": {"id": self.by_id(arguments.text("channel")).id}, "no_op": True}
        user = self._directory.find(arguments.text("users"))
        if user is None:
            raise SlackError("user_not_found")
        return {"channel": {"id": self._store.direct(user.id).id}}

    def _named(self, given: str) -> Conversation:
        if not given:
            raise SlackError("channel_not_found")
        if given in self._store.conversations:
            return self._store.conversations[given]
        user = self._directory.find(given)
        if user is not None and user.id == given:
            return self._store.direct(user.id)
        name = given.removeprefix("#")
        if _ID.fullmatch(given) or name in self._missing or not re.fullmatch(r"[\w.-]{1,80}", name):
            raise SlackError("channel_not_found")
        return self._store.create(name, private=name in self._closed)

    def _readable(self, arguments: Arguments) -> Conversation:
        found = self.by_id(arguments.text("channel"))
        if found.private:
            raise SlackError("not_in_channel")
        return found

    def _shown(self, channel: Conversation, message: Message, arguments: Arguments) -> Message:
        shown = dict(message)
        if not arguments.flag("include_all_metadata"):
            shown.pop("metadata", None)
        if not is_reply(message) and (replies := channel.replies(message["ts"])):
            shown |= {
                "thread_ts": message["ts"],
                "reply_count": len(replies),
                "reply_users": sorted({reply["user"] for reply in replies}),
                "latest_reply": replies[-1]["ts"],
            }
        return shown


def describe(channel: Conversation) -> dict[str, Any]:
    """A conversation as Slack shows it."""
    if channel.is_im:
        return {"id": channel.id, "is_im": True, "user": channel.user, "is_archived": False}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_im": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": not channel.private,
        "creator": BOT_USER_ID,
    }


def _between(messages: Iterable[Message], arguments: Arguments) -> Sequence[Message]:
    oldest, latest = _time(arguments, "oldest"), _time(arguments, "latest")
    inclusive = arguments.flag("inclusive")

    def within(ts: str) -> bool:
        after = oldest is None or ts > oldest or (inclusive and ts == oldest)
        before = latest is None or ts < latest or (inclusive and ts == latest)
        return after and before

    return [message for message in messages if within(message["ts"])]


def _time(arguments: Arguments, name: str) -> str | None:
    given = arguments.text(name)
    if not given or given == "now":
        return None
    if not _TS.fullmatch(given):
        raise SlackError(f"invalid_ts_{name}")
    whole, _, part = given.partition(".")
    return f"{int(whole):010d}.{part.ljust(6, '0')}"


def _page(found: Sequence[Message], arguments: Arguments) -> tuple[Sequence[Message], bool, str]:
    """One page. The cursor names its last message, so that new ones do not move the next page."""
    limit = arguments.number("limit", default=PAGE, most=MOST)
    start = 0
    if after := _decode(arguments.text("cursor")):
        places = [place for place, message in enumerate(found) if message["ts"] == after]
        if not places:
            raise SlackError("invalid_cursor")
        start = places[0] + 1
    page = found[start : start + limit]
    more = start + limit < len(found)
    return page, more, _encode(page[-1]["ts"]) if more else ""


def _answer(messages: Sequence[Message], more: bool, cursor: str) -> Answer:
    return {
        "messages": messages,
        "has_more": more,
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def _encode(cursor: str) -> str:
    return base64.urlsafe_b64encode(cursor.encode()).decode()


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise SlackError("invalid_cursor") from None


def _number(cursor: str) -> int:
    decoded = _decode(cursor)
    if decoded and not decoded.isdigit():
        raise SlackError("invalid_cursor")
    return int(decoded or 0)
