"""What the workspace knows: conversations, messages and what became of them, replayed from the log."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.slack.log import Entry, Log
from demo.slack.workspace import conversation_id

Message = dict[str, Any]
EPHEMERALS_KEPT = 20


@dataclass
class Conversation:
    """A channel, or a direct conversation of the app with one user."""

    id: str
    name: str
    user: str = ""
    private: bool = False
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: dict[str, tuple[str, Message]] = field(default_factory=dict)
    """By ts: for whom, and what."""

    @property
    def is_im(self) -> bool:
        return bool(self.user)

    def top(self) -> list[Message]:
        """Messages outside of threads, newest first."""
        shown = [
            m for m in self.messages.values() if not is_reply(m) or m.get("subtype") == "thread_broadcast"
        ]
        return sorted(shown, key=_ts, reverse=True)

    def replies(self, ts: str) -> list[Message]:
        """Answers to one message, oldest first."""
        return sorted((m for m in self.messages.values() if is_reply(m) and m["thread_ts"] == ts), key=_ts)


def is_reply(message: Message) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def _ts(message: Message) -> str:
    # Of equal length until the year 2286, so that texts sort as times do.
    return str(message["ts"])


class Store:
    """Writes through `record` only: what is in memory is always what the log says."""

    def __init__(self, folder: Path | None) -> None:
        self.lock = threading.RLock()
        self.conversations: dict[str, Conversation] = {}
        self.revoked = False
        self.version = 0
        self._last_us = 0
        self._log = Log(folder)
        for entry in self._log.entries():
            self._apply(entry)

    def record(self, kind: str, **content: Any) -> Entry:
        """Append to the log, then apply."""
        with self.lock:
            entry = self._log.append(kind, content)
            self._apply(entry)
            return entry

    def log(self, kind: str | None = None) -> list[Entry]:
        """The whole log, or one kind of entries, oldest first."""
        with self.lock:
            return [entry for entry in self._log.entries() if kind in (None, entry["kind"])]

    def close(self) -> None:
        with self.lock:
            self._log.close()

    def new_ts(self) -> str:
        """A message's id: the time, different from every other."""
        with self.lock:
            self._last_us = max(self._last_us + 1, time.time_ns() // 1000)
            return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def named(self, name: str) -> Conversation | None:
        bare = name.removeprefix("#")
        return next((c for c in self.conversations.values() if not c.is_im and c.name == bare), None)

    def create(self, name: str, *, private: bool = False) -> Conversation:
        """The channel of that name, made when there is none."""
        with self.lock:
            bare = name.removeprefix("#")
            if (found := self.named(bare)) is not None:
                return found
            made = conversation_id("C", bare)
            self.record("channel.created", channel=made, name=bare, private=private)
            return self.conversations[made]

    def direct(self, user: str) -> Conversation:
        """The app's conversation with one user, opened when there is none."""
        with self.lock:
            made = conversation_id("D", user)
            if made not in self.conversations:
                self.record("conversation.opened", channel=made, user=user)
            return self.conversations[made]

    def channels(self) -> Iterator[Conversation]:
        return iter(sorted((c for c in self.conversations.values() if not c.is_im), key=lambda c: c.name))

    def _apply(self, entry: Entry) -> None:
        self.version = entry["seq"]
        match entry["kind"]:
            case "channel.created":
                made = Conversation(entry["channel"], entry["name"], private=entry["private"])
                self.conversations[made.id] = made
            case "conversation.opened":
                self.conversations[entry["channel"]] = Conversation(entry["channel"], "", user=entry["user"])
            case "channel.archived" | "channel.unarchived":
                self.conversations[entry["channel"]].archived = entry["kind"] == "channel.archived"
            case "token.revoked" | "token.restored":
                self.revoked = entry["kind"] == "token.revoked"
            case "message.posted" | "message.updated" | "message.deleted":
                self._apply_message(entry)
            case "ephemeral.posted" | "ephemeral.deleted":
                self._apply_ephemeral(entry)

    def _apply_message(self, entry: Entry) -> None:
        messages = self.conversations[entry["channel"]].messages
        if entry["kind"] == "message.deleted":
            messages.pop(entry["ts"], None)
            return
        messages[entry["ts"]] = entry["message"]
        self._see(entry["ts"])

    def _apply_ephemeral(self, entry: Entry) -> None:
        shown = self.conversations[entry["channel"]].ephemerals
        if entry["kind"] == "ephemeral.deleted":
            shown.pop(entry["ts"], None)
            return
        shown[entry["ts"]] = (entry["user"], entry["message"])
        self._see(entry["ts"])
        while len(shown) > EPHEMERALS_KEPT:
            shown.pop(next(iter(shown)))

    def _see(self, ts: str) -> None:
        self._last_us = max(self._last_us, int(ts.replace(".", "")))
