"""The local Slack as one object: for `python -m demo.slack` and for tests on a port of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from demo.httpd import HttpServer, Request, Response
from demo.secrets import SecretsFile
from demo.slack import api, people
from demo.slack.browser import Browser
from demo.slack.channels import CLOSED, MISSING, Channels
from demo.slack.chat import Chat
from demo.slack.limits import Faults, Limits
from demo.slack.log import Entry
from demo.slack.sending import Delivery, Send, Sender
from demo.slack.store import Conversation, Message, Store
from demo.slack.views import Views
from demo.slack.workspace import Directory, User

TOKEN, SIGNING_SECRET = "xoxb-local-slack", "local-slack-signing-secret"
CONTROL = "/_control"


class LocalSlack:
    """A workspace with one app. `url` + "/api/" is the base_url for slack_sdk.WebClient.

    `folder` keeps the log over restarts; without one it lives in memory. `send` replaces the requests to
    `gatehouse_url`. `limits` False switches the rate limits off. Raises OSError when port or folder is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        token: str = TOKEN,
        signing_secret: str = SIGNING_SECRET,
        gatehouse_url: str = "",
        folder: Path | None = None,
        users: Sequence[User] | None = None,
        secrets: Path | None = None,
        missing: Sequence[str] = MISSING,
        closed: Sequence[str] = CLOSED,
        limits: bool = True,
        send: Send | None = None,
    ) -> None:
        self._server = HttpServer(self._answer, port=port, host=host)
        self._store = Store(folder)
        self._views = Views()
        self.token = token
        self.limits = Limits(enabled=limits)
        self.faults = Faults()
        self.directory = Directory(users=users, secrets=SecretsFile(secrets) if secrets else None)
        self.sender = Sender(secret=signing_secret, gatehouse_url=gatehouse_url, send=send)
        self._channels = Channels(self._store, self.directory, missing=missing, closed=closed)
        chat = Chat(self._store, self._channels, self.directory)
        self._people = people.People(store=self._store, views=self._views, chat=chat, sender=self.sender)
        self._api = api.Api(
            token=token,
            store=self._store,
            directory=self.directory,
            channels=self._channels,
            chat=chat,
            views=self._views,
            limits=self.limits,
            faults=self.faults,
        )
        self._browser = Browser(
            store=self._store, directory=self.directory, people=self._people, views=self._views
        )
        self._api.url = self._people.url = self.url

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.close()
        self._store.close()

    def refuse(self) -> None:
        """Refuse connections until `start`."""
        self._server.refuse()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log(self, kind: str | None = None) -> list[Entry]:
        """The workspace's own log, oldest first; kinds as in demo/README.md."""
        return self._store.log(kind)

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel as they are now, oldest first, threads and metadata included."""
        with self._store.lock:
            found = self._find(channel)
            return sorted(found.messages.values(), key=lambda message: str(message["ts"])) if found else []

    def ephemerals(self, channel: str, user: str) -> list[Message]:
        """What only `user` sees in a channel, oldest first."""
        with self._store.lock:
            found = self._find(channel)
            member = self._member(user)
            return [m for whom, m in found.ephemerals.values() if whom == member.id] if found else []

    def press(
        self, channel: str, ts: str, action_id: str, user: str, *, block_id: str = "", choice: str = ""
    ) -> Delivery:
        """Press a button as `user` (id, address or handle). Raises LookupError when it is not there."""
        place = self._channel(channel)
        return self._people.press(place, ts, action_id, self._member(user), block_id=block_id, choice=choice)

    def command(self, channel: str, text: str, user: str) -> Delivery:
        """Type "/gatehouse …" in a channel as `user`."""
        return self._people.command(self._channel(channel), text, self._member(user))

    def say(self, channel: str, text: str, user: str) -> str:
        """Post a person's own message; its ts."""
        return self._people.say(self._store.create(channel), text, self._member(user))

    def open_views(self, user: str) -> list[dict[str, Any]]:
        """The forms in front of `user`."""
        return self._views.of(self._member(user).id)

    def submit(self, view_id: str, values: Mapping[str, Any], user: str) -> Delivery:
        """Send a form in; `values` by block id."""
        return self._people.submit(view_id, values, self._member(user))

    def redeliver(self, delivery: Delivery) -> Delivery:
        """The same bytes with the same signature once more, as a replay."""
        return self.sender.post_again(delivery.path, delivery.body, delivery.headers)

    def archive(self, channel: str, *, undo: bool = False) -> None:
        """Archive a channel, made when there is none."""
        place = self._store.create(channel)
        self._store.record("channel.unarchived" if undo else "channel.archived", channel=place.id)

    def revoke(self, revoked: bool = True) -> None:
        """Revoke the app's token, or take that back."""
        self._store.record("token.revoked" if revoked else "token.restored")

    def ratelimit(
        self,
        *,
        enabled: bool | None = None,
        rate: float | None = None,
        burst: float | None = None,
        next: int = 0,
        retry_after: int = 1,
    ) -> None:
        """Change chat.postMessage's limit, or refuse the `next` calls of chat methods."""
        if enabled is not None:
            self.limits.enabled = enabled
        if rate is not None:
            self.limits.rate = rate
        if burst is not None:
            self.limits.burst = burst
        self.limits.force(next, retry_after)

    def fail_next(self, count: int = 1) -> None:
        """Answer the next calls of chat methods with HTTP 500 and do nothing."""
        self.faults.order("fail", count)

    def drop_reply_next(self, count: int = 1) -> None:
        """Do what the next calls of chat methods ask, then close the connection without an answer."""
        self.faults.order("drop", count)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(api.PREFIX):
            return self._api.answer(request)
        if request.path.startswith(people.RESPONSES) and request.method == "POST":
            return self._people.answer_response(request)
        if not request.same_origin:
            return Response.text("Sent from another site.\n", 403)
        if request.path == CONTROL and request.method == "POST":
            return self._control(request)
        return self._browser.answer(request)

    def _control(self, request: Request) -> Response:
        try:
            wanted = request.json()
            for name, value in wanted.items():
                self._order(name, value)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            return Response.json({"ok": False, "error": str(error)}, 400)
        return Response.json({"ok": True})

    def _order(self, name: str, value: Any) -> None:
        match name:
            case "archive" | "unarchive":
                self.archive(str(value), undo=name == "unarchive")
            case "revoke":
                self.revoke(bool(value))
            case "ratelimit":
                self.ratelimit(**value)
            case "fail_next":
                self.fail_next(int(value))
            case "drop_reply_next":
                self.drop_reply_next(int(value))
            case _:
                raise LookupError(f"There is no control {name}.")

    def _find(self, channel: str) -> Conversation | None:
        if channel in self._store.conversations:
            return self._store.conversations[channel]
        if (user := self.directory.find(channel)) is not None:
            return self._store.direct(user.id)
        return self._store.named(channel)

    def _channel(self, channel: str) -> Conversation:
        found = self._find(channel)
        if found is None:
            raise LookupError(f"There is no channel {channel}.")
        return found

    def _member(self, user: str) -> User:
        found = self.directory.find(user)
        if found is None:
            raise LookupError(f"There is no user {user}.")
        return found
