"""Operations, parameters, bodies and named schemas of OpenAPI 2.0 to 3.1."""

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.contracts.documents.elements.schemas import fields, shape, types
from rollouts.contracts.documents.elements.values import Kind, Named

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def elements(root: Any) -> Iterator[Named]:
    """What the document names, operations first."""
    for section in ("paths", "webhooks"):
        for path, item in _pairs(root, section):
            shared = item.get("parameters", []) if isinstance(item, Mapping) else []
            for method, given in _pairs(item):
                if method in METHODS and isinstance(given, Mapping):
                    yield from _operation(f"{method.upper()} {path}", given, shared, root)
    components = root.get("components")
    yield from types(components.get("schemas") if isinstance(components, Mapping) else None)
    yield from types(root.get("definitions"))


def _operation(name: str, given: Mapping[str, Any], shared: Any, root: Any) -> Iterator[Named]:
    said = str(given.get("summary") or given.get("operationId") or "")[:300]
    yield Named(Kind.OPERATION, name, shape=said, deprecated=given.get("deprecated") is True)
    for each in [*_listed(shared), *_listed(given.get("parameters"))]:
        parameter = local(each, root)
        if parameter.get("in") == "body":
            yield from _schema(name, parameter.get("schema"), root)
        elif parameter.get("name"):
            inside = parameter.get("schema", parameter)
            words = f"{parameter.get('in', '')} parameter, {shape(inside)}"
            needed = parameter.get("required") is True
            yield Named(Kind.FIELD, name, "", str(parameter["name"]), words, needed)
    yield from _content(name, local(given.get("requestBody"), root), root)
    for _code, answer in _pairs(given, "responses"):
        found = local(answer, root)
        yield from _content(name, found, root)
        yield from _schema(name, found.get("schema"), root)


def _content(name: str, body: Mapping[str, Any], root: Any) -> Iterator[Named]:
    for _media, inside in _pairs(body, "content"):
        if isinstance(inside, Mapping):
            yield from _schema(name, inside.get("schema"), root)


def _schema(name: str, schema: Any, root: Any) -> Iterator[Named]:
    """The fields of a message; those of a named schema stand at the schema, and are found there."""
    yield from fields(schema, operation=name)
    for used in _references(schema):
        yield Named(Kind.TYPE, name, used, shape="named schema")


def _references(schema: Any, depth: int = 0) -> Iterator[str]:
    """The named schemas that a message holds itself, or as elements."""
    if not isinstance(schema, Mapping) or depth > 4:
        return
    if isinstance(schema.get("$ref"), str):
        yield str(schema["$ref"]).rpartition("/")[2]
    yield from _references(schema.get("items"), depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for inside in _listed(schema.get(word)):
            yield from _references(inside, depth + 1)


def local(value: Any, root: Any) -> Mapping[str, Any]:
    """What stands there, or what its reference within the document names; nothing when that is elsewhere."""
    for _ in range(8):
        if not isinstance(value, Mapping):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return value
        value = _at(reference, root) if reference.startswith("#/") else None
    return {}


def _at(reference: str, root: Any) -> Any:
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        root = root.get(name) if isinstance(root, Mapping) else None
    return root


def _pairs(value: Any, word: str = "") -> Iterator[tuple[str, Any]]:
    inside = value.get(word) if word and isinstance(value, Mapping) else value
    yield from ((str(name), each) for name, each in inside.items()) if isinstance(inside, Mapping) else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
