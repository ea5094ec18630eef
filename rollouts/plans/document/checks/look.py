"""Reads values out of a document whose shape may be wrong: what is not there, or no text, is skipped."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from rollouts.lib.documents import durations
from rollouts.lib.documents.problems import Path

Given = Mapping[str, Any]


def section(value: Any, key: str) -> Given:
    """The keys below `key`, or none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def entries(value: Any, key: str, base: Path = ()) -> Iterator[tuple[Path, Given]]:
    """The sets of keys in the list below `key`, with their paths."""
    for path, entry in items(value, key, base):
        if isinstance(entry, Mapping):
            yield path, entry


def items(value: Any, key: str, base: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every entry of the list below `key`, with its path."""
    found = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(found, list):
        for index, entry in enumerate(found):
            yield (*base, key, index), entry


def texts(value: Any, key: str, base: Path = ()) -> Iterator[tuple[Path, str]]:
    """The texts in the list below `key`, with their paths."""
    for path, entry in items(value, key, base):
        if isinstance(entry, str):
            yield path, entry


def text(value: Given, key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and found else None


def number(value: Given, key: str) -> float | None:
    found = value.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def length(value: Given, key: str) -> timedelta | None:
    found = text(value, key)
    if found is None:
        return None
    try:
        return durations.parse(found)
    except ValueError:
        return None


def stage_gates(stage: Given, path: Path) -> Iterator[tuple[Path, str | Given]]:
    """Every use of a gate in a stage: the name of a shared one, a gate of its own, or one inside that."""
    guards = section(stage, "gates")
    for side in ("entry", "exit"):
        for place, use in items(guards, side, (*path, "gates")):
            if isinstance(use, str | Mapping):
                yield place, use
            if isinstance(use, Mapping):
                yield from inline_parts(use, place)


def inline_parts(gate: Given, path: Path) -> Iterator[tuple[Path, Given]]:
    """The gates that are written inside a composite one."""
    if text(gate, "kind") == "composite":
        for place, part in entries(section(gate, "settings"), "parts", (*path, "settings")):
            if isinstance(inner := part.get("gate"), Mapping):
                yield (*place, "gate"), inner


def all_gates(document: Any) -> Iterator[tuple[Path, Given]]:
    """Every gate that is written out, shared ones first; those inside a composite one after it."""
    for path, gate in entries(document, "gates"):
        yield path, gate
        yield from inline_parts(gate, path)
    for path, stage in entries(document, "stages"):
        for place, use in stage_gates(stage, path):
            if not isinstance(use, str):
                yield place, use
