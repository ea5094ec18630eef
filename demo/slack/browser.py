"""The routes of the workspace's pages; everything is a link or a plain form."""

from urllib.parse import parse_qs, quote

from demo import assets
from demo.httpd import Request, Response
from demo.slack import forms, pages
from demo.slack.people import People
from demo.slack.sending import Delivery
from demo.slack.store import Conversation, Store
from demo.slack.views import Views
from demo.slack.workspace import BOT_NAME, BOT_USER_ID, Directory, SlackError, User

COOKIE = "slack_user"


class Browser:
    """/ and /c/{id}: conversations; /press, /confirm, /say, /who, /view/{id}: what a person does."""

    def __init__(self, *, store: Store, directory: Directory, people: People, views: Views) -> None:
        self._store = store
        self._directory = directory
        self._people = people
        self._views = views

    def answer(self, request: Request) -> Response:
        if request.path.startswith(assets.PREFIX):
            return assets.serve(request.path)
        try:
            return self._route(request)
        except (LookupError, SlackError) as error:
            return Response.see_other(f"/?note={quote(str(error))}")

    def _route(self, request: Request) -> Response:
        first, _, rest = request.path.strip("/").partition("/")
        match request.method, first:
            case "GET" | "HEAD", "" | "c":
                return self._room(request, rest)
            case "GET", "confirm":
                return self._confirm(request)
            case "GET" | "POST", "view":
                return self._view(request, rest)
            case "POST", "press":
                return self._press(request)
            case "POST", "say":
                return self._say(request)
            case "POST", "who":
                return self._become(request)
            case "GET", "healthz":
                return Response.text("alive\n")
        return Response.text("No such page.\n", 404)

    def _me(self, request: Request) -> User:
        return self._directory.find(request.cookie(COOKIE)) or self._directory.all()[0]

    def _names(self) -> dict[str, str]:
        people = {user.id: user.name for user in self._directory.all()}
        rooms = {channel.id: channel.name for channel in self._store.channels()}
        return {**rooms, **people, BOT_USER_ID: BOT_NAME.capitalize()}

    def _room(self, request: Request, channel_id: str) -> Response:
        me = self._me(request)
        with self._store.lock:
            channel = self._channel(channel_id) if channel_id else next(self._store.channels(), None)
            if channel is not None and channel.is_im and channel.user != me.id:
                raise LookupError("That conversation is somebody else's.")
            html = pages.room(
                self._store,
                channel,
                me=me,
                users=self._directory.all(),
                names=self._names(),
                views=self._views.of(me.id),
                flash=request.query.get("note", ""),
            )
        return Response.html(html)

    def _press(self, request: Request) -> Response:
        given = request.form()
        channel, ts = self._channel(given.get("channel", "")), given.get("ts", "")
        action_id, block_id = given.get("action_id", ""), given.get("block_id", "")
        choice = given.get("choice", "")
        element = self._people.element(channel, ts, action_id, block_id)
        if element.get("confirm") and given.get("confirmed") != "1":
            asked = {"channel": channel.id, "ts": ts, "action_id": action_id}
            asked |= {"block_id": block_id, "choice": choice}
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
            return Response.see_other(f"/confirm?{query}")
        me = self._me(request)
        delivery = self._people.press(channel, ts, action_id, me, block_id=block_id, choice=choice)
        if element.get("url"):
            return Response.see_other(str(element["url"]))
        if opened := self._views.of(me.id):
            return Response.see_other(f"/view/{opened[-1]['id']}")
        return _back(channel, delivery, ts)

    def _confirm(self, request: Request) -> Response:
        given = request.query
        with self._store.lock:
            channel, ts = self._channel(given.get("channel", "")), given.get("ts", "")
            element = self._people.element(channel, ts, given.get("action_id", ""), given.get("block_id", ""))
            if not element.get("confirm"):
                raise LookupError("That button asks nothing.")
            choice = given.get("choice", "")
            return Response.html(pages.confirmation(element, channel, ts, self._names(), choice=choice))

    def _say(self, request: Request) -> Response:
        given = request.form()
        channel, text, me = self._channel(given.get("channel", "")), given.get("text", ""), self._me(request)
        if text.startswith("/"):
            delivery = self._people.command(channel, text, me)
            if opened := self._views.of(me.id):
                return Response.see_other(f"/view/{opened[-1]['id']}")
            return _back(channel, delivery, "")
        if text.strip() and not channel.archived:
            self._people.say(channel, text, me)
        return Response.see_other(f"/c/{channel.id}")

    def _become(self, request: Request) -> Response:
        given = request.form()
        user = self._directory.find(given.get("user", ""))
        back = given.get("back", "/")
        # Only our own pages: a form of another site must not send people elsewhere.
        back = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        cookie = f"{COOKIE}={user.id if user else ''}; Path=/; HttpOnly; SameSite=Lax"
        return Response.see_other(back, (("Set-Cookie", cookie),))

    def _view(self, request: Request, view_id: str) -> Response:
        opened, me = self._views.find(view_id), self._me(request)
        if opened is None or opened.user != me.id:
            raise LookupError("That form is closed.")
        if request.method == "GET":
            return self._form(view_id, {}, {})
        given = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if given.get("deed") == ["close"]:
            self._views.close(view_id)
            return Response.see_other("/")
        values = {name: found if len(found) > 1 else found[0] for name, found in given.items()}
        delivery = self._people.submit(view_id, values, me)
        told = delivery.json()
        if isinstance(told, dict) and told.get("response_action") == "errors":
            typed = {name: found[0] for name, found in given.items()}
            return self._form(view_id, told.get("errors", {}), typed)
        if delivery.ok and self._views.find(view_id) is not None:
            return Response.see_other(f"/view/{view_id}")
        return Response.see_other("/" if delivery.ok else f"/view/{view_id}")

    def _form(self, view_id: str, errors: dict[str, str], values: dict[str, str]) -> Response:
        opened = self._views.find(view_id)
        if opened is None:
            raise LookupError("That form is closed.")
        html = forms.view(opened.view, self._names(), errors=errors, values=values)
        return Response.html(pages.form(html, opened.view["title"]["text"]))

    def _channel(self, channel_id: str) -> Conversation:
        found = self._store.conversations.get(channel_id)
        if found is None:
            raise LookupError("There is no such conversation.")
        return found


def _back(channel: Conversation, delivery: Delivery, ts: str) -> Response:
    note = ""
    if delivery.status == 0:
        note = "?note=" + quote("Gatehouse did not answer within 3 seconds.")
    elif not delivery.ok:
        note = "?note=" + quote(f"Gatehouse answered with {delivery.status}.")
    return Response.see_other(f"/c/{channel.id}{note}{f'#m-{ts}' if ts else ''}")
