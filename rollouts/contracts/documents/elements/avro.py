"""Records, enums and fields of an Avro schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.contracts.documents.elements.schemas import DEEPEST
from rollouts.contracts.documents.elements.values import Kind, Named

NAMED = frozenset({"record", "error", "enum", "fixed"})


def elements(root: Any) -> Iterator[Named]:
    """The named types, each with its fields. A field with a default may be missing for who reads."""
    yield from _walk(root, 0)


def _walk(schema: Any, depth: int) -> Iterator[Named]:
    if depth > DEEPEST:
        return
    if isinstance(schema, list):
        for each in schema:
            yield from _walk(each, depth + 1)
    if not isinstance(schema, Mapping):
        return
    name = str(schema.get("name", ""))
    if isinstance(schema.get("type"), str) and schema["type"] in NAMED:
        yield Named(Kind.TYPE, type=name, shape=_shape(schema))
    fields = schema.get("fields")
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, Mapping):
            inside, at = field.get("type"), str(field.get("name", ""))
            yield Named(Kind.FIELD, "", name, at, _shape(inside), "default" not in field)
            yield from _walk(inside, depth + 1)
    for word in ("items", "values"):
        yield from _walk(schema.get(word), depth + 1)


def _shape(schema: Any, depth: int = 0) -> str:
    if isinstance(schema, list) and depth <= DEEPEST:
        return " or ".join(_shape(each, depth + 1) for each in schema)[:300]
    if not isinstance(schema, Mapping):
        return str(schema)[:100]
    kind = schema.get("type")
    if kind == "enum" and isinstance(schema.get("symbols"), list):
        return "one of " + ", ".join(map(str, schema["symbols"][:12]))
    if kind == "array" and depth <= DEEPEST:
        return f"array of {_shape(schema.get('items'), depth + 1)}"[:300]
    if schema.get("logicalType"):
        return str(schema["logicalType"])[:100]
    return str(schema.get("name") or kind or "")[:100]
