"""Which engine compares which format."""

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any

from rollouts.contracts.formats.reading import MOST_BYTES, bounded
from rollouts.contracts.formats.values import Comparison, Direction, Flow, Unreadable

FLOWS: Mapping[str, tuple[Direction, ...]] = {
    "openapi": (Direction.REQUEST, Direction.RESPONSE),
    "asyncapi": (Direction.EVENT,),
    "jsonschema": (Direction.EVENT,),
    "avro": (Direction.EVENT,),
    "protobuf": (Direction.EVENT,),
    "graphql": (Direction.REQUEST, Direction.RESPONSE),
}
"""The formats, and the directions that each knows."""

ENGINES = {name: name for name in FLOWS} | {"openapi": "openapi.comparing"}

Text = str | Mapping[str, Any]
"""A document; of Protobuf also several files by name."""


def compare(
    format_: str,
    old: Text,
    new: Text,
    *,
    open_model: bool = False,
    category: str = "WIRE_JSON",
    today: date | None = None,
) -> Comparison:
    """What the new document does to who relies on the old one; never raises for what is in them.

    `open_model`: of JSON Schema, nobody sends what is not declared. `category`: buf's rules. `today`:
    operations whose sunset has passed by then may go. What cannot be read is unknown, and says why.
    """
    if format_ not in FLOWS:
        return Comparison(error=f"There is no format “{format_}”. There are: {', '.join(FLOWS)}.")
    try:
        return _compared(format_, old, new, open_model, category, today)
    except Unreadable as bad:
        return unknown(format_, str(bad))
    except (RecursionError, MemoryError):
        return unknown(format_, "The documents are too large or nested too deep to be compared.")
    except Exception as error:  # noqa: BLE001 - a fault of ours in what strangers wrote must never read as compatible
        return unknown(format_, f"They could not be compared ({type(error).__name__}).")


def unknown(format_: str, why: str) -> Comparison:
    """The answer where nothing was decided."""
    return Comparison(flows={each: Flow() for each in FLOWS.get(format_, ())}, error=why)


def _compared(
    format_: str, old: Text, new: Text, open_model: bool, category: str, today: date | None
) -> Comparison:
    engine = load(format_)
    if format_ == "protobuf":
        return _of(engine.compare(old, new, category=category))
    if not isinstance(old, str) or not isinstance(new, str):
        raise Unreadable("Only Protobuf has several files. Give the documents as texts.")
    bounded(old, MOST_BYTES)
    bounded(new, MOST_BYTES)
    if format_ == "openapi":
        return _of(engine.compare(old, new, today=today))
    if format_ == "jsonschema":
        return _of(engine.compare(old, new, open_=open_model))
    return _of(engine.compare(old, new))


def load(format_: str) -> Any:
    """The engine of a format. Most stand on a library that takes time to load: only that one is."""
    return import_module(f"rollouts.contracts.formats.{ENGINES[format_]}")


def _of(found: Any) -> Comparison:
    assert isinstance(found, Comparison)  # noqa: S101 - every engine's face
    return found
