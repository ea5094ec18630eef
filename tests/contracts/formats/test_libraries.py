"""Avro, GraphQL and Protobuf: what their libraries say, each rule twice: it breaks, and does not."""

import json
from typing import Any

import pytest

from rollouts.contracts.formats import avro, graphql, protobuf
from rollouts.contracts.formats.values import Direction, Outcome, Unreadable

Json = dict[str, Any]


def record(*fields: Json) -> str:
    return json.dumps(
        {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, *fields]}
    )


def enum(*symbols: str, **more: Any) -> str:
    return record(
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": list(symbols), **more}}
    )


COUNT = {"name": "count", "type": "int"}

AVRO: dict[str, tuple[str, str, bool, bool]] = {
    "the same": (record(), record(), True, True),
    "a field without default": (record(), record(COUNT), False, True),
    "a field with default": (record(), record({**COUNT, "default": 0}), True, True),
    "a field goes that needs to be written": (record(COUNT), record(), True, False),
    "a field goes that has a default": (record({**COUNT, "default": 0}), record(), True, True),
    "int becomes long": (record(COUNT), record({**COUNT, "type": "long"}), True, False),
    "int becomes string": (record(COUNT), record({**COUNT, "type": "string"}), False, False),
    "a symbol more": (enum("new"), enum("new", "paid"), True, False),
    "a symbol more, with default": (
        enum("new", default="new"),
        enum("new", "paid", default="new"),
        True,
        True,
    ),
    "a branch more": (record(COUNT), record({**COUNT, "type": ["int", "null"]}), True, False),
    "another name": (record(), record().replace("Order", "Purchase"), False, False),
    "a fixed of another size": (
        json.dumps({"type": "fixed", "name": "F", "size": 4}),
        json.dumps({"type": "fixed", "name": "F", "size": 8}),
        False,
        False,
    ),
    "an alias": (
        record(COUNT),
        record({"name": "many", "type": "int", "aliases": ["count"], "default": 0}),
        True,
        False,
    ),
}


@pytest.mark.parametrize("name", AVRO)
def test_avro(name: str) -> None:
    old, new, backward, forward = AVRO[name]
    found = avro.compare(old, new)
    flow = found.flows[Direction.EVENT]
    assert (flow.backward, flow.forward) == (backward, forward)
    assert found.outcome is (Outcome.COMPATIBLE if forward else Outcome.BREAKING)


def test_avro_names_the_field() -> None:
    found = avro.compare(record(COUNT), record()).differences[0]
    assert (found.location, found.touches[0].field) == ("/count", "/count")
    assert found.sentence.startswith("Consumers of the old version cannot read the new one")


GRAPHQL: dict[str, tuple[str, str, Outcome, str]] = {
    "the same": ("type Query { a: Int }", "type Query { a: Int }", Outcome.COMPATIBLE, ""),
    "a field goes": (
        "type Query { a: Int b: Int }",
        "type Query { a: Int }",
        Outcome.BREAKING,
        "field-removed",
    ),
    "the last of a scalar goes": (
        "type Query { a: String b: Int }",
        "type Query { a: String }",
        Outcome.BREAKING,
        "field-removed",
    ),
    "a field is new": ("type Query { a: Int }", "type Query { a: Int b: Int }", Outcome.COMPATIBLE, ""),
    "a field may be null": (
        "type Query { a: Int! }",
        "type Query { a: Int }",
        Outcome.BREAKING,
        "field-changed-kind",
    ),
    "a field is never null": ("type Query { a: Int }", "type Query { a: Int! }", Outcome.COMPATIBLE, ""),
    "an argument is required": (
        "type Query { a: Int }",
        "type Query { a(x: Int!): Int }",
        Outcome.BREAKING,
        "required-arg-added",
    ),
    "an argument may be given": (
        "type Query { a: Int }",
        "type Query { a(x: Int): Int }",
        Outcome.DANGEROUS,
        "optional-arg-added",
    ),
    "a value goes": (
        "enum E { A B } type Query { e: E }",
        "enum E { A } type Query { e: E }",
        Outcome.BREAKING,
        "value-removed-from-enum",
    ),
    "a value is new": (
        "enum E { A } type Query { e: E }",
        "enum E { A B } type Query { e: E }",
        Outcome.DANGEROUS,
        "value-added-to-enum",
    ),
    "a type goes": (
        "type Query { a: Int } type T { a: Int }",
        "type Query { a: Int }",
        Outcome.BREAKING,
        "type-removed",
    ),
}


