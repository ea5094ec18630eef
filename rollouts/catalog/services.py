"""Applies `catalog.yaml`, or one entry of it, and marks what is gone. Idempotent; everything is logged."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Service
from rollouts.catalog.queries import administers, plans_for
from rollouts.catalog.registry import Applying, Outcome, Reader, Section, What, in_order, readers, sections
from rollouts.catalog.sections import note_service as note_service
from rollouts.lib.clock import database_now
from rollouts.lib.documents.faulty import Limits
from rollouts.lib.documents.problems import Marks, Path, Problem, Problems
from rollouts.lib.documents.shape import Shape
from rollouts.lib.documents.source import YAML, parse
from rollouts.lib.refusals import Refusal

API_VERSION = "gatehouse/v1"
LIMITS = Limits(bytes=10_000_000, depth=16, values=1_000_000)
"""Enough for 10,000 services with 40,000 dependencies."""


class Unsound(Refusal):
    """The file has errors; `problems` names every one. Nothing was applied."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        sentence = "The catalog has an error." if count == 1 else f"The catalog has {count} errors."
        super().__init__("unsound", sentence, "Mend what is named and apply it again.")
        self.problems = problems


class NotAllowed(Refusal):
    """The actor may not change this part of the catalog."""

    def __init__(self, sentence: str) -> None:
        super().__init__(
            "forbidden", sentence, "Ask a planner or an admin of the owning team, or an administrator."
        )


class Moved(Refusal):
    """Applying the file would now change other things than the preview said. Nothing was applied."""


@dataclass(frozen=True)
class Report:
    """What became of every entry."""

    outcomes: tuple[Outcome, ...]

    @property
    def fingerprint(self) -> str:
        """The same for two runs that change the same things."""
        told = json.dumps([outcome.as_json() for outcome in self.moved], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def count(self) -> dict[str, int]:
        counted = Counter(outcome.what.value for outcome in self.outcomes)
        return {what.value: counted[what.value] for what in What}

    @property
    def moved(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.what.moved)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count(), "outcomes": [outcome.as_json() for outcome in self.outcomes]}


def schema() -> dict[str, Any]:
    """The JSON Schema of `catalog.yaml`, from all registered sections."""
    lists = {
        section.name: {"type": "array", "items": section.schema, "description": section.schema["description"]}
        for section in in_order()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://gatehouse.dev/schemas/catalog/v1.json",
        "title": "Gatehouse catalog, v1",
        "type": "object",
        "description": "What runs, who owns it, and who relies on whom.",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of this schema."},
            "kind": {"const": "Catalog", "description": "What the document is."},
            **lists,
        },
        "required": ["apiVersion", "kind"],
        "additionalProperties": False,
    }


def apply_catalog(
    *,
    source: bytes,
    actor: Actor,
    face: Face,
    media_type: str = YAML,
    dry_run: bool = False,
    by: Person | None = None,
    previewed: str | None = None,
    origin: str = "",
) -> Report:
    """Brings the catalog to what the file says, in one transaction; a dry run takes everything back.

    Sections that the file does not have are left alone. In those it has, services, contracts and
    the like that it does not list are marked gone and kept. `by` is the person whose right is
    checked; `previewed` the fingerprint of the dry run that they saw; `origin` see `Reader`.
    Raises Unsound, NotAllowed and Moved.
    """
    reader = next((one for one in readers.values() if one.knows(source)), None)
    problems, document = (Problems(Marks()), {}) if reader else _read(source, media_type)
    with suppress(_TakeBack), transaction.atomic(durable=True):
        if by is not None and not administers(by):
            raise NotAllowed("Only an administrator of the installation changes the whole catalog.")
        run = Applying(actor, face, database_now(), problems, whole=reader is None)
        if reader:
            _by(reader, source, origin, run)
        for section in in_order():
            if section.name in document:
                _apply(section, document[section.name], run)
        _require_previewed(Report(tuple(run.outcomes)), previewed)
        if dry_run:
            raise _TakeBack
    return Report(tuple(run.outcomes))


