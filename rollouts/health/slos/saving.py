"""Verbs of SLOs: import OpenSLO, and end one. A single one is saved as an entry of the section `slos`."""

import re
from dataclasses import dataclass
from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.queries import plans_for
from rollouts.catalog.registry import Outcome
from rollouts.catalog.services import NotAllowed, Unsound, changing, check_shape
from rollouts.health.models import Slo
from rollouts.health.slos import openslo
from rollouts.health.slos.section import SLO, apply_slos, end, may_save_slo
from rollouts.lib.documents import durations
from rollouts.lib.documents.problems import Marks, Problem, Problems
from rollouts.lib.documents.source import LIMITS, YAML, parse

SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)
MOST_DOCUMENTS = 200


@dataclass(frozen=True)
class Imported:
    """What became of each SLO of a file, and what is measured otherwise than the file says."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]


def import_openslo(
    *, source: bytes, by: Person, face: Face, media_type: str = YAML, environment: str = ""
) -> Imported:
    """Makes the SLOs of an OpenSLO v1 file ours, all or none; `environment` is for those that name none.

    Raises Unsound, which names everything that is not supported, and NotAllowed.
    """
    read = _read(source, media_type)
    entries = [_entry(one, environment) for one in read]
    for index, entry in enumerate(entries):
        _require_shape(index, entry)
    with changing(by=by, face=face) as run:
        for entry in entries:
            if not may_save_slo(by, entry):
                raise NotAllowed(f"You may not declare an SLO of {entry['service']}.")
        apply_slos([((index,), entry) for index, entry in enumerate(entries)], run)
    return Imported(tuple(run.outcomes), tuple(note for one in read for note in one.notes))


def _read(source: bytes, media_type: str) -> list[openslo.Read]:
    documents: list[Any] = []
    problems = Problems(Marks())
    parts = [source] if media_type != YAML else _parts(source)
    for part in parts:
        parsed = parse(part, media_type, limits=LIMITS)
        problems.extend(parsed.problems)
        documents.append(parsed.value)
    if problems:
        raise Unsound(problems.sorted())
    try:
        return openslo.read(documents)
    except openslo.Refused as refused:
        raise Unsound(
            tuple(Problem(fault.path, 1, 1, fault.message, fault.remedy) for fault in refused.faults)
        ) from None


def _parts(source: bytes) -> list[bytes]:
    """The documents of a YAML stream; what cannot be decoded is left to the parser to refuse."""
    if len(source) > LIMITS.bytes:
        return [source]
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [source]
    parts = [part for part in SEPARATOR.split(text) if part.strip()]
    return [part.encode() for part in parts[:MOST_DOCUMENTS]] or [source]


def _entry(read: openslo.Read, environment: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": read.name,
        "title": read.title,
        "service": read.service,
        "environment": read.environment or environment,
        "signal": read.signal,
        "target": read.target,
        "period": f"{read.period.days}d",
    }
    if read.description:
        entry["description"] = read.description
    if read.slower_than is not None:
        entry["slower_than"] = durations.words(read.slower_than)
    return entry


def _require_shape(index: int, entry: dict[str, Any]) -> None:
    if not entry["environment"]:
        raise Unsound(
            (
                Problem(
                    f"/{index}/metadata/annotations/{openslo.ENVIRONMENT}",
                    1,
                    1,
                    f"{entry['name']} names no environment.",
                    "Choose one beside the file, or write the annotation.",
                ),
            )
        )
    check_shape(SLO, entry)


def end_slo(*, slug: str, by: Person, face: Face) -> Outcome:
    """Ends a promise; what was logged stays. Raises Slo.DoesNotExist and NotAllowed."""
    with changing(by=by, face=face) as run:
        row = (
            Slo.objects.kept()
            .select_for_update(of=("self",))
            .select_related("service", "service__team")
            .get(slug=slug)
        )
        if not plans_for(by, row.service.team.slug):
            raise NotAllowed(f"You may not end {row.title}.")
        end(row, run)
    return run.outcomes[-1]
