"""A conjunction of schemas, taken apart: what each type of value may be, and what is left to be chosen."""

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from rollouts.contracts.formats.subsumption.documents import (
    HOPS,
    BadReference,
    Document,
    Term,
    Terms,
)
from rollouts.contracts.formats.subsumption.evaluated import evaluated
from rollouts.contracts.formats.subsumption.soundness import sound

ALL = frozenset({"null", "boolean", "integer", "fraction", "string", "array", "object"})
"""Types that share no value: a number is an integer or a fraction."""
NUMBERS = frozenset({"integer", "fraction"})

NULL: Mapping[str, Any] = {"type": "null"}

NOT_READ = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef")
"""Keywords whose meaning depends on more than the value: they are compared as they are written."""


@dataclass(frozen=True, slots=True)
class Facet:
    """`properties`, `patternProperties` and `additionalProperties` of one schema; they belong together."""

    properties: Mapping[str, Term]
    patterns: Mapping[str, Term]
    additional: Term | None

    @property
    def open(self) -> bool:
        """Whether it says nothing of properties that it does not name."""
        return self.additional is None or self.additional.schema in (True, {})


@dataclass(frozen=True, slots=True)
class Elements:
    """`prefixItems` and `items` of one schema."""

    prefix: Terms
    rest: Term | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these at least holds, or exactly one."""

    among: tuple[Terms, ...]
    one: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """`if`, `then` and `else`."""

    test: Term
    then: Term | None
    other: Term | None


@dataclass
class Node:
    """What a conjunction says. Bounds are numbers and whether they are excluded themselves."""

    types: frozenset[str] = ALL
    enum: list[Any] | None = None
    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    multiples: frozenset[Fraction] = frozenset()
    min_length: int = 0
    max_length: int | None = None
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False
    elements: tuple[Elements, ...] = ()
    contains: tuple[tuple[Term, int, int | None], ...] = ()
    min_properties: int = 0
    max_properties: int | None = None
    required: frozenset[str] = frozenset()
    facets: tuple[Facet, ...] = ()
    names: Terms = ()
    needs: tuple[tuple[str, frozenset[str], Term | None], ...] = ()
    choices: tuple[Choice, ...] = ()
    nots: tuple[Terms, ...] = ()
    conditions: tuple[Condition, ...] = ()
    unread: frozenset[str] = frozenset()
    terms: Terms = field(default=())

    def also(self, terms: Terms) -> "Node":
        """What holds if these hold, too. Raises BadReference."""
        new = copy(self)
        _take(new, terms)
        return new

    def but(self, terms: Terms) -> "Node":
        """What holds if these do not."""
        new = copy(self)
        _exclude(new, terms)
        return new

    def with_choices(self, choices: tuple[Choice, ...]) -> "Node":
        new = copy(self)
        new.choices = choices
        return new

    def only(self, types: frozenset[str]) -> "Node":
        """The values of these types."""
        new = copy(self)
        new.types = self.types & types
        return new


def node(terms: Terms) -> Node:
    """The conjunction, taken apart; nobody changes what is given. Raises BadReference."""
    if len(terms) != 1:
        return Node().also(terms)
    known, schema = terms[0].document.nodes, terms[0].schema
    if id(schema) not in known:
        known[id(schema)] = schema, Node().also(terms)
    found: Node = known[id(schema)][1]
    return found


def canonical(value: Any) -> str:
    """A text that is the same for equal values."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _take(new: Node, terms: Terms) -> None:
    seen = {term.key for term in new.terms}
    waiting = [(term, 0) for term in reversed(terms)]
    while waiting:
        term, hops = waiting.pop()
        if term.key in seen and not isinstance(term.schema, bool):
            continue
        seen.add(term.key)
        if hops > HOPS:
            raise BadReference("References lead on and on.")
        schema = term.schema
        if schema is True:
            continue
        sound(schema)
        new.terms = (*new.terms, term)
        if schema is False:
            new.types = frozenset()
            continue
        if _nullable(schema, term.document) and "type" not in schema:
            # People mean "this or null" by it, most often around a reference in `allOf`.
            plain = Term(term.document, term.document.without_null(schema))
            new.choices = (*new.choices, Choice(((plain,), (Term(term.document, NULL),)), one=False))
            continue
        further = [Term(term.document, each) for each in schema.get("allOf", ())]
        if "$ref" in schema:
            further.append(Term(term.document, term.document.find(schema["$ref"])))
            if not term.document.siblings:
                waiting.append((further[-1], hops + 1))
                continue
        waiting.extend((each, hops + 1) for each in reversed(further))
        _types(new, schema, term.document)
        _bounds(new, schema)
        _containers(new, schema, term.document)
        _applied(new, schema, term.document)


def _nullable(schema: Mapping[str, Any], document: Document) -> bool:
    return document.nullable and True in (schema.get("nullable"), schema.get("x-nullable"))


def _types(new: Node, schema: Mapping[str, Any], document: Document) -> None:
    given = schema.get("type")
    null = _nullable(schema, document)
    if given is not None:
        named = {given} if isinstance(given, str) else set(given)
        if "file" in named:  # Swagger 2.0
            named = named - {"file"} | {"string"}
        atoms = frozenset().union(*(NUMBERS if each == "number" else {each} for each in named))
        new.types &= atoms | ({"null"} if null else set())
    for values in ([schema["const"]] if "const" in schema else None, schema.get("enum")):
        if values is not None:
            allowed = [*values, None] if null and None not in values else list(values)
            _enumerate(new, allowed)


