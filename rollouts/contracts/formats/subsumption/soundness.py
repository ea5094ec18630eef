"""What each keyword may hold: anything else is no schema, and is not compared."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rollouts.contracts.formats.subsumption.documents import BadSchema


def sound(schema: Any) -> None:
    """Raises BadSchema for a keyword that holds what it cannot hold."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise BadSchema("A schema is an object, true or false.")
    for word, value in schema.items():
        fits = HELD.get(word)
        if fits is not None and not fits(value):
            raise BadSchema(f"“{word}” cannot be {json.dumps(value)[:40]}.")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return _number(value) and value >= 0 and float(value).is_integer()


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _schema(value: Any) -> bool:
    return isinstance(value, bool | Mapping)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_schema(each) for each in value)


def _by_name(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_schema(each) for each in value.values())


def _type(value: Any) -> bool:
    named = [value] if isinstance(value, str) else value
    return (
        isinstance(named, list)
        and bool(named)
        and all(isinstance(each, str) and each in WORDS for each in named)
    )


WORDS = frozenset({"null", "boolean", "integer", "number", "string", "array", "object", "file"})
HELD: Mapping[str, Callable[[Any], bool]] = {
    "type": _type,
    "enum": lambda value: isinstance(value, list),
    "$ref": _text,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": lambda value: isinstance(value, bool) or _number(value),
    "exclusiveMaximum": lambda value: isinstance(value, bool) or _number(value),
    "multipleOf": lambda value: _number(value) and value > 0,
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count
    ),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    "pattern": _text,
    "required": lambda value: isinstance(value, bool) or _texts(value),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _schemas),
    **dict.fromkeys(
        ("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "additionalItems"),
        _schema,
    ),
    "items": lambda value: (
        _schema(value) or (isinstance(value, list) and all(_schema(each) for each in value))
    ),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), _by_name),
    "dependentRequired": lambda value: isinstance(value, Mapping) and all(map(_texts, value.values())),
    "dependencies": lambda value: (
        isinstance(value, Mapping) and all(_texts(each) or _schema(each) for each in value.values())
    ),
}
"""What each keyword may hold."""
