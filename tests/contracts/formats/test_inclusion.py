"""Every keyword of JSON Schema twice: where the left side is included in the right one, and where not."""

from typing import Any

import pytest

from rollouts.contracts.formats.subsumption.documents import Document, Term
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.including import Engine, Rules

TEXT, INTEGER, NUMBER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "null"}


STRICT = Rules()


def against(a: Any, b: Any, rules: Rules = STRICT) -> list[Finding]:
    return Engine(rules).included((Term(Document(a), a),), (Term(Document(b), b),))


def one_of(finding: Finding) -> tuple[str, str]:
    return finding.keyword, finding.pointer


def thing(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


CLOSED = {"additionalProperties": False}
TREE = {
    "$ref": "#/$defs/tree",
    "$defs": {"tree": thing(value=TEXT, children={"type": "array", "items": {"$ref": "#/$defs/tree"}})},
}
TAGGED = {
    "oneOf": [
        thing(["kind"], kind={"const": "card"}, number=TEXT),
        thing(["kind"], kind={"const": "cash"}),
    ]
}

INCLUDED: dict[str, tuple[Any, Any]] = {
    "true": (TEXT, True),
    "false": (False, TEXT),
    "integer is a number": (INTEGER, NUMBER),
    "whole steps are integers": ({"type": "number", "multipleOf": 2}, INTEGER),
    "one of the types": (TEXT, {"type": ["string", "null"]}),
    "enum": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "enum by value": ({"enum": [1, 2.0]}, INTEGER),
    "const": ({"const": 1}, {"enum": [1.0]}),
    "booleans are two": ({"type": "boolean"}, {"enum": [True, False]}),
    "minimum": ({"type": "number", "minimum": 2}, {"minimum": 1}),
    "minimum of integers": ({"type": "integer", "exclusiveMinimum": 1}, {"minimum": 2}),
    "maximum": ({"type": "number", "maximum": 1}, {"maximum": 1}),
    "exclusiveMaximum of draft 4": (
        {"type": "number", "maximum": 1, "exclusiveMaximum": True},
        {"exclusiveMaximum": 1},
    ),
    "multipleOf": ({"type": "integer", "multipleOf": 6}, {"multipleOf": 3}),
    "multipleOf a fraction": (INTEGER, {"multipleOf": 0.5}),
    "minLength": ({"type": "string", "minLength": 2}, {"minLength": 1}),
    "maxLength": ({"type": "string", "maxLength": 2}, {"maxLength": 2}),
    "a keyword of another type": (TEXT, {"minimum": 5, "minItems": 5, "required": ["x"]}),
    "pattern": ({"type": "string", "pattern": "^a"}, {"pattern": "^a"}),
    "required": (thing(["a"], a=TEXT), thing(a=TEXT)),
    "properties": (thing(a={"const": "x"}), thing(a=TEXT)),
    "additionalProperties": ({**thing(a=TEXT), **CLOSED}, thing(a=TEXT, b=TEXT)),
    "additionalProperties of a kind": (
        {"type": "object", "additionalProperties": INTEGER},
        {"additionalProperties": NUMBER},
    ),
    "patternProperties": (
        {"type": "object", "patternProperties": {"^x": INTEGER}},
        {"patternProperties": {"^x": NUMBER}},
    ),
    "propertyNames": ({**thing(ab=TEXT), **CLOSED}, {"propertyNames": {"maxLength": 2}}),
    "minProperties": (thing(["a", "b"]), {"minProperties": 2}),
    "maxProperties": ({**thing(a=TEXT), **CLOSED}, {"maxProperties": 1}),
    "dependentRequired": (thing(["a", "b"]), {"dependentRequired": {"a": ["b"]}}),
    "dependentSchemas": (thing(["b"]), {"dependentSchemas": {"a": {"required": ["b"]}}}),
    "unevaluatedProperties": (
        {"allOf": [thing(a=TEXT)], "type": "object", "unevaluatedProperties": False},
        {**thing(a=TEXT), **CLOSED},
    ),
    "items": ({"type": "array", "items": INTEGER}, {"items": NUMBER}),
    "prefixItems": ({"type": "array", "prefixItems": [INTEGER]}, {"prefixItems": [NUMBER]}),
    "items as a list": (
        {"type": "array", "items": [INTEGER], "additionalItems": False},
        {"items": NUMBER},
    ),
    "minItems": ({"type": "array", "minItems": 2}, {"minItems": 1}),
    "maxItems": ({"type": "array", "maxItems": 2}, {"maxItems": 3}),
    "uniqueItems": ({"type": "array", "maxItems": 1}, {"uniqueItems": True}),
    "contains": ({"type": "array", "minItems": 1, "items": TEXT}, {"contains": TEXT}),
    "allOf": ({"allOf": [TEXT, {"minLength": 1}]}, TEXT),
    "moved into allOf": (thing(["a"], a=TEXT), {"allOf": [thing(a=TEXT), {"required": ["a"]}]}),
    "anyOf on the left": ({"anyOf": [TEXT, INTEGER]}, {"type": ["string", "number"]}),
    "anyOf on the right": (TEXT, {"anyOf": [INTEGER, TEXT]}),
    "anyOf, part by part": ({"type": ["string", "integer"]}, {"anyOf": [INTEGER, TEXT]}),
    "anyOf, value by value": (
        {"type": "integer", "minimum": 0, "maximum": 9},
        {"anyOf": [{"maximum": 4}, {"minimum": 5}]},
    ),
    "anyOf, by a property": (
        thing(["k"], k={"enum": ["a", "b"]}),
        {"anyOf": [thing(k={"const": "a"}), thing(k={"const": "b"})]},
    ),
    "oneOf of parts that share nothing": (TEXT, {"oneOf": [TEXT, NULL]}),
    "oneOf with a tag": (TAGGED, TAGGED),
    "not": (INTEGER, {"not": TEXT}),
    "not of less": ({"not": {"type": ["string", "null"]}}, {"not": TEXT}),
    "if": (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
    ),
    "if that never holds": (TEXT, {"if": INTEGER, "then": False}),
    "recursion": (
        TREE,
        {"$ref": "#/$defs/t", "$defs": {"t": thing(children={"items": {"$ref": "#/$defs/t"}})}},
    ),
    "a reference written out": ({"$ref": "#/$defs/a", "$defs": {"a": TEXT}}, TEXT),
    "an anchor": ({"$ref": "#a", "$defs": {"x": {"$anchor": "a", **TEXT}}}, TEXT),
    "format says nothing": (TEXT, {"format": "date"}),
}

OUT: dict[str, tuple[Any, Any, str, str]] = {
    "false": (TEXT, False, "false", ""),
    "type": (NUMBER, INTEGER, "type", ""),
    "becomes null": ({"type": ["string", "null"]}, TEXT, "type", ""),
    "enum": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum", ""),
    "any to enum": (TEXT, {"enum": ["a"]}, "enum", ""),
    "const": ({"const": True}, {"const": 1}, "enum", ""),
    "minimum": (NUMBER, {"minimum": 1}, "minimum", ""),
    "exclusiveMinimum": ({"type": "number", "minimum": 1}, {"exclusiveMinimum": 1}, "minimum", ""),
    "maximum": ({"type": "number", "maximum": 3}, {"maximum": 2}, "maximum", ""),
    "exclusiveMaximum": ({"type": "number", "maximum": 3}, {"exclusiveMaximum": 3}, "maximum", ""),
    "multipleOf": ({"type": "integer", "multipleOf": 3}, {"multipleOf": 6}, "multipleOf", ""),
    "minLength": (TEXT, {"minLength": 1}, "minLength", ""),
    "maxLength": ({"type": "string", "maxLength": 3}, {"maxLength": 2}, "maxLength", ""),
    "pattern": (TEXT, {"pattern": "^a"}, "pattern", ""),
    "required": (thing(a=TEXT), thing(["a"], a=TEXT), "required", "/a"),
    "properties": (thing(a=TEXT), thing(a=INTEGER), "type", "/a"),
    "properties that nobody declared": (thing(), thing(a=TEXT), "type", "/a"),
    "additionalProperties": (thing(a=TEXT), {**thing(a=TEXT), **CLOSED}, "additionalProperties", "/*"),
    "a property that is refused": (
        thing(a=TEXT, b=TEXT),
        {**thing(a=TEXT), **CLOSED},
        "additionalProperties",
        "/b",
    ),
    "additionalProperties of a kind": (
        {"type": "object", "additionalProperties": NUMBER},
        {"additionalProperties": INTEGER},
        "type",
        "/*",
    ),
    "patternProperties": (
        {"type": "object", "patternProperties": {"^x": NUMBER}},
        {"patternProperties": {"^x": INTEGER}},
        "type",
        "/^x",
    ),
    "propertyNames": (thing(abc=TEXT), {"propertyNames": {"maxLength": 2}}, "propertyNames", "/abc"),
    "minProperties": (thing(["a"]), {"minProperties": 2}, "minProperties", ""),
    "maxProperties": (thing(), {"maxProperties": 2}, "maxProperties", ""),
    "dependentRequired": (thing(), {"dependentRequired": {"a": ["b"]}}, "dependentRequired", "/b"),
    "dependentSchemas": (thing(), {"dependentSchemas": {"a": {"required": ["b"]}}}, "required", "/b"),
    "unevaluatedProperties": (
        thing(a=TEXT, b=TEXT),
        {"allOf": [thing(a=TEXT)], "unevaluatedProperties": False},
        "additionalProperties",
        "/b",
    ),
    "items": ({"type": "array", "items": NUMBER}, {"items": INTEGER}, "type", "/*"),
    "prefixItems": ({"type": "array", "prefixItems": [TEXT]}, {"prefixItems": [INTEGER]}, "type", "/0"),
    "items after a list": ({"type": "array", "items": [TEXT]}, {"items": TEXT}, "type", "/*"),
    "minItems": ({"type": "array"}, {"minItems": 1}, "minItems", ""),
    "maxItems": ({"type": "array"}, {"maxItems": 3}, "maxItems", ""),
    "uniqueItems": ({"type": "array", "items": TEXT}, {"uniqueItems": True}, "uniqueItems", ""),
    "contains": ({"type": "array", "items": TEXT}, {"contains": TEXT}, "contains", ""),
    "allOf": (TEXT, {"allOf": [TEXT, {"minLength": 1}]}, "minLength", ""),
    "anyOf on the left": ({"anyOf": [TEXT, NULL]}, TEXT, "enum", ""),
    "anyOf on the right": ({"type": "boolean"}, {"anyOf": [INTEGER, TEXT]}, "enum", ""),
    "a branch that became narrower": (
        TAGGED,
        {"oneOf": [thing(["kind"], kind={"const": "card"}, number=INTEGER), TAGGED["oneOf"][1]]},
        "type",
        "/number",
    ),
    "oneOf of parts that overlap": (INTEGER, {"oneOf": [INTEGER, NUMBER]}, "oneOf", ""),
    "not": (TEXT, {"not": {"minLength": 3}}, "not", ""),
    "then": (
        thing(["a"]),
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        "required",
        "/b",
    ),
    "else": (thing(), {"if": {"required": ["a"]}, "else": {"required": ["b"]}}, "required", "/b"),
}


@pytest.mark.parametrize("name", INCLUDED)
def test_it_is_included(name: str) -> None:
    a, b = INCLUDED[name]
    assert [one_of(each) for each in against(a, b)] == []


@pytest.mark.parametrize("name", OUT)
def test_it_is_not_included(name: str) -> None:
    a, b, keyword, pointer = OUT[name]
    found = against(a, b)
    assert (keyword, pointer) in [one_of(each) for each in found if each.sure]


UNDECIDED: dict[str, tuple[Any, Any]] = {
    "another pattern": ({"type": "string", "pattern": "^ab+$"}, {"pattern": "^a"}),
    "a pattern that the engine does not know": (TEXT, {"pattern": "(?=a)"}),
    "unevaluatedItems": ({"type": "array"}, {"unevaluatedItems": False}),
    "a dynamic reference": (TEXT, {"$dynamicRef": "#a"}),
    "what is no schema": (TEXT, {"minLength": "many"}),
    "a reference that leads nowhere": (TEXT, {"allOf": [{"$ref": "#/$defs/none"}]}),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_decided_is_said_and_is_no_inclusion(name: str) -> None:
    a, b = UNDECIDED[name]
    found = against(a, b)
    assert found
    assert not any(each.sure for each in found)


def test_in_the_open_model_nobody_sends_what_is_not_declared() -> None:
    rules = Rules(open=True)
    assert against(thing(), thing(a=TEXT), rules) == []
    assert against(thing(), {**thing(), **CLOSED}, rules) == []
    assert [one_of(each) for each in against(thing(a=TEXT), {**thing(), **CLOSED}, rules)] == [
        ("additionalProperties", "/a")
    ]
    numbers = {"type": "object", "additionalProperties": NUMBER}
    assert against(numbers, {"additionalProperties": INTEGER}, rules)


def test_what_is_not_sent_in_this_direction_is_left_out() -> None:
    rules = Rules(open=True, ignored="readOnly")
    made = {**TEXT, "readOnly": True}
    assert against(thing(id=TEXT), thing(["id"], id=made), rules) == []
    assert against(thing(id=made), thing(id=INTEGER), rules) == []
    assert against(thing(id=TEXT), thing(["id"], id=TEXT), rules)


def test_formats_constrain_where_they_are_told_to() -> None:
    rules = Rules(formats=True)
    small, large = ({**INTEGER, "format": name} for name in ("int32", "int64"))
    assert against(small, large, rules) == []
    assert [one_of(each) for each in against(large, small, rules)] == [("format", "")]
    assert against({**TEXT, "format": "date"}, TEXT, rules) == []


def test_an_edit_in_a_shared_schema_is_found_once_with_its_places() -> None:
    old = {"$defs": {"a": thing(x=TEXT)}, "one": {"$ref": "#/$defs/a"}, "two": thing(y={"$ref": "#/$defs/a"})}
    new = {**old, "$defs": {"a": thing(x=INTEGER)}}
    before, after = Document(old), Document(new)
    engine = Engine()
    found = []
    for place in ("one", "two"):
        engine.place = place
        found += engine.included((Term(before, old[place]),), (Term(after, new[place]),))
    finding = found[0]
    assert set(found) == {finding}
    assert (finding.schema, finding.pointer, list(finding.places)) == ("a", "/x", ["one", "two"])


def test_what_rested_on_a_pair_that_failed_is_looked_at_again() -> None:
    """`b` was taken as included while `a` was compared; when `a` fails, `b` does, too."""

    def both(kind: Any) -> Any:
        return {
            "$defs": {
                "a": thing(b={"$ref": "#/$defs/b"}, z=kind),
                "b": thing(a={"$ref": "#/$defs/a"}),
            },
            "first": {"$ref": "#/$defs/a"},
            "second": {"$ref": "#/$defs/b"},
        }

    old, new = both(TEXT), both(INTEGER)
    before, after, engine = Document(old), Document(new), Engine()
    for name in ("first", "second"):
        assert engine.included((Term(before, old[name]),), (Term(after, new[name]),))
