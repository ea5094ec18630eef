"""A few values that a schema may allow: whoever uses them asks whether it does."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import Any

from rollouts.contracts.formats.subsumption.documents import Terms
from rollouts.contracts.formats.subsumption.evaluating import covering
from rollouts.contracts.formats.subsumption.nodes import Node, node

MOST, DEEP, LONGEST = 24, 5, 2000
TEXTS = ("", "a", "0", "A b", "2024-01-31", "a@b.example", "zz-9")


def examples(wanted: Node, depth: int = 0) -> list[Any]:
    """At most MOST values of different kinds. Raises BadReference."""
    return list(islice(_examples(wanted, depth), MOST))


def _examples(wanted: Node, depth: int) -> Iterator[Any]:
    if wanted.enum is not None:
        yield from wanted.enum
        return
    for choice in wanted.choices:
        if depth < DEEP:
            rest = wanted.with_choices(tuple(each for each in wanted.choices if each is not choice))
            for terms in choice.among[:6]:
                yield from islice(_examples(rest.also(terms), depth + 1), 4)
            return
    if "null" in wanted.types:
        yield None
    if "boolean" in wanted.types:
        yield from (True, False)
    yield from _numbers(wanted)
    if "string" in wanted.types:
        yield from _texts(wanted)
    if "object" in wanted.types:
        yield from _objects(wanted, depth)
    if "array" in wanted.types:
        yield from _arrays(wanted, depth)


def _numbers(wanted: Node) -> Iterator[Any]:
    edges = [bound[0] for bound in (wanted.low, wanted.high) if bound is not None]
    step = max([each for each in wanted.multiples if each], default=Fraction(1))
    around = [Fraction(0), *edges]
    if "integer" in wanted.types:
        for each in around:
            base = -(-each // step) * step
            yield from (int(value) for value in (base, base + step, base - step) if value.denominator == 1)
    if "fraction" in wanted.types:
        for each in around:
            yield from (float(each + Fraction(1, 2)), float(each - Fraction(1, 2)))


def _texts(wanted: Node) -> Iterator[str]:
    least = min(wanted.min_length, LONGEST)
    yield "x" * least
    for text in TEXTS:
        yield text.ljust(least, "x")
    if wanted.max_length is not None and wanted.max_length <= LONGEST:
        yield "x" * wanted.max_length


def _first(terms: Terms, depth: int) -> list[Any]:
    """Values of a part, found once: parts that are named in many places are asked for again and again."""
    if depth >= DEEP:
        return []
    if not terms:
        return _anything(depth + 1)
    known = terms[0].document.examples
    key = (depth, *(id(term.schema) for term in terms))
    if key not in known:
        # The terms are kept with it, so that nothing else gets their numbers.
        known[key] = terms, examples(node(terms), depth + 1)
    return known[key][1]


@cache
def _anything(depth: int) -> list[Any]:
    return examples(node(()), depth)


def _terms_of(wanted: Node, name: str) -> Terms:
    return tuple(term for facet in wanted.facets for term in covering(facet, name)[0])


def _objects(wanted: Node, depth: int) -> Iterator[Any]:
    names = {name for facet in wanted.facets for name in facet.properties}
    least: dict[str, Any] = {}
    for name in sorted(wanted.required):
        values = _first(_terms_of(wanted, name), depth)
        if not values:
            return
        least[name] = values[0]
    if not (wanted.required or wanted.min_properties):
        yield {}
    else:
        yield least
    for name in sorted(names)[:12]:
        for value in _first(_terms_of(wanted, name), depth)[:3]:
            yield {**least, name: value}
    if all(facet.additional is None for facet in wanted.facets):
        yield {**least, "undeclared": 1}


def _arrays(wanted: Node, depth: int) -> Iterator[Any]:
    if wanted.min_items == 0:
        yield []
    for first in _inside(wanted, 0, depth)[:3]:
        yield [first]
        many = [first]
        for place in range(1, min(max(wanted.min_items, 2), 8)):
            values = _inside(wanted, place, depth)
            many.append(next((each for each in values if each not in many), values[0] if values else first))
        yield many


def _inside(wanted: Node, place: int, depth: int) -> list[Any]:
    terms: Terms = ()
    for each in wanted.elements:
        if place < len(each.prefix):
            terms += (each.prefix[place],)
        elif each.rest is not None:
            terms += (each.rest,)
    if wanted.contains:
        terms += (wanted.contains[0][0],)
    return _first(terms, depth)
