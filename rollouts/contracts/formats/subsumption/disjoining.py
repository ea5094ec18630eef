"""Whether two schemas share no value, whether one has none, and how one falls into parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rollouts.contracts.formats.subsumption import containers, values
from rollouts.contracts.formats.subsumption.documents import Document, Term, keys
from rollouts.contracts.formats.subsumption.evaluating import fits
from rollouts.contracts.formats.subsumption.nodes import NUMBERS, Facet, Node, canonical, node
from rollouts.contracts.formats.subsumption.samples import examples

if TYPE_CHECKING:
    from rollouts.contracts.formats.subsumption.including import Engine

DEEP = 4
OWN = Document({})
_CONSTANTS: dict[str, Term] = {}


def empty(engine: Engine, a: Node, depth: int = 0) -> bool:
    """Whether `a` has no value for sure."""
    if not a.types or any(keys(terms) <= keys(a.terms) for terms in a.nots):
        return True
    known = values.finite(a)
    if known is not None:
        return all(fits(value, a) is False for value in known)
    return all(_none_of(engine, a, kind, depth) for kind in a.types)


def _none_of(engine: Engine, a: Node, kind: str, depth: int) -> bool:
    if kind in NUMBERS:
        low, high = values.inner(a.only(frozenset({kind})))
        if low is None or high is None:
            return False
        return low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1]))
    if kind == "string":
        return a.max_length is not None and a.min_length > a.max_length
    if kind == "array":
        return a.max_items is not None and a.min_items > a.max_items
    if kind == "object":
        if a.max_properties is not None and max(a.min_properties, len(a.required)) > a.max_properties:
            return True
        return depth < DEEP and any(_never(engine, a, name, depth) for name in a.required)
    return False


def _never(engine: Engine, a: Node, name: str, depth: int) -> bool:
    """Whether the property can have no value."""
    terms, _ = containers.property_terms(engine, a, name, sent=False)
    if terms is None:
        return True
    return bool(terms) and empty(engine, node(terms), depth + 1)


def disjoint(engine: Engine, a: Node, b: Node, depth: int = 0) -> bool | None:
    """True: no value is in both; False: one is; None: it could not be said."""
    engine.spend()
    if not a.types & b.types:
        return True
    for one, other in ((a, b), (b, a)):
        known = values.finite(one)
        if known is not None:
            both = [fits(value, one) is not False and fits(value, other) for value in known]
            return False if True in both else (True if set(both) <= {False} else None)
    if _apart(engine, a, b, depth):
        return True
    together = [value for value in (*examples(a), *examples(b)) if fits(value, a) and fits(value, b)]
    return False if together else None


def _apart(engine: Engine, a: Node, b: Node, depth: int) -> bool:
    if empty(engine, _both(a, b), depth):
        return True
    if depth >= DEEP:
        return False
    with engine.apart():
        return _told_apart(engine, a, b, depth)


def _told_apart(engine: Engine, a: Node, b: Node, depth: int) -> bool:
    for one, other in ((a, b), (b, a)):
        for choice in one.choices:
            rest = one.with_choices(tuple(each for each in one.choices if each is not choice))
            if all(disjoint(engine, rest.also(terms), other, depth + 1) is True for terms in choice.among):
                return True
        if any(not engine.parts(other, node(terms), ("",)) for terms in one.nots):
            return True
    return a.types & b.types == {"object"} and any(
        _property_apart(engine, a, b, name, depth) for name in a.required | b.required
    )


def _both(a: Node, b: Node) -> Node:
    return a.also(b.terms).only(b.types)


def _property_apart(engine: Engine, a: Node, b: Node, name: str, depth: int) -> bool:
    one, _ = containers.property_terms(engine, a, name, sent=False)
    other, _ = containers.property_terms(engine, b, name, sent=False)
    if one is None or other is None:
        return True
    if not one or not other:
        return False
    return disjoint(engine, node(one), node(other), depth + 1) is True


def split(a: Node) -> Iterator[Node]:
    """`a` in parts that share no value: by type, else by the values of a property that it always has."""
    kinds = [NUMBERS & a.types] if a.types >= NUMBERS else []
    kinds += [frozenset({each}) for each in sorted(a.types) if not any(each in kind for kind in kinds)]
    if len(kinds) > 1:
        yield from (a.only(kind) for kind in kinds)
        return
    for name in sorted(a.required):
        terms = tuple(facet.properties[name] for facet in a.facets if name in facet.properties)
        known = values.finite(node(terms)) if terms else None
        if known is not None and 1 < len(known) <= 50:
            yield from (_with(a, name, value) for value in known)
            return
    yield a


def _with(a: Node, name: str, value: object) -> Node:
    """`a` with one value of a property."""
    text = canonical(value)
    term = _CONSTANTS.setdefault(text, Term(OWN, {"enum": [value]}))
    if len(_CONSTANTS) > 10_000:
        _CONSTANTS.clear()
    part = a.only(a.types)
    part.facets = (*a.facets, Facet({name: term}, {}, None))
    return part
