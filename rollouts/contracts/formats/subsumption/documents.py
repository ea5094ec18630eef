"""Schemas in their documents: where a reference leads, and what makes two of them the same."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Schema = Any
"""A JSON Schema as read: true, false or an object."""

DYNAMIC = ('"$dynamicRef"', '"$recursiveRef"')
SchemaKey = tuple[str, bool] | tuple[int, int]
"""What is written in a schema, or its place."""

HOPS = 50
"""References that are followed one after the other at most."""


class BadSchema(ValueError):
    """What is no schema cannot be compared."""


class BadReference(BadSchema):
    """A reference that leads out of the document, nowhere, or round in a circle."""


@dataclass(frozen=True, eq=False)
class Document:
    """What references are looked up in.

    `nullable`: OpenAPI 3.0, where that keyword adds null to the type. `siblings`: whether keywords beside
    a reference count (they do since draft 2019-09). `nodes`: its schemas, as they were taken apart;
    `examples`: values found for them. `same`: references that lead to the same in the document that it is
    compared with (see `link`).
    """

    root: Any
    nullable: bool = False
    siblings: bool = True
    nodes: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    examples: dict[tuple[int, ...], tuple["Terms", list[Any]]] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    _names: dict[str, Any] = field(default_factory=dict)
    _made: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    _keys: dict[int, tuple[Any, SchemaKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names.update(_named(self.root))

    def find(self, reference: str) -> Schema:
        """The schema that a local reference names. Raises BadReference."""
        if reference in self._names:
            return self._names[reference]
        base, _, fragment = reference.partition("#")
        start = self._names.get(base) if base else self.root
        if start is None:
            raise BadReference(
                f"“{reference}” leads out of the document: only references inside it are read."
            )
        return _at(start, fragment, reference)

    def key(self, schema: Schema) -> SchemaKey:
        """What makes a schema the same: what is written in it, or its place if it refers to what differs."""
        if id(schema) not in self._keys:
            text = json.dumps(schema, sort_keys=True)
            known = not any(word in text for word in DYNAMIC) and references(schema) <= self.same
            key: SchemaKey = (text, self.nullable) if known else (id(self), id(schema))
            self._keys[id(schema)] = (schema, key)
        return self._keys[id(schema)][1]

    def without_null(self, schema: Mapping[str, Any]) -> Schema:
        """The schema without its `nullable`; the same object each time."""
        if id(schema) not in self._made:
            made = {key: value for key, value in schema.items() if key not in ("nullable", "x-nullable")}
            self._made[id(schema)] = (schema, made)
        return self._made[id(schema)][1]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One schema of a document."""

    document: Document
    schema: Schema

    @property
    def key(self) -> SchemaKey:
        return self.document.key(self.schema)

    @property
    def target(self) -> "Term":
        """Where a schema that is a reference and nothing else leads. Raises BadReference."""
        term = self
        for _ in range(HOPS):
            schema = term.schema
            if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
                return term
            if len(schema) > 1 and self.document.siblings:
                return term
            term = Term(self.document, self.document.find(schema["$ref"]))
        raise BadReference("References lead on and on.")


Terms = tuple[Term, ...]
"""All of these hold; none: anything does."""


def references(schema: Schema) -> set[str]:
    """All references in a schema."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            if isinstance(here.get("$ref"), str):
                found.add(here["$ref"])
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return found


def link(old: Document, new: Document) -> None:
    """Finds the references that lead to the same in both: what is written there, and what that refers to.

    Most of two versions is the same, and is not compared.
    """
    if (old.nullable, old.siblings) != (new.nullable, new.siblings):
        return
    found: dict[str, set[str]] = {}
    for reference in references(old.root) & references(new.root):
        try:
            one, other = old.find(reference), new.find(reference)
        except BadReference:
            continue
        if json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True):
            found[reference] = references(one)
    while differing := [name for name, inside in found.items() if not inside <= found.keys()]:
        for name in differing:
            del found[name]
    old.same.update(found)
    new.same.update(found)


def keys(terms: Terms) -> frozenset[SchemaKey]:
    """What makes two conjunctions the same."""
    return frozenset([term.key for term in terms])


def places(terms: Terms) -> frozenset[SchemaKey]:
    """Where they stand."""
    return frozenset([(id(term.document), id(term.schema)) for term in terms])


def _at(start: Any, fragment: str, reference: str) -> Schema:
    found = start
    if fragment and not fragment.startswith("/"):
        raise BadReference(f"“{reference}” names nothing in the document.")
    for part in unquote(fragment).split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise BadReference(f"“{reference}” names nothing in the document.")
    if not isinstance(found, bool | Mapping):
        raise BadReference(f"“{reference}” names no schema.")
    return found


def _named(root: Any) -> Iterator[tuple[str, Any]]:
    """Schemas that name themselves by `$id`, `id` or `$anchor`."""
    waiting = [root]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            for word in ("$id", "id"):
                if isinstance(here.get(word), str):
                    yield here[word].removesuffix("#"), here
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(here.get(word), str):
                    yield f"#{here[word]}", here
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
