"""Numbers, texts and lists of values: what the left side allows and the right side does not."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rollouts.contracts.formats.subsumption.evaluating import fits
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.nodes import NUMBERS, Node
from rollouts.contracts.formats.subsumption.patterns import matches
from rollouts.contracts.formats.subsumption.samples import examples

if TYPE_CHECKING:
    from rollouts.contracts.formats.subsumption.including import Engine

COUNTED = 100
"""Integers between two bounds that are looked at one by one at most."""
WIDER = {("int32", "int64"), ("float", "double")}
RANGES = {"int32": 31, "int64": 63}


def named(types: Collection[str]) -> str:
    """Types in the words of JSON Schema."""
    words = set(types)
    if words >= NUMBERS:
        words = words - NUMBERS | {"number"}
    return ", ".join(sorted(each.replace("fraction", "number") for each in words)) or "nothing"


def shown(value: Any) -> str:
    """A value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def finite(a: Node) -> list[Any] | None:
    """All values of `a`, where they are few; more than those when `a` says more of them."""
    if a.enum is not None:
        return a.enum
    if a.types <= NUMBERS and a.low is not None and a.low == a.high:
        number = a.low[0]
        return [int(number) if number.denominator == 1 else float(number)]
    if not a.types <= {"null", "boolean", "integer"}:
        return None
    found: list[Any] = [None] if "null" in a.types else []
    found += [False, True] if "boolean" in a.types else []
    if "integer" in a.types:
        if a.low is None or a.high is None or a.high[0] - a.low[0] > COUNTED:
            return None
        found += range(-(-a.low[0].numerator // a.low[0].denominator), a.high[0].__floor__() + 1)
    return found


def listed(engine: Engine, known: Sequence[Any], a: Node, b: Node, at: tuple[str, ...]) -> list[Finding]:
    """Of a left side with few values: those that the right side refuses."""
    refused: list[Any] = []
    unsure = False
    for value in known:
        inside = fits(value, a)
        if inside is False:
            continue
        there = fits(value, b)
        if there is False and inside:
            refused.append(value)
        elif not there:
            unsure = True
    if refused:
        words = ", ".join(shown(value) for value in refused[:5])
        return [engine.finding("enum", at, words + (" …" if len(refused) > 5 else ""))]
    return [engine.undecided("enum", at)] if unsure else []


def differences(engine: Engine, a: Node, b: Node, at: tuple[str, ...]) -> list[Finding]:
    """Of numbers and texts, and of a list of values on the right that the left has not."""
    if b.enum is not None:
        return [engine.finding("enum", at, named(a.types), ", ".join(shown(each) for each in b.enum[:5]))]
    found: list[Finding] = []
    if a.types & NUMBERS:
        found += _numbers(engine, a, b, at)
    if "string" in a.types:
        found += _texts(engine, a, b, at)
    if engine.rules.formats and a.types & (NUMBERS | {"string"}):
        found += _formats(engine, a, b, at)
    return found


def _numbers(engine: Engine, a: Node, b: Node, at: tuple[str, ...]) -> list[Finding]:
    found: list[Finding] = []
    low, high = inner(a)
    if b.low is not None and (low is None or low < b.low or (low[0] == b.low[0] and b.low[1] and not low[1])):
        found.append(engine.finding("minimum", at, _bound(a.low), _bound(b.low)))
    if b.high is not None and (
        high is None or high[0] > b.high[0] or (high[0] == b.high[0] and b.high[1] and not high[1])
    ):
        found.append(engine.finding("maximum", at, _bound(a.high), _bound(b.high)))
    steps = [*a.multiples, *([] if "fraction" in a.types else [Fraction(1)])]
    for wanted in sorted(b.multiples):
        if wanted and not any(each and (each / wanted).denominator == 1 for each in steps):
            left = ", ".join(str(float(each)) for each in sorted(a.multiples))
            found.append(engine.finding("multipleOf", at, left, float(wanted)))
    return found


def inner(a: Node) -> tuple[tuple[Fraction, bool] | None, tuple[Fraction, bool] | None]:
    """The bounds; of integers those that are taken on."""
    low, high = a.low, a.high
    if "fraction" not in a.types:
        if low is not None:
            whole = Fraction(-(-low[0].numerator // low[0].denominator))
            low = (whole + 1 if low[1] and whole == low[0] else whole, False)
        if high is not None:
            whole = Fraction(high[0].__floor__())
            high = (whole - 1 if high[1] and whole == high[0] else whole, False)
    return low, high


def _bound(bound: tuple[Fraction, bool] | None) -> str:
    if bound is None:
        return ""
    number = bound[0]
    text = str(number.numerator) if number.denominator == 1 else str(float(number))
    return f"{text} (excluded)" if bound[1] else text


def _texts(engine: Engine, a: Node, b: Node, at: tuple[str, ...]) -> list[Finding]:
    found: list[Finding] = []
    texts = [each for each in examples(a.only(frozenset({"string"}))) if fits(each, a)]
    if b.min_length > a.min_length:
        found.append(engine.finding("minLength", at, a.min_length, b.min_length))
    if b.max_length is not None and (a.max_length is None or a.max_length > b.max_length):
        found.append(engine.finding("maxLength", at, _or_none(a.max_length), b.max_length))
    for pattern in sorted(b.patterns - a.patterns):
        if any(matches(pattern, each) is False for each in texts):
            found.append(engine.finding("pattern", at, ", ".join(sorted(a.patterns)), pattern))
        else:
            found.append(engine.undecided("pattern", at, ", ".join(sorted(a.patterns)), pattern))
    if a.patterns and not all(b.min_length <= len(each) <= (b.max_length or len(each)) for each in texts):
        return found
    for each in found if a.patterns else ():
        # The pattern may exclude what the length alone would allow.
        each.sure = each.sure and each.keyword == "pattern"
    return found


def _or_none(bound: int | None) -> str:
    return "" if bound is None else str(bound)


def _formats(engine: Engine, a: Node, b: Node, at: tuple[str, ...]) -> list[Finding]:
    for wanted in sorted(b.formats - a.formats):
        if any((known, wanted) in WIDER for known in a.formats):
            continue
        return [engine.finding("format", at, ", ".join(sorted(a.formats)), wanted)]
    return []
