"""Avro, by the checker of Apache's own library: what a reader can resolve of what a writer wrote."""

import json
from collections.abc import Iterator
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.schema import Schema, parse

from rollouts.contracts.formats.reading import bounded, read
from rollouts.contracts.formats.values import Comparison, Difference, Direction, Flow, Level, Unreadable, Use

MOST_BYTES = 256_000


def schema(text: str) -> Schema:
    """The schema as read. Raises Unreadable."""
    found = read(bounded(text, MOST_BYTES))
    try:
        return parse(json.dumps(found))
    except (AvroException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"This is no Avro schema: {_first_line(error)}") from error
    except RecursionError as error:
        raise Unreadable("The schema is nested too deep.") from error


def compare(old: str, new: str) -> Comparison:
    """The schema of an event: the provider writes it, consumers read it. Raises Unreadable."""
    before, after = schema(old), schema(new)
    differences = [
        *_resolved(reader=before, writer=after, level=Level.BREAKING),
        *_resolved(reader=after, writer=before, level=Level.SAFE),
    ]
    broken = {each.level for each in differences}
    differences += _fields(before, after)
    return Comparison(
        flows={Direction.EVENT: Flow(Level.SAFE not in broken, Level.BREAKING not in broken)},
        differences=tuple(differences),
    )


def _resolved(*, reader: Schema, writer: Schema, level: Level) -> Iterator[Difference]:
    try:
        checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
        found = checker.get_compatibility(reader, writer)
    except RecursionError as error:
        raise Unreadable("The schemas are nested too deep to be compared.") from error
    if found.compatibility is SchemaCompatibilityType.compatible:
        return
    who = "Consumers of the old version" if level is Level.BREAKING else "Readers of the new version"
    what = "the new one" if level is Level.BREAKING else "the old one"
    kinds = sorted({each.value for each in found.incompatibilities})
    # The library gives kinds, places and reasons as sets, not as threes.
    places = sorted({_named(reader, place) for place in found.locations})
    about = ", ".join(sorted(each.strip("{}'") for each in found.messages))
    why = " and ".join(WORDS.get(kind, kind.replace("_", " ")) for kind in kinds)
    yield Difference(
        rule="-".join(kinds).replace("_", "-"),
        level=level,
        location=", ".join(places),
        sentence=f"{who} cannot read {what}: {why}{f' ({about})' if about else ''}.",
        direction=Direction.EVENT,
        touches=tuple(Use(field=place) for place in places),
    )


WORDS = {
    "name_mismatch": "the names of two types differ",
    "fixed_size_mismatch": "a fixed type has another size",
    "missing_enum_symbols": "an enum holds symbols that they do not know",
    "reader_field_missing_default_value": "a field that they need is not written, and has no default",
    "type_mismatch": "a type has changed",
    "missing_union_branch": "a union has a branch that they do not know",
}


def _named(reader: Schema, place: str) -> str:
    """A place in the schema as a place in a message: fields by their names."""
    here: Any = reader.to_json()
    found: list[str] = []
    for step in place.split("/")[1:]:
        here = (
            here[int(step)]
            if isinstance(here, list) and step.isdigit() and int(step) < len(here)
            else (here.get(step) if isinstance(here, dict) else None)
        )
        if isinstance(here, dict) and step.isdigit() and "name" in here:
            found.append(str(here["name"]))
    return "".join(f"/{step}" for step in found) or "/"


def _fields(before: Schema, after: Schema) -> Iterator[Difference]:
    """Fields of the outermost record that only one of them has: who uses one is touched when it goes."""
    old, new = _names(before), _names(after)
    for name in sorted(old - new):
        yield _declared(name, "field-removed", "is gone")
    for name in sorted(new - old):
        yield _declared(name, "field-added", "is new")


def _names(schema: Any) -> set[str]:
    return {field.name for field in getattr(schema, "fields", ())}


def _declared(name: str, rule: str, said: str) -> Difference:
    return Difference(
        rule=rule,
        level=Level.SAFE,
        location=f"/{name}",
        sentence=f"The field “{name}” {said}.",
        direction=Direction.EVENT,
        touches=(Use(field=f"/{name}"),),
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