def _read(source: bytes, media_type: str) -> tuple[Problems, dict[str, Any]]:
    """The document of a `catalog.yaml`, with its marks. Raises Unsound."""
    parsed = parse(source, media_type, limits=LIMITS)
    problems = Problems(parsed.marks).extend(parsed.problems)
    if parsed.value is None and parsed.problems:
        raise Unsound(problems.sorted())
    Shape(schema()).check(parsed.value, parsed.marks, problems)
    document: Any = parsed.value
    if problems:
        raise Unsound(problems.sorted())
    return problems, document


def _by(reader: Reader, source: bytes, origin: str, run: Applying) -> None:
    """Lets a reader apply its kind of file. Raises Unsound."""
    reader.apply(source, origin, run)
    if run.problems:
        raise Unsound(run.problems.sorted())


def _require_previewed(report: Report, previewed: str | None) -> None:
    if previewed is not None and previewed != report.fingerprint:
        sentence = "The catalog was changed since the preview, and the file would now do something else."
        raise Moved("moved", sentence, "Look at the new preview and apply it then.")


class _TakeBack(Exception):
    """Ends a dry run's transaction without keeping anything."""


def _apply(section: Section, entries: list[dict[str, Any]], run: Applying) -> None:
    placed: list[tuple[Path, Mapping[str, Any]]] = []
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        path: Path = (section.name, index)
        name = entry.get("name")
        if name in seen:
            run.problems.add((*path, "name"), f"{name} stands twice in {section.name}.", "Keep one of them.")
        elif name:
            seen.add(name)
        placed.append((path, entry))
    if not run.problems:
        section.apply(placed, run)
    if run.problems:
        raise Unsound(run.problems.sorted())


class Taken(Refusal):
    """Another entry has this name."""


def save_entry(*, section: str, entry: dict[str, Any], by: Person, face: Face, new: bool = False) -> Outcome:
    """Saves one entry of a section, as the page and the API do; with `new` it must not exist yet.

    Raises Unsound, NotAllowed and Taken.
    """
    found = sections[section]
    check_shape(found.schema, entry)
    with changing(by=by, face=face) as run:
        if not found.may(by, entry):
            raise NotAllowed(f"You may not change {entry.get('name', 'this')} in {section}.")
        found.apply([((), entry)], run)
        if new and run.outcomes and run.outcomes[0].what is not What.ADDED:
            raise Taken("taken", f"{entry['name']} exists already.", "Choose another name, or edit that one.")
    return run.outcomes[0]


def check_shape(schema: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    """Raises Unsound when an entry is not as its schema says."""
    problems = Problems(Marks())
    Shape(schema).check(entry, Marks(), problems)
    if problems:
        raise Unsound(problems.sorted())


@contextmanager
def changing(*, by: Person, face: Face) -> Iterator[Applying]:
    """The transaction of a change to one entry. Raises Unsound at its end when it found problems."""
    problems = Problems(Marks())
    with transaction.atomic(durable=True):
        run = Applying(by.actor, face, database_now(), problems, whole=False)
        yield run
        if problems:
            raise Unsound(problems.sorted())


def retire_service(*, slug: str, by: Person, face: Face) -> Outcome:
    """Marks a service as gone; its history stays. Raises Service.DoesNotExist and NotAllowed."""
    with changing(by=by, face=face) as run:
        row = Service.objects.select_for_update(of=("self",)).select_related("team").get(slug=slug)
        if not plans_for(by, row.team.slug):
            raise NotAllowed(f"You may not retire {row.name}.")
        what = What.UNCHANGED if row.gone_at else What.GONE
        if row.gone_at is None:
            row.gone_at = run.now
            row.save(update_fields=["gone_at"])
        note_service(run, slug, what)
    return run.outcomes[-1]
