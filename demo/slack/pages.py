"""The workspace in the browser."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from demo.page import document
from demo.slack import mrkdwn
from demo.slack.rendering import Names, Place, message_body, text
from demo.slack.store import Conversation, Message, Store
from demo.slack.workspace import BOT_ID, User

SHOWN = 40
PROGRAM = "Local Slack"


def room(
    store: Store,
    channel: Conversation | None,
    *,
    me: User,
    users: Sequence[User],
    names: Names,
    views: Iterable[Mapping[str, str]],
    flash: str,
) -> str:
    """The whole page: conversations on the left, one of them on the right, newest message first."""
    title = label(channel, names) if channel else "No messages yet"
    if channel is None:
        inside = "<p>Channels come into being when the app posts to them for the first time.</p>"
    else:
        state = '<p class="flash">This channel is archived.</p>' if channel.archived else ""
        inside = (
            f'{state}<div id="messages" class="messages" data-live="2">{_messages(channel, me, names)}</div>'
        )
    waiting = "".join(
        f'<p class="flash">A form is open for you: <a href="/view/{escape(view["id"])}">open it</a>.</p>'
        for view in views
    )
    note = f'<p class="flash" role="status">{escape(flash)}</p>' if flash else ""
    body = (
        f'<div class="slack"><nav class="rooms" aria-label="Conversations">{_who(me, users, channel)}'
        f'<div id="rooms" data-live="2">{_rooms(store, channel, me, names)}</div></nav>'
        f'<main id="main" class="room"><h1>{escape(title)}</h1>{note}'
        f'<div id="waiting" data-live="2">{waiting}</div>{_say(channel) if channel else ""}{inside}'
        "</main></div>"
    )
    return document(title=f"{title} | {PROGRAM}", program=PROGRAM, body=body, refresh_s=5)


def confirmation(element: Message, channel: Conversation, ts: str, names: Names, *, choice: str) -> str:
    """The question that stands before some buttons, as a page."""
    asked = element["confirm"]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (
            ("channel", channel.id),
            ("ts", ts),
            ("block_id", element["block_id"]),
            ("action_id", element["action_id"]),
            ("choice", choice),
            ("confirmed", "1"),
        )
    )
    style = "danger" if asked.get("style") == "danger" else "press"
    body = (
        f'<main id="main" class="ask panel"><h1>{text(asked["title"], names)}</h1>'
        f"<p>{text(asked['text'], names)}</p><form method='post' action='/press'>{hidden}"
        f'<button class="{style}">{text(asked["confirm"], names)}</button>'
        f'<a class="button" href="/c/{channel.id}#m-{escape(ts)}">{text(asked["deny"], names)}</a>'
        "</form></main>"
    )
    return document(title=f"{asked['title']['text']} | {PROGRAM}", program=PROGRAM, body=body)


def form(html: str, title: str) -> str:
    """A page around a modal."""
    body = f'<main id="main" class="ask panel">{html}</main>'
    return document(title=f"{title} | {PROGRAM}", program=PROGRAM, body=body)


def label(channel: Conversation, names: Names) -> str:
    """What a conversation is called."""
    if channel.is_im:
        return f"Gatehouse and {names.get(channel.user, channel.user)}"
    return f"#{channel.name}"


def _who(me: User, users: Sequence[User], channel: Conversation | None) -> str:
    options = "".join(
        f'<option value="{escape(user.id)}"{" selected" if user == me else ""}>{escape(user.name)}</option>'
        for user in users
    )
    back = f"/c/{channel.id}" if channel and not channel.is_im else "/"
    return (
        '<form class="who" method="post" action="/who"><label for="who">You are</label>'
        f'<select id="who" name="user">{options}</select><input type="hidden" name="back" value="{back}">'
        "<button>Switch</button></form>"
    )


def _rooms(store: Store, current: Conversation | None, me: User, names: Names) -> str:
    own = [c for c in store.conversations.values() if c.user == me.id]
    parts = []
    for title, rooms in (("Channels", list(store.channels())), ("Direct messages", own)):
        lines = "".join(_room_link(each, current, names) for each in rooms)
        parts.append(f"<h2>{title}</h2><ul>{lines or '<li class=note>None yet</li>'}</ul>")
    return "".join(parts)


def _room_link(channel: Conversation, current: Conversation | None, names: Names) -> str:
    here = ' aria-current="page"' if channel is current else ""
    name = "Gatehouse" if channel.is_im else label(channel, names)
    return (
        f'<li><a href="/c/{channel.id}"{here}><span>{escape(name)}</span>'
        f"<small>{len(channel.messages)}</small></a></li>"
    )


def _messages(channel: Conversation, me: User, names: Names) -> str:
    private = [message for whom, message in channel.ephemerals.values() if whom == me.id]
    newest = sorted([*channel.top()[:SHOWN], *private], key=lambda m: str(m["ts"]), reverse=True)
    drawn = []
    for message in newest[:SHOWN]:
        hidden = message["ts"] in channel.ephemerals
        drawn.append(_message(message, channel, names, kind="ephemeral" if hidden else ""))
        drawn += [_message(reply, channel, names, kind="reply") for reply in channel.replies(message["ts"])]
    return "".join(drawn) or '<p class="note">Nothing has been said here.</p>'


def _message(message: Message, channel: Conversation, names: Names, *, kind: str) -> str:
    app = message.get("bot_id") == BOT_ID
    name = "Gatehouse" if app else names.get(message["user"], message["user"])
    initials = "".join(part[0] for part in name.split()[:2])
    ts = str(message["ts"])
    notes = "".join(
        f"<span>{words}</span>"
        for words, holds in (
            ("App", app),
            ("edited", "edited" in message),
            ("Only visible to you", kind == "ephemeral"),
        )
        if holds
    )
    said = f'<p class="note">{mrkdwn.plain(message["text"])}</p>' if _only_buttons(message) else ""
    return (
        f'<article class="message {kind}" id="m-{ts}" data-ts="{ts}">'
        f'<div class="face{" app" if app else ""}" aria-hidden="true">{escape(initials)}</div><div>'
        f'<div class="by"><strong>{escape(name)}</strong>{notes}<time>{_clock(ts)}</time></div>'
        f"{said}{message_body(message, Place(channel.id, ts), names)}</div></article>"
    )


def _only_buttons(message: Message) -> bool:
    blocks = message.get("blocks") or []
    return bool(blocks) and all(block["type"] == "actions" for block in blocks) and bool(message.get("text"))


def _say(channel: Conversation) -> str:
    return (
        '<form class="say" method="post" action="/say">'
        f'<input type="hidden" name="channel" value="{channel.id}">'
        '<input name="text" aria-label="Message or command" autocomplete="off"'
        ' placeholder="Message, or a command: /gatehouse help"><button>Send</button></form>'
    )


def _clock(ts: str) -> str:
    at = datetime.fromtimestamp(float(ts), UTC)
    return f"{at:%a %d %b, %H:%M:%S} UTC"