def _enumerate(new: Node, values: list[Any]) -> None:
    known = {canonical(value) for value in values}
    before = values if new.enum is None else new.enum
    new.enum = [value for value in before if canonical(value) in known]


def _bounds(new: Node, schema: Mapping[str, Any]) -> None:
    for word, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        name = "low" if word == "minimum" else "high"
        other = schema.get(exclusive)
        if word in schema:
            _bound(new, name, schema[word], other is True)
        if other is not None and not isinstance(other, bool):
            _bound(new, name, other, True)
    if "multipleOf" in schema:
        step = Fraction(str(schema["multipleOf"]))
        new.multiples |= {step}
        if step.denominator == 1:
            new.types -= {"fraction"}
    for word, name in (
        ("minLength", "min_length"),
        ("minItems", "min_items"),
        ("minProperties", "min_properties"),
    ):
        setattr(new, name, max(getattr(new, name), int(schema.get(word, 0))))
    for word, name in (
        ("maxLength", "max_length"),
        ("maxItems", "max_items"),
        ("maxProperties", "max_properties"),
    ):
        if word in schema:
            given, before = int(schema[word]), getattr(new, name)
            setattr(new, name, given if before is None else min(before, given))
    new.patterns |= {schema["pattern"]} if "pattern" in schema else set()
    new.formats |= {schema["format"]} if isinstance(schema.get("format"), str) else set()


def _bound(new: Node, name: str, value: Any, excluded: bool) -> None:
    given = (Fraction(str(value)), excluded)
    before = getattr(new, name)
    if before is not None:
        tighter = max if name == "low" else min
        if given[0] == before[0]:
            given = (given[0], excluded or before[1])
        elif tighter(given[0], before[0]) == before[0]:
            given = before
    setattr(new, name, given)


def _containers(new: Node, schema: Mapping[str, Any], document: Document) -> None:
    def term(word: str) -> Term | None:
        return Term(document, schema[word]) if word in schema else None

    items = schema.get("items")
    prefix = schema.get("prefixItems", items if isinstance(items, list) else ())
    rest = term("additionalItems") if isinstance(items, list) else term("items")
    if prefix or rest is not None:
        new.elements = (*new.elements, Elements(tuple(Term(document, each) for each in prefix), rest))
    new.unique = new.unique or schema.get("uniqueItems") is True
    if "contains" in schema:
        counts = int(schema.get("minContains", 1)), schema.get("maxContains")
        new.contains = (*new.contains, (Term(document, schema["contains"]), *counts))
    new.required |= frozenset(schema["required"]) if isinstance(schema.get("required"), list) else frozenset()
    known = evaluated(schema, document) if "unevaluatedProperties" in schema else None
    left = term("additionalProperties") if known is None else term("unevaluatedProperties")
    facet = Facet(
        {name: Term(document, each) for name, each in (known or schema).get("properties", {}).items()},
        {name: Term(document, each) for name, each in (known or schema).get("patternProperties", {}).items()},
        left,
    )
    if facet.properties or facet.patterns or facet.additional is not None:
        new.facets = (*new.facets, facet)
    if (names := term("propertyNames")) is not None:
        new.names = (*new.names, names)
    _needs(new, schema, document)


def _needs(new: Node, schema: Mapping[str, Any], document: Document) -> None:
    """What a property demands beside it."""
    given = [*schema.get("dependentRequired", {}).items(), *schema.get("dependentSchemas", {}).items()]
    for name, wanted in [*given, *schema.get("dependencies", {}).items()]:
        listed = isinstance(wanted, list)
        need = frozenset(wanted) if listed else frozenset[str]()
        new.needs = (*new.needs, (name, need, None if listed else Term(document, wanted)))


def _applied(new: Node, schema: Mapping[str, Any], document: Document) -> None:
    for word in ("anyOf", "oneOf"):
        if word in schema:
            among = tuple((Term(document, each),) for each in schema[word])
            new.choices = (*new.choices, Choice(among, word == "oneOf"))
    if "not" in schema:
        _exclude(new, (Term(document, schema["not"]),))
    if "if" in schema:
        then, other = (Term(document, schema[word]) if word in schema else None for word in ("then", "else"))
        new.conditions = (*new.conditions, Condition(Term(document, schema["if"]), then, other))
    for word in NOT_READ:
        if word in schema and not (
            word == "unevaluatedProperties" and evaluated(schema, document) is not None
        ):
            new.unread |= {f"{word} {canonical(schema[word])}"}


def _exclude(new: Node, terms: Terms) -> None:
    """Types are taken away; anything else is kept as it is."""
    if len(terms) == 1 and isinstance(terms[0].schema, bool):
        new.types = frozenset() if terms[0].schema else new.types
        return
    schema = terms[0].schema if len(terms) == 1 else {}
    if schema.keys() == {"type"}:
        named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        gone = frozenset().union(*(NUMBERS if each == "number" else {each} for each in named))
        new.types -= gone
        return
    new.nots = (*new.nots, terms)