@pytest.mark.parametrize("name", GRAPHQL)
def test_graphql(name: str) -> None:
    old, new, outcome, rule = GRAPHQL[name]
    found = graphql.compare(old, new)
    assert found.outcome is outcome
    assert [each.rule for each in found.differences] == ([rule] if rule else [])


def test_graphql_names_type_and_field() -> None:
    (found,) = graphql.compare("type Query { a: Int b: Int }", "type Query { a: Int }").differences
    assert (found.touches[0].type, found.touches[0].field) == ("Query", "b")


def proto(*lines: str, service: str = "") -> str:
    return "\n".join(
        [
            'syntax = "proto3";',
            "package shop.v1;",
            "message Order {",
            "  string id = 1;",
            *lines,
            "}",
            service,
        ]
    )


CALLS = "service Orders {\n  rpc Get(Order) returns (Order);\n%s}\n"

PROTOBUF: dict[str, tuple[str, str, str]] = {
    "the same": (proto(), proto(), ""),
    "a field is new": (proto(), proto("int32 n = 2;"), ""),
    "another type": (proto("int32 n = 2;"), proto("string n = 2;"), "field-wire-json-compatible-type"),
    "wire only": (proto("int32 n = 2;"), proto("int64 n = 2;"), "field-wire-json-compatible-type"),
    "a field goes": (proto("int32 n = 2;"), proto(), "field-no-delete-unless-number-reserved"),
    "a field goes, reserved": (proto("int32 n = 2;"), proto("reserved 2;", 'reserved "n";'), ""),
    "another name": (proto("int32 n = 2;"), proto("int32 m = 2;"), "field-same-name"),
    "many of it": (
        proto("int32 n = 2;"),
        proto("repeated int32 n = 2;"),
        "field-wire-json-compatible-cardinality",
    ),
    "a call goes": (
        proto(service=CALLS % "  rpc Put(Order) returns (Order);\n"),
        proto(service=CALLS % ""),
        "rpc-no-delete",
    ),
    "a call is new": (
        proto(service=CALLS % ""),
        proto(service=CALLS % "  rpc Put(Order) returns (Order);\n"),
        "",
    ),
    "a service goes": (proto(service=CALLS % ""), proto(), "package-service-no-delete"),
}


@pytest.mark.parametrize("name", PROTOBUF)
def test_protobuf(name: str) -> None:
    old, new, rule = PROTOBUF[name]
    found = protobuf.compare(old, new)
    assert found.outcome is (Outcome.BREAKING if rule else Outcome.COMPATIBLE)
    rules = [each.rule for each in found.differences]
    assert rule in rules if rule else not rules


def test_protobuf_of_several_files() -> None:
    old = {
        "a/order.proto": proto(),
        "b/use.proto": 'syntax = "proto3";\nimport "a/order.proto";\nmessage Use { shop.v1.Order o = 1; }',
    }
    new = {**old, "a/order.proto": proto("int32 n = 2;")}
    assert protobuf.compare(old, new).outcome is Outcome.COMPATIBLE
    assert protobuf.compare(json.dumps(old), json.dumps(new)).outcome is Outcome.COMPATIBLE


def test_the_category_decides() -> None:
    old, new = proto("message Inner { string a = 1; }"), proto()
    assert protobuf.compare(old, new).outcome is Outcome.COMPATIBLE
    assert protobuf.compare(old, new, category="FILE").outcome is Outcome.BREAKING


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (proto(), "nonsense", "The new version does not compile, line 1 of contract.proto"),
        ("nonsense", proto(), "The old version does not compile"),
        (proto(), 'syntax = "proto3";\nimport "other.proto";', "does not compile"),
        ({"../a.proto": proto()}, {"../a.proto": proto()}, "no name of a .proto file"),
        ({"/a.proto": proto()}, proto(), "no name of a .proto file"),
        ({"--config.proto": proto()}, proto(), "no name of a .proto file"),
        ({}, proto(), "1 to 200 files"),
        (proto(), "x" * 2_001, "Break lines over 2,000"),
    ],
)
def test_what_is_no_protobuf_is_told(old: Any, new: Any, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        protobuf.compare(old, new)


@pytest.mark.parametrize("text", ["", "{}", '{"type": "record"}', "[[]]", '{"type": "nonsense"}', "a: ["])
def test_what_is_no_avro_is_told(text: str) -> None:
    with pytest.raises(Unreadable):
        avro.compare(text, text)


@pytest.mark.parametrize(
    "text", ["", "{", "type Query { a: Missing }", "{ a }", "type A { a: Int } type A { a: Int }"]
)
def test_what_is_no_graphql_is_told(text: str) -> None:
    with pytest.raises(Unreadable):
        graphql.compare(text, text)
