"""A document against the published JSON Schema, with faults in words instead of the library's."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rollouts.plans.document.problems import Marks, Path, Problems

SCHEMA_FILE = FilePath(__file__).parent / "schema" / "v1.json"
TYPES = {
    "object": "a set of keys",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def schema_bytes() -> bytes:
    """The published schema, as it is served."""
    return SCHEMA_FILE.read_bytes()


@cache
def schema() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(schema_bytes())
    return loaded


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def check(document: Any, marks: Marks, problems: Problems) -> None:
    """Adds every place where the document does not have the published shape."""
    for error in _leaves(_validator().iter_errors(document)):
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


Words = tuple[Path, str, str]


def _words(error: ValidationError, path: Path, marks: Marks) -> Iterator[Words]:
    word: Callable[[ValidationError, Path, Marks], Iterator[Words]] = WORDINGS.get(str(error.validator), _other)
    yield from word(error, path, marks)


def _name(path: Path) -> str:
    return str(next((part for part in reversed(path) if isinstance(part, str)), "the document"))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _type(error: ValidationError, path: Path, marks: Marks) -> Iterator[Words]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = " or ".join(TYPES[name] for name in wanted)
    value, raw = error.instance, marks.raw(path)
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


def _required(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    present = error.instance if isinstance(error.instance, dict) else {}
    for key in error.validator_value:
        # The library reports one error for each missing key: take the one of this error.
        if key not in present and error.message.startswith(repr(key)):
            what = error.schema.get("properties", {}).get(key, {}).get("description", "")
            yield (*path, key), f"{key} is missing.", f"Add `{key}`. {what}".strip()


def _extra(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            remedy = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
            yield (*path, key), f"{key} is not a key that is known here.", remedy


def _enum(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    allowed = [str(value) for value in error.validator_value]
    close = difflib.get_close_matches(str(error.instance), allowed, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    yield path, f"{_short(error.instance)} is not possible for {_name(path)}.", f"Write {_or(allowed)}.{hint}"


def _const(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    message = f"{_name(path)} is {_short(error.instance)}, which this release does not read."
    yield path, message, f"Write `{_name(path)}: {error.validator_value}`."


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _pattern(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    what = error.schema.get("description", "")
    yield path, f"{_short(error.instance)} is not how {_name(path)} is written.", what or "See the schema."


def _length(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    limit, many = error.validator_value, str(error.validator).startswith("max")
    unit = "entries" if isinstance(error.instance, list) else "characters"
    if isinstance(error.instance, dict):
        unit = "keys"
    if not many and len(error.instance) == 0:
        known = ", ".join(error.schema.get("properties", {}))
        remedy = f"Write one of {known}, or remove it." if known else "Write at least one, or remove it."
        yield path, f"{_name(path)} is empty.", remedy
        return
    side = "at most" if many else "at least"
    yield path, f"{_name(path)} has {len(error.instance)} {unit}; {side} {limit} are read.", (
        "Shorten it." if many else "Add what is missing."
    )


def _range(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    side = "at most" if error.validator == "maximum" else "at least"
    limit = f"{side} {error.validator_value}"
    yield path, f"{_name(path)} is {error.instance}; it must be {limit}.", f"Write a number of {limit}."


def _unique(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    seen: list[Any] = []
    for index, value in enumerate(error.instance):
        if value in seen:
            yield (*path, index), f"{_short(value)} stands twice in {_name(path)}.", "Remove one."
        seen.append(value)


def _other(error: ValidationError, path: Path, _marks: Marks) -> Iterator[Words]:
    yield path, f"{_name(path)} does not have the right shape.", "Compare it with the schema."


WORDINGS: dict[str, Callable[[ValidationError, Path, Marks], Iterator[Words]]] = {
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
