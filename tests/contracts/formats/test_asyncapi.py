"""Every rule of AsyncAPI twice, from the side of whoever talks to the application."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from rollouts.contracts.formats.asyncapi import compare
from rollouts.contracts.formats.values import Direction, Level, Outcome, Unreadable

Json = dict[str, Any]
TEXT, INTEGER = {"type": "string"}, {"type": "integer"}


def payload(**properties: Any) -> Json:
    return {"type": "object", "properties": {"id": TEXT, **properties}, "required": ["id"]}


def two(word: str = "subscribe", **message: Any) -> Json:
    """Version 2: `subscribe` is what the application sends."""
    return {
        "asyncapi": "2.6.0",
        "info": {"title": "Orders", "version": "1"},
        "channels": {"orders/{id}": {word: {"message": {"name": "Placed", "payload": payload(), **message}}}},
    }


def three(action: str = "send", body: Json | None = None) -> Json:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Orders", "version": "1"},
        "channels": {
            "orders": {"address": "orders/{key}", "messages": {"Placed": {"payload": body or payload()}}}
        },
        "operations": {"place": {"action": action, "channel": {"$ref": "#/channels/orders"}}},
    }


def outcome(old: Json, new: Json) -> tuple[Outcome, set[str]]:
    found = compare(json.dumps(old), json.dumps(new))
    harmful = {each.rule for each in found.differences if each.level in (Level.BREAKING, Level.DANGEROUS)}
    return found.outcome, harmful


NULLED = {"type": ["string", "null"]}
MORE = {**payload(more=TEXT), "required": ["id", "more"]}


@pytest.mark.parametrize(
    ("word", "new", "breaks"),
    [
        ("subscribe", payload(id=NULLED), True),
        ("publish", payload(id=NULLED), False),
        ("subscribe", MORE, False),
        ("publish", MORE, True),
        ("subscribe", payload(note=TEXT), False),
        ("publish", payload(note=TEXT), False),
    ],
)
def test_version_2_speaks_from_the_side_of_the_clients(word: str, new: Json, breaks: bool) -> None:
    found = compare(json.dumps(two(word)), json.dumps(two(word, payload=new)))
    assert found.outcome is (Outcome.BREAKING if breaks else Outcome.COMPATIBLE)
    assert found.flows[Direction.EVENT].forward is not breaks


@pytest.mark.parametrize(
    ("action", "new", "breaks"),
    [
        ("send", payload(id=NULLED), True),
        ("receive", payload(id=NULLED), False),
        ("send", MORE, False),
        ("receive", MORE, True),
    ],
)
def test_version_3_speaks_from_the_side_of_the_application(action: str, new: Json, breaks: bool) -> None:
    found = compare(json.dumps(three(action)), json.dumps(three(action, new)))
    assert found.outcome is (Outcome.BREAKING if breaks else Outcome.COMPATIBLE)


def test_version_3_is_compared_with_version_2() -> None:
    assert outcome(two(), three()) == (Outcome.COMPATIBLE, set())
    assert outcome(two("publish"), three("receive")) == (Outcome.COMPATIBLE, set())
    assert outcome(two("publish"), three("send")) == (Outcome.BREAKING, {"channel-removed"})


def _messages(document: Json) -> Json:
    found: Json = document["channels"]["orders/{id}"]["subscribe"]
    return found


def _more(document: Json) -> None:
    operation = _messages(document)
    operation["message"] = {"oneOf": [operation["message"], {"name": "Paid", "payload": payload()}]}


EDITS: dict[str, tuple[Callable[[Json], Any], Outcome, set[str]]] = {
    "a channel goes": (lambda d: d["channels"].clear(), Outcome.BREAKING, {"channel-removed"}),
    "a channel is new": (
        lambda d: d["channels"].update(more=copy.deepcopy(d["channels"]["orders/{id}"])),
        Outcome.COMPATIBLE,
        set(),
    ),
    "a parameter is called otherwise": (
        lambda d: d["channels"].update({"orders/{key}": d["channels"].pop("orders/{id}")}),
        Outcome.COMPATIBLE,
        set(),
    ),
    "another message may be sent": (_more, Outcome.BREAKING, {"message-added"}),
    "another content type": (
        lambda d: _messages(d)["message"].update(contentType="application/cbor"),
        Outcome.BREAKING,
        {"content-type-changed"},
    ),
    "the content type that it had": (
        lambda d: _messages(d)["message"].update(contentType="application/json"),
        Outcome.COMPATIBLE,
        set(),
    ),
    "another schema format": (
        lambda d: _messages(d)["message"].update(schemaFormat="application/vnd.apache.avro;version=1.9.0"),
        Outcome.BREAKING,
        {"schema-format-changed"},
    ),
    "a header may be missing": (
        lambda d: _messages(d)["message"].update(headers={"type": "object"}),
        Outcome.BREAKING,
        {"event-required-widened"},
    ),
    "one message by another name": (
        lambda d: _messages(d)["message"].update(name="Created"),
        Outcome.COMPATIBLE,
        set(),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edits_of_what_is_sent(name: str) -> None:
    edit, wanted, rules = EDITS[name]
    old = two(headers={"type": "object", "properties": {"trace": TEXT}, "required": ["trace"]})
    new = copy.deepcopy(old)
    edit(new)
    assert outcome(old, new) == (wanted, rules)


def test_a_message_that_is_no_longer_sent_is_dangerous() -> None:
    old = two()
    _more(old)
    assert outcome(old, two()) == (Outcome.DANGEROUS, {"message-removed"})


def avro(*fields: Json) -> Json:
    schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, *fields]}
    return two(schemaFormat="application/vnd.apache.avro;version=1.9.0", payload=schema)


def test_payloads_of_avro_are_compared_by_its_engine() -> None:
    field = {"name": "more", "type": "int"}
    assert outcome(avro(), avro(field))[0] is Outcome.COMPATIBLE
    assert outcome(avro(field), avro()) == (Outcome.BREAKING, {"reader-field-missing-default-value"})


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"asyncapi": "1.0"}',
        '{"asyncapi": "2.0.0", "channels": []}',
        '{"asyncapi": "3.0.0", "operations": {"a": {}}}',
    ],
)
def test_what_is_no_asyncapi_is_told(text: str) -> None:
    with pytest.raises(Unreadable):
        compare(text, text)
