"""Fields of a JSON Schema, one level after the other; a reference is named and not followed."""

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.contracts.documents.elements.values import Kind, Named

DEEPEST = 12
BOUNDS = {
    "minimum": "at least", "exclusiveMinimum": "over", "maximum": "at most", "exclusiveMaximum": "under",
    "minLength": "min. length", "maxLength": "max. length", "minItems": "min. elements",
    "maxItems": "max. elements", "multipleOf": "step", "pattern": "pattern", "format": "format",
}  # fmt: skip
MOST_WORDS = 300


def fields(
    schema: Any, *, operation: str = "", type_: str = "", at: str = "", depth: int = 0
) -> Iterator[Named]:
    """The fields below a schema, which stands at the field `at`; elements of a list stand where it does."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    for name, inside in _entries(schema, "properties"):
        here = f"{at}.{name}" if at else name
        yield Named(
            Kind.FIELD, operation, type_, here, shape(inside), name in needed,
            isinstance(inside, Mapping) and inside.get("deprecated") is True,
        )  # fmt: skip
        yield from fields(inside, operation=operation, type_=type_, at=here, depth=depth + 1)
    for inside in _elements(schema):
        yield from fields(inside, operation=operation, type_=type_, at=at, depth=depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(word)
        for inside in parts if isinstance(parts, list) else ():
            yield from fields(inside, operation=operation, type_=type_, at=at, depth=depth + 1)


def types(definitions: Any) -> Iterator[Named]:
    """The named schemas of a mapping, each with its fields."""
    for name, schema in definitions.items() if isinstance(definitions, Mapping) else ():
        yield Named(Kind.TYPE, type=str(name), shape=shape(schema))
        yield from fields(schema, type_=str(name))


def shape(schema: Any) -> str:
    """What is checked of a value, in words: "string, max. length 40"."""
    if schema is False:
        return "nothing"
    if not isinstance(schema, Mapping):
        return "anything"
    if isinstance(schema.get("$ref"), str):
        return str(schema["$ref"]).rpartition("/")[2]
    found = [_type(schema)]
    found += [f"{said} {schema[word]}" for word, said in BOUNDS.items() if _plain(schema.get(word))]
    if isinstance(schema.get("enum"), list):
        found.append("one of " + ", ".join(str(each) for each in schema["enum"][:12]))
    if "const" in schema:
        found.append(f"always {schema['const']}")
    for word, said in (("oneOf", "one of"), ("anyOf", "any of"), ("allOf", "all of")):
        if isinstance(schema.get(word), list):
            found.append(f"{said} {', '.join(shape(each) for each in schema[word][:6])}")
    return ", ".join(part for part in found if part)[:MOST_WORDS] or "anything"


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _type(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    said = " or ".join(map(str, given)) if isinstance(given, list) else str(given or "")
    inside = next(_elements(schema), None)
    if said == "array" and inside is not None:
        said = f"array of {shape(inside)}"
    return f"{said} or null" if schema.get("nullable") is True else said


def _elements(schema: Mapping[str, Any]) -> Iterator[Any]:
    items = schema.get("items")
    if isinstance(items, list):
        yield from items
    elif items is not None:
        yield items
    listed = schema.get("prefixItems")
    yield from listed if isinstance(listed, list) else ()
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]


def _entries(schema: Mapping[str, Any], word: str) -> Iterator[tuple[str, Any]]:
    inside = schema.get(word)
    yield from ((str(name), each) for name, each in inside.items()) if isinstance(inside, Mapping) else ()
