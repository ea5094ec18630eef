"""Whether one value is an instance: true, false, or None where that cannot be said."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from rollouts.contracts.formats.subsumption.documents import Term, Terms
from rollouts.contracts.formats.subsumption.nodes import Choice, Elements, Facet, Node, canonical, node
from rollouts.contracts.formats.subsumption.patterns import matches

DEEP = 60
Answer = bool | None


def type_of(value: Any) -> str:
    """The value's type; a number without a fraction is an integer however it is written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "fraction"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def every(answers: Iterable[Answer]) -> Answer:
    """False if one is, else None if one is."""
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            found = None
    return found


def some(answers: Iterable[Answer]) -> Answer:
    """True if one is, else None if one is."""
    found: Answer = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            found = None
    return found


def opposite(answer: Answer) -> Answer:
    return None if answer is None else not answer


def holds(value: Any, terms: Terms, depth: int = 0) -> Answer:
    """Whether the value is an instance of all of these. Raises BadReference."""
    return fits(value, node(terms), depth) if depth < DEEP else None


def fits(value: Any, wanted: Node, depth: int = 0) -> Answer:
    """Whether the value is an instance of what was taken apart. Raises BadReference."""
    kind = type_of(value)
    if kind not in wanted.types:
        return False
    if wanted.enum is not None and canonical(value) not in {canonical(each) for each in wanted.enum}:
        return False
    return every(_checks(value, kind, wanted, depth + 1))


def _checks(value: Any, kind: str, wanted: Node, depth: int) -> Iterable[Answer]:
    if kind in ("integer", "fraction"):
        yield within(Fraction(str(value)), wanted)
    elif kind == "string":
        yield wanted.min_length <= len(value) <= _most(wanted.max_length)
        yield every(matches(pattern, value) for pattern in wanted.patterns)
    elif kind == "array":
        yield wanted.min_items <= len(value) <= _most(wanted.max_items)
        yield not wanted.unique or len({canonical(each) for each in value}) == len(value)
        yield every(_elements(value, each, depth) for each in wanted.elements)
        yield every(_contains(value, *each, depth) for each in wanted.contains)
    elif kind == "object":
        yield from _object(value, wanted, depth)
    yield every(_choice(value, each, depth) for each in wanted.choices)
    yield every(opposite(holds(value, each, depth)) for each in wanted.nots)
    for condition in wanted.conditions:
        test = holds(value, (condition.test,), depth)
        if test is None:
            yield None
        elif (then := condition.then if test else condition.other) is not None:
            yield holds(value, (then,), depth)
    if wanted.unread:
        yield None


def _most(bound: int | None) -> float:
    return float("inf") if bound is None else bound


def within(value: Fraction, wanted: Node) -> bool:
    """Whether a number is within the bounds, and a multiple of what is wanted."""
    low, high = wanted.low, wanted.high
    if low is not None and (value < low[0] or (low[1] and value == low[0])):
        return False
    if high is not None and (value > high[0] or (high[1] and value == high[0])):
        return False
    return all(each and (value / each).denominator == 1 for each in wanted.multiples)


def _elements(value: list[Any], wanted: Elements, depth: int) -> Answer:
    terms = [*wanted.prefix[: len(value)]]
    if wanted.rest is not None:
        terms += [wanted.rest] * (len(value) - len(terms))
    return every(holds(each, (term,), depth) for each, term in zip(value, terms, strict=False))


def _contains(value: list[Any], term: Term, least: int, most: int | None, depth: int) -> Answer:
    answers = [holds(each, (term,), depth) for each in value]
    sure, may = answers.count(True), len(answers) - answers.count(False)
    if may < least or sure > _most(most):
        return False
    return True if sure >= least and may <= _most(most) else None


def _object(value: Mapping[str, Any], wanted: Node, depth: int) -> Iterable[Answer]:
    yield wanted.min_properties <= len(value) <= _most(wanted.max_properties)
    yield wanted.required <= value.keys()
    for name, each in value.items():
        yield every(holds(name, (term,), depth) for term in wanted.names)
        for facet in wanted.facets:
            terms, sure = covering(facet, name)
            yield every([holds(each, terms, depth), True if sure else None])
    for name, need, term in wanted.needs:
        if name in value:
            yield need <= value.keys()
            yield True if term is None else holds(value, (term,), depth)


def covering(facet: Facet, name: str) -> tuple[Terms, bool]:
    """What the facet says of a property, and whether all its patterns could be read."""
    said = [(term, matches(pattern, name)) for pattern, term in facet.patterns.items()]
    terms = [term for term, found in said if found]
    if name in facet.properties:
        terms.append(facet.properties[name])
    sure = all(found is not None for _, found in said)
    if not terms and sure and facet.additional is not None:
        terms = [facet.additional]
    return tuple(terms), sure


def _choice(value: Any, choice: Choice, depth: int) -> Answer:
    answers = [holds(value, each, depth) for each in choice.among]
    if not choice.one:
        return some(answers)
    if answers.count(True) > 1:
        return False
    if None in answers:
        return None
    return answers.count(True) == 1
