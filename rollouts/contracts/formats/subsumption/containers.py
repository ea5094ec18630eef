"""Objects and arrays: what the left side allows in them and the right side does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rollouts.contracts.formats.subsumption.documents import Document, Term, Terms
from rollouts.contracts.formats.subsumption.evaluating import covering, holds
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.nodes import Facet, Node, node

if TYPE_CHECKING:
    from rollouts.contracts.formats.subsumption.including import Engine

OWN = Document({})
FALSE = Term(OWN, False)
At = tuple[str, ...]


def resolved(a: Node) -> Iterator[Node]:
    """`a` with its first condition or need decided, both ways."""
    if a.conditions:
        first = a.conditions[0]
        rest = a.only(a.types)
        rest.conditions = a.conditions[1:]
        yield rest.also((first.test, *([first.then] if first.then else [])))
        other = rest.but((first.test,))
        yield other.also((first.other,)) if first.other else other
        return
    name, need, term = a.needs[0]
    rest = a.only(a.types)
    rest.needs = a.needs[1:]
    if name not in a.required:
        without = rest.only(rest.types)
        without.facets = (*rest.facets, Facet({name: FALSE}, {}, None))
        yield without
    with_it = rest.also((term,)) if term else rest.only(rest.types)
    with_it.required |= {name, *need}
    yield with_it


def differences(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    """Of objects and arrays."""
    found: list[Finding] = []
    if "object" in a.types:
        found += _objects(engine, a, b, at)
    if "array" in a.types:
        found += _arrays(engine, a, b, at)
    return found


# --- objects ---------------------------------------------------------------------------------------


def property_terms(engine: Engine, a: Node, name: str, *, sent: bool) -> tuple[Terms | None, bool]:
    """What `a` says of a property (None: it is never there), and whether all of it could be read.

    `sent`: whether `a` is what is sent, of which the open model says that nothing undeclared is in it.
    """
    terms: Terms = ()
    sure, declared = True, False
    for facet in a.facets:
        found, read = covering(facet, name)
        sure = sure and read
        # Additional properties of any kind are no declaration of this one.
        declared = declared or (bool(found) and found != (facet.additional,)) or not facet.open
        if any(term.schema is False for term in found):
            return None, sure
        terms += found
    if sent and engine.rules.open and not declared:
        return None, sure
    return tuple(term for term in terms if term.schema is not True), sure


def _ignored(engine: Engine, terms: Terms) -> bool:
    """Whether the property is not part of what is sent in this direction."""
    word = engine.rules.ignored
    return bool(word) and any(each.schema.get(word) is True for each in node(terms).terms)


def _objects(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    found: list[Finding] = []
    for name in sorted(b.required - a.required):
        theirs, _ = property_terms(engine, b, name, sent=False)
        if theirs is None or not _ignored(engine, theirs):
            found.append(engine.finding("required", (*at, name)))
    names = {name for facet in (*a.facets, *b.facets) for name in facet.properties}
    for name in sorted(names):
        found += _property(engine, a, b, name, at)
    found += _patterns(engine, a, b, at)
    found += _rest(engine, a, b, at)
    found += _sizes(engine, a, b, at)
    found += _names(engine, a, b, names, at)
    found += _needs(engine, a, b, at)
    return found


def _property(engine: Engine, a: Node, b: Node, name: str, at: At) -> list[Finding]:
    ours, sure = property_terms(engine, a, name, sent=True)
    if ours is None:
        engine.absent[engine.finding("properties", (*at, name))] = None
    if ours is None or _ignored(engine, ours):
        return []
    theirs, read = property_terms(engine, b, name, sent=False)
    there = (*at, name)
    if not (sure and read):
        return [engine.undecided("patternProperties", there)]
    if theirs is None:
        return [] if _nothing(engine, ours) else [engine.finding("additionalProperties", there)]
    if not theirs or _ignored(engine, theirs):
        return []
    return engine.included(ours, theirs, there)


def _nothing(engine: Engine, terms: Terms) -> bool:
    from rollouts.contracts.formats.subsumption.disjoining import empty

    return empty(engine, node(terms))


def _rest_terms(engine: Engine, a: Node, *, sent: bool) -> Terms | None:
    """What `a` says of properties that nobody names; None: there are none."""
    additional = [facet.additional for facet in a.facets if facet.additional is not None]
    if any(term.schema is False for term in additional):
        return None
    terms = tuple(term for term in additional if term.schema not in (True, {}))
    return None if sent and engine.rules.open and not terms else terms


def _rest(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    ours = _rest_terms(engine, a, sent=True)
    if ours is None:
        return []
    theirs = _rest_terms(engine, b, sent=False)
    there = (*at, "*")
    if theirs is None:
        return [] if _nothing(engine, ours) else [engine.finding("additionalProperties", there)]
    return engine.included(ours, theirs, there) if theirs else []


def _patterns(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    """Names that only patterns describe: the same pattern is compared, any other has to hold everywhere."""
    found: list[Finding] = []
    left = [(pattern, term) for facet in a.facets for pattern, term in facet.patterns.items()]
    right = [(pattern, term) for facet in b.facets for pattern, term in facet.patterns.items()]
    known = {pattern for pattern, _ in right}
    rest = _rest_terms(engine, b, sent=False)
    for pattern, term in left:
        there = (*at, pattern)
        same = tuple(each for other, each in right if other == pattern)
        if same:
            found += engine.included((term,), same, there)
        elif rest is None:
            more = [] if _nothing(engine, (term,)) else [engine.finding("additionalProperties", there)]
            found += [engine.undecided("patternProperties", there)] if more and known else more
        elif rest:
            more = engine.included((term,), rest, there)
            found += [engine.undecided("patternProperties", there)] if more and known else more
        others = [each for other, each in right if other != pattern]
        found += _overlapping(engine, term, others, there)
    ours = _rest_terms(engine, a, sent=True)
    mine = {pattern for pattern, _ in left}
    for pattern, term in right:
        if ours is not None and pattern not in mine:
            found += engine.included(ours, (term,), (*at, pattern))
    return found


def _overlapping(engine: Engine, term: Term, others: list[Term], at: At) -> list[Finding]:
    """Whether names of one pattern may fall under others, nobody can say: it has to hold there, too."""
    with engine.apart():
        held = not any(engine.included((term,), (other,), at) for other in others)
    if not held:
        return [engine.undecided("patternProperties", at)]
    return []


def _sizes(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    found: list[Finding] = []
    if b.min_properties > max(a.min_properties, len(a.required)):
        found.append(engine.finding("minProperties", at, a.min_properties or "", b.min_properties))
    if b.max_properties is not None:
        closed = _rest_terms(engine, a, sent=True) is None and not any(facet.patterns for facet in a.facets)
        declared = len({name for facet in a.facets for name in facet.properties})
        most = a.max_properties if not closed else min(declared, a.max_properties or declared)
        if most is None or most > b.max_properties:
            found.append(engine.finding("maxProperties", at, "" if most is None else most, b.max_properties))
    return found


def _names(engine: Engine, a: Node, b: Node, names: set[str], at: At) -> list[Finding]:
    found: list[Finding] = []
    for term in b.names:
        if any(term.key == own.key for own in a.names):
            continue
        for name in sorted(names):
            ours, _ = property_terms(engine, a, name, sent=True)
            if ours is not None and holds(name, (term,)) is False and holds(name, a.names) is not False:
                found.append(engine.finding("propertyNames", (*at, name)))
        if _rest_terms(engine, a, sent=True) is not None or any(facet.patterns for facet in a.facets):
            text = Term(OWN, STRING)
            found += engine.included((*a.names, text), (term,), (*at, "*"))
    return found


STRING = {"type": "string"}


def _needs(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    found: list[Finding] = []
    for name, need, term in b.needs:
        ours, _ = property_terms(engine, a, name, sent=True)
        if ours is None:
            continue
        for wanted in sorted(need - a.required):
            found.append(engine.finding("dependentRequired", (*at, wanted), name))
        if term is not None:
            with_it = a.only(frozenset({"object"}))
            with_it.required |= {name}
            found += engine.parts(with_it, node((term,)), at)
    return found


# --- arrays ----------------------------------------------------------------------------------------


def _arrays(engine: Engine, a: Node, b: Node, at: At) -> list[Finding]:
    found: list[Finding] = []
    if b.min_items > a.min_items:
        found.append(engine.finding("minItems", at, a.min_items or "", b.min_items))
    most = _longest(a)
    if b.max_items is not None and (most is None or most > b.max_items):
        found.append(engine.finding("maxItems", at, "" if most is None else most, b.max_items))
    if b.unique and not a.unique and (most is None or most > 1):
        found.append(engine.finding("uniqueItems", at))
    length = max([len(each.prefix) for each in (*a.elements, *b.elements)], default=0)
    for place in range(length if most is None else min(length, most)):
        found += _element(engine, _item(a, place), _item(b, place), (*at, str(place)))
    if most is None or most > length:
        found += _element(engine, _item(a, length), _item(b, length), (*at, "*"))
    for term, least, highest in b.contains:
        found += _contains(engine, a, term, least, highest, at)
    return found


def _longest(a: Node) -> int | None:
    """The most elements; an array whose rest is refused ends with its prefix."""
    ends = [len(each.prefix) for each in a.elements if each.rest is not None and each.rest.schema is False]
    return min([*ends, *([] if a.max_items is None else [a.max_items])], default=None)


def _item(a: Node, place: int) -> Terms:
    terms = [each.prefix[place] if place < len(each.prefix) else each.rest for each in a.elements]
    return tuple(term for term in terms if term is not None and term.schema is not True)


def _element(engine: Engine, ours: Terms, theirs: Terms, at: At) -> list[Finding]:
    return engine.included(ours, theirs, at) if theirs else []


def _contains(engine: Engine, a: Node, term: Term, least: int, most: int | None, at: At) -> list[Finding]:
    inside = (*at, "*")
    for own, own_least, own_most in a.contains:
        enough = own_least >= least and not engine.included((own,), (term,), inside)
        if most is not None:
            few = own_most is not None and own_most <= most
            enough = enough and few and not engine.included((term,), (own,), inside)
        if enough:
            return []
    if a.min_items >= least and most is None and not engine.included(_item(a, 1 << 20), (term,), inside):
        return []
    if not a.contains and a.min_items < least and most is None:
        return [engine.finding("contains", at)]
    return [engine.undecided("contains", at)]
