"""AsyncAPI 2 and 3: channels by rules, payloads by subsumption or by the engine of their schema format.

Version 2 speaks from the side of the clients: what they subscribe to, the application sends. Version 3 speaks
from the application's side. What the application sends has to stay readable for old consumers; what it
receives, old senders have to be able to go on sending. Both are told as the one direction of events.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.contracts.formats import avro, protobuf
from rollouts.contracts.formats.openapi.operations import levelled
from rollouts.contracts.formats.payloads import Payloads
from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.subsumption.documents import HOPS, BadReference, Document, Term, link
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.including import Rules
from rollouts.contracts.formats.values import (
    Comparison,
    Difference,
    Direction,
    Flow,
    Level,
    Outcome,
    Unreadable,
    Use,
)

Json = Mapping[str, Any]
OTHERS: Mapping[str, Callable[[str, str], Comparison]] = {"avro": avro.compare, "protobuf": protobuf.compare}


@dataclass(frozen=True)
class Message:
    """`language` names the engine of the payload; empty for JSON Schema."""

    payload: Any
    headers: Any
    content_type: str
    language: str


@dataclass(frozen=True)
class Channel:
    """What goes over one address in one direction; `sent` by the application."""

    shown: str
    sent: bool
    messages: Mapping[str, Message]


@dataclass(frozen=True)
class Api:
    document: Document
    channels: Mapping[tuple[str, bool], Channel]


def compare(old: str, new: str) -> Comparison:
    """Raises Unreadable."""
    before, after = _Reader(old).api(), _Reader(new).api()
    link(before.document, after.document)
    comparing = _Comparing(before, after)
    comparing.run()
    return comparing.comparison()


class _Reader:
    """Takes one document apart."""

    def __init__(self, text: str) -> None:
        self.root = self._mapping(read(text), "AsyncAPI document")
        self.version = str(self.root.get("asyncapi", ""))
        if not self.version.startswith(("2.", "3.")):
            raise Unreadable("The document does not say asyncapi: 2 or 3.")
        self.document = Document(self.root, siblings=False)
        self.content_type = str(self.root.get("defaultContentType", "application/json"))

    def api(self) -> Api:
        found: dict[tuple[str, bool], Channel] = {}
        for channel in self._two() if self.version.startswith("2.") else self._three():
            key = levelled(channel.shown), channel.sent
            if key in found:
                channel = Channel(channel.shown, channel.sent, {**found[key].messages, **channel.messages})
            found[key] = channel
        return Api(self.document, found)

    def _mapping(self, value: Any, what: str) -> Json:
        if not isinstance(value, Mapping):
            raise Unreadable(f"“{what}” is an object in AsyncAPI.")
        return value

    def _resolved(self, value: Any, what: str) -> Json:
        for _ in range(HOPS):
            found = self._mapping(value, what)
            if "$ref" not in found:
                return found
            try:
                value = self.document.find(str(found["$ref"]))
            except BadReference as bad:
                raise Unreadable(str(bad)) from bad
        raise Unreadable(f"References of {what} lead on and on.")

    def _two(self) -> Iterator[Channel]:
        for name, item in self._mapping(self.root.get("channels", {}), "channels").items():
            channel = self._resolved(item, name)
            for word, sent in (("subscribe", True), ("publish", False)):
                if word in channel:
                    message = self._mapping(channel[word], word).get("message", {})
                    yield Channel(name, sent, dict(self._messages(message)))

    def _messages(self, given: Any) -> Iterator[tuple[str, Message]]:
        """One message or several, by their names."""
        inside = self._mapping(given, "message")
        if isinstance(inside.get("oneOf"), list):
            for each in inside["oneOf"]:
                yield from self._messages(each)
            return
        reference = str(inside.get("$ref", "")).rpartition("/")[2]
        message = self._resolved(inside, "message")
        name = message.get("messageId") or message.get("name") or reference or "message"
        yield str(name), self._message(message)

    def _three(self) -> Iterator[Channel]:
        channels = self._mapping(self.root.get("channels", {}), "channels")
        for name, each in self._mapping(self.root.get("operations", {}), "operations").items():
            operation = self._resolved(each, name)
            channel = self._resolved(operation.get("channel"), "channel")
            key = next((key for key, item in channels.items() if self._resolved(item, key) is channel), name)
            address = channel.get("address")
            shown = str(address) if isinstance(address, str) else key
            messages = dict(self._of_operation(operation, channel))
            yield Channel(shown, operation.get("action") == "send", messages)

    def _of_operation(self, operation: Json, channel: Json) -> Iterator[tuple[str, Message]]:
        """The messages that the operation names, else all of its channel."""
        inside = self._mapping(channel.get("messages", {}), "messages")
        named = operation.get("messages")
        given = (
            [
                (str(self._mapping(each, "messages").get("$ref", "")).rpartition("/")[2], each)
                for each in named
            ]
            if isinstance(named, list)
            else list(inside.items())
        )
        for name, each in given:
            yield name or "message", self._message(self._resolved(each, name))

    def _message(self, message: Json) -> Message:
        payload: Any = message.get("payload", True)
        form = str(message.get("schemaFormat", ""))
        if isinstance(payload, Mapping) and "schemaFormat" in payload and "schema" in payload:
            form, payload = str(payload["schemaFormat"]), payload["schema"]
        language = next((word for word in OTHERS if word in form.lower()), "")
        traits = message.get("headers", True)
        return Message(payload, traits, str(message.get("contentType", self.content_type)), language)


class _Comparing:
    def __init__(self, before: Api, after: Api) -> None:
        self.before, self.after = before, after
        self.sent = Payloads(Direction.EVENT, Rules(open=True), judged="forward")
        self.received = Payloads(Direction.EVENT, Rules(open=True), judged="backward")
        self.differences: list[Difference] = []
        self.broken: set[str] = set()
        self.undecided = False
        self.channels: dict[str, str] = {}

    def run(self) -> None:
        for key, channel in self.before.channels.items():
            if key in self.after.channels:
                self._channel(channel, self.after.channels[key])
            else:
                what = "sent" if channel.sent else "read"
                self._note(
                    "channel-removed",
                    channel,
                    f"Nothing is {what} over “{channel.shown}” any more.",
                    harm=True,
                )
        for key, channel in self.after.channels.items():
            if key not in self.before.channels:
                self._tell("channel-added", channel, f"“{channel.shown}” is new.", Level.SAFE)

    def _channel(self, old: Channel, new: Channel) -> None:
        pairs = list(_paired(old, new))
        for name, one, other in pairs:
            if other is None:
                said = f"“{old.shown}”: the message {name} is no longer {'sent' if old.sent else 'read'}."
                if old.sent:
                    self._tell("message-removed", old, said, Level.DANGEROUS)
                else:
                    self._note("message-removed", old, said, harm=True)
            elif one is None:
                said = f"“{old.shown}”: the message {name} is new."
                if old.sent:
                    self._note("message-added", old, said, harm=True)
                else:
                    self._tell("message-added", old, said, Level.SAFE)
            else:
                self._message(old, name, one, other)

    def _message(self, channel: Channel, name: str, old: Message, new: Message) -> None:
        if old.content_type != new.content_type:
            said = f"“{channel.shown}”: {name} was {old.content_type} and is {new.content_type}."
            self._note("content-type-changed", channel, said, harm=True)
        if old.language != new.language:
            said = f"“{channel.shown}”: {name} is described in another language of schemas."
            self._note("schema-format-changed", channel, said, harm=True)
            return
        place = f"{'sends' if channel.sent else 'receives'} {channel.shown} {name}"
        self.channels[place] = channel.shown
        payloads = self.sent if channel.sent else self.received
        headers = (Term(self.before.document, old.headers),), (Term(self.after.document, new.headers),)
        payloads.compare(*headers, place=place, whole=f"The headers of {name}")
        if old.language:
            self._other(channel, old, new)
            return
        bodies = (Term(self.before.document, old.payload),), (Term(self.after.document, new.payload),)
        payloads.compare(*bodies, place=place, whole=name)

    def _other(self, channel: Channel, old: Message, new: Message) -> None:
        """A payload in another language."""
        found = OTHERS[old.language](_text(old.payload), _text(new.payload))
        flow = found.flows.get(Direction.EVENT, Flow())
        harm = flow.forward if channel.sent else flow.backward
        if harm is None and found.outcome is Outcome.BREAKING:
            harm = False
        elif harm is None and found.outcome is Outcome.COMPATIBLE:
            harm = True
        self.undecided = self.undecided or harm is None
        if harm is False:
            self.broken.add("forward")
        for each in found.differences:
            where = f"{channel.shown} {each.location}".strip()
            touches = (Use(operation=channel.shown),)
            self.differences.append(
                Difference(each.rule, each.level, where, each.sentence, Direction.EVENT, touches)
            )

    def _note(self, rule: str, channel: Channel, said: str, *, harm: bool) -> None:
        if harm:
            self.broken.add("forward")
        self._tell(rule, channel, said, Level.BREAKING)

    def _tell(self, rule: str, channel: Channel, said: str, level: Level) -> None:
        use = (Use(operation=channel.shown),)
        self.differences.append(Difference(rule, level, channel.shown, said, Direction.EVENT, use))

    def comparison(self) -> Comparison:
        """`forward`: who works with the old document can go on; `backward`: who is made for the new one could
        have worked before."""
        forward = _both(self.sent.holds("forward"), self.received.holds("backward"))
        backward = _both(self.sent.holds("backward"), self.received.holds("forward"))
        if "forward" in self.broken:
            forward = False
        elif self.undecided and forward:
            forward = None
        return Comparison(
            flows={Direction.EVENT: Flow(backward, forward)},
            differences=(
                *self.differences,
                *self.sent.differences(self._touching),
                *self.received.differences(self._touching),
            ),
        )

    def _touching(self, finding: Finding) -> tuple[Use, ...]:
        named = dict.fromkeys(self.channels.get(place, place) for place in finding.places)
        return tuple(Use(operation=each, field=finding.pointer, type=finding.schema) for each in named)


def _paired(old: Channel, new: Channel) -> Iterator[tuple[str, Message | None, Message | None]]:
    """Messages of the same name; the only one of each side whatever its name."""
    if len(old.messages) == len(new.messages) == 1:
        (name, one), (_, other) = next(iter(old.messages.items())), next(iter(new.messages.items()))
        yield name, one, other
        return
    for name in dict.fromkeys([*old.messages, *new.messages]):
        yield name, old.messages.get(name), new.messages.get(name)


def _both(one: bool | None, other: bool | None) -> bool | None:
    if False in (one, other):
        return False
    return None if None in (one, other) else True


def _text(payload: Any) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload)
