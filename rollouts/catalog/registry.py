"""Sections of `catalog.yaml`. Every package registers what it owns; the catalog applies them in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, Face
from rollouts.lib.documents.problems import Path, Problems
from rollouts.lib.registry import Registry

Entry = Mapping[str, Any]


class What(StrEnum):
    """What became of one entry. Gone ones are marked and kept; unlisted ones stay as they are; what is left
    out cannot be taken yet, and its details say why."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BACK = "back"
    GONE = "gone"
    UNLISTED = "unlisted"
    LEFT_OUT = "left_out"

    @property
    def moved(self) -> bool:
        return self in (What.ADDED, What.CHANGED, What.BACK, What.GONE)


@dataclass(frozen=True)
class Outcome:
    """What became of one entry, and how its values changed: `tier: 2 → 1`."""

    section: str
    name: str
    what: What
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "section": self.section,
            "name": self.name,
            "what": self.what.value,
            "details": list(self.details),
        }


@dataclass
class Applying:
    """One run over a file: who does it, when, and what it found. `whole` is false for a single entry."""

    actor: Actor
    face: Face
    now: datetime
    problems: Problems
    whole: bool = True
    outcomes: list[Outcome] = field(default_factory=list)

    def unknown(self, path: Path, what: str, name: str) -> None:
        """An entry names something that is nowhere."""
        self.problems.add(path, f"There is no {what} named {name}.", f"Add the {what}, or correct the name.")

    def note(self, outcome: Outcome, *, stream: str, kind: str, content: Mapping[str, Any]) -> None:
        """Counts an outcome; what moved is logged in the same transaction."""
        self.outcomes.append(outcome)
        if not outcome.what.moved:
            return
        details = f" ({'; '.join(outcome.details)})" if outcome.details else ""
        sentence = f"{self.actor.name}: {outcome.section} {outcome.name} {outcome.what.value}{details}."
        audit.append(
            stream=stream,
            kind=kind,
            actor=self.actor,
            face=self.face,
            content={**outcome.as_json(), **content, "sentence": sentence},
            at=self.now,
        )


@dataclass(frozen=True)
class Section:
    """One list of the file. `schema` is that of an entry; `may` says who may save a single one."""

    name: str
    order: int
    schema: Mapping[str, Any]
    apply: Callable[[Sequence[tuple[Path, Entry]], Applying], None]
    may: Callable[[Person, Entry], bool]


@dataclass(frozen=True)
class Reader:
    """Another kind of file that says what the catalog holds, told by its content.

    `apply(source, origin, run)`: `origin` names where the file lies, so that what it no longer lists is
    known; empty: the file's own name for itself.
    """

    name: str
    knows: Callable[[bytes], bool]
    apply: Callable[[bytes, str, Applying], None]


readers: Registry[Reader] = Registry("reader of catalog files")
sections: Registry[Section] = Registry("section of the catalog")


def in_order() -> list[Section]:
    return sorted(sections.values(), key=lambda section: (section.order, section.name))


def write(row: models.Model, values: Mapping[str, Any]) -> tuple[What, tuple[str, ...]]:
    """Brings a row to these values and saves it if anything differs; says what did, in words."""
    if row.pk is None:
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        return What.ADDED, ()
    was = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not was:
        return What.UNCHANGED, ()
    for name in was:
        setattr(row, name, values[name])
    row.save(update_fields=list(was))
    details = tuple(
        f"{name.replace('_', ' ')}: {_said(old)} → {_said(values[name])}"
        for name, old in was.items()
        if not name.endswith("_at")
    )
    back = "gone_at" in was and values["gone_at"] is None
    return (What.BACK if back else What.CHANGED), details


def _said(value: Any) -> str:
    return "nothing" if value in ("", None, []) else str(value)


SLUG = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60, "description": "A slug."}


def entry_schema(properties: dict[str, Any], required: list[str], description: str) -> dict[str, Any]:
    """The schema of one entry: nothing but what is described."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def title_of(entry: Entry) -> str:
    """Its title, else its name in words."""
    return str(entry.get("title") or entry["name"].replace("-", " ").capitalize())
