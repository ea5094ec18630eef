"""A document against a published JSON Schema, with faults in words instead of the library's."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rollouts.lib.documents.problems import Marks, Path, Problems

TYPES = {
    "object": "a set of keys",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


class Shape:
    """A JSON Schema (2020-12) that documents are held against."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = Draft202012Validator(schema)

    def check(self, document: Any, marks: Marks, problems: Problems) -> None:
        """Adds every place where the document does not have the shape."""
        for error in _leaves(self._validator.iter_errors(document)):
            path: Path = tuple(error.absolute_path)
            for place, message, remedy in _words(error, path, marks):
                if not problems.at(place):
                    problems.add(place, message, remedy)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """The errors that say something; those of `if` and `allOf` only wrap others."""
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of the library: which keyword of the schema, what it asks for, and what stands there."""

    keyword: str
    asks: Any
    value: Any
    schema: Mapping[str, Any]
    message: str


Words = tuple[Path, str, str]
Wording = Callable[[Fault, Path, Marks], Iterator[Words]]


def _words(error: ValidationError, path: Path, marks: Marks) -> Iterator[Words]:
    around = error.schema if isinstance(error.schema, Mapping) else {}
    fault = Fault(str(error.validator), error.validator_value, error.instance, around, error.message)
    yield from WORDINGS.get(fault.keyword, _other)(fault, path, marks)


def _name(path: Path) -> str:
    return str(next((part for part in reversed(path) if isinstance(part, str)), "the document"))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _type(fault: Fault, path: Path, marks: Marks) -> Iterator[Words]:
    wanted = fault.asks if isinstance(fault.asks, list) else [fault.asks]
    words = " or ".join(TYPES[name] for name in wanted)
    value, raw = fault.value, marks.raw(path)
    if value is None and raw in (None, ""):
        yield path, f"{_name(path)} is empty.", f"Write {words}, or remove it."
    elif "string" in wanted and isinstance(value, bool | int | float) and raw is not None:
        yield path, f"{raw} is read as {_kind(value)}, not as a text.", f'Write "{raw}" in quotes.'
    else:
        yield path, f"{_name(path)} must be {words}, not {_kind(value)}.", f"Write {words}."


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "a set of keys"


def _required(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    present = fault.value if isinstance(fault.value, dict) else {}
    for key in fault.asks:
        # The library reports one error for each missing key: take the one of this error.
        if key not in present and fault.message.startswith(repr(key)):
            what = fault.schema.get("properties", {}).get(key, {}).get("description", "")
            yield (*path, key), f"{key} is missing.", f"Add `{key}`. {what}".strip()


def _extra(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    known = list(fault.schema.get("properties", {}))
    for key in fault.value:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            remedy = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
            yield (*path, key), f"{key} is not a key that is known here.", remedy


def _enum(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    allowed = [str(value) for value in fault.asks]
    close = difflib.get_close_matches(str(fault.value), allowed, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    yield path, f"{_short(fault.value)} is not possible for {_name(path)}.", f"Write {_or(allowed)}.{hint}"


def _const(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    message = f"{_name(path)} is {_short(fault.value)}, which this release does not read."
    yield path, message, f"Write `{_name(path)}: {fault.asks}`."


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _pattern(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    what = fault.schema.get("description", "")
    yield path, f"{_short(fault.value)} is not how {_name(path)} is written.", what or "See the schema."


def _length(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    limit, many = fault.asks, fault.keyword.startswith("max")
    unit = "entries" if isinstance(fault.value, list) else "characters"
    if isinstance(fault.value, dict):
        unit = "keys"
    if not many and len(fault.value) == 0:
        known = ", ".join(fault.schema.get("properties", {}))
        remedy = f"Write one of {known}, or remove it." if known else "Write at least one, or remove it."
        yield path, f"{_name(path)} is empty.", remedy
        return
    side = "at most" if many else "at least"
    yield (
        path,
        f"{_name(path)} has {len(fault.value)} {unit}; {side} {limit} are read.",
        ("Shorten it." if many else "Add what is missing."),
    )


def _range(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    side = "at most" if fault.keyword == "maximum" else "at least"
    limit = f"{side} {fault.asks}"
    yield path, f"{_name(path)} is {fault.value}; it must be {limit}.", f"Write a number of {limit}."


def _unique(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    seen: list[Any] = []
    for index, value in enumerate(fault.value):
        if value in seen:
            yield (*path, index), f"{_short(value)} stands twice in {_name(path)}.", "Remove one."
        seen.append(value)


def _other(fault: Fault, path: Path, _marks: Marks) -> Iterator[Words]:
    yield path, f"{_name(path)} does not have the right shape.", "Compare it with the schema."


WORDINGS: dict[str, Wording] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _extra,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "minimum": _range,
    "maximum": _range,
    "uniqueItems": _unique,
}
