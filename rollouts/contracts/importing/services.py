"""Verbs of imports: declare, ask now, stop; and the due work that asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Person, Team
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, Face
from rollouts.catalog import services as catalog
from rollouts.catalog.queries import administers
from rollouts.catalog.registry import SLUG, entry_schema
from rollouts.catalog.services import NotAllowed, Report, Unsound, check_shape
from rollouts.contracts.importing.addresses import raw
from rollouts.contracts.importing.models import Import
from rollouts.lib import http, secrets
from rollouts.lib.clock import database_now
from rollouts.lib.documents.source import media_type_of
from rollouts.lib.refusals import Refusal

TIMEOUT_S = 15
MOST_BYTES = 2_000_000
KEPT_OUTCOMES = 300
"""Of what a change did, so many entries are kept beside the counts."""
IMPORT = entry_schema(
    {
        "name": SLUG,
        "address": {
            "type": "string",
            "pattern": "^https?://\\S+$",
            "maxLength": 500,
            "description": "Of catalog.yaml or catalog-info.yaml; a page about it at a Git host will do.",
        },
        "team": {**SLUG, "description": "The team that is told when it fails."},
        "every_minutes": {
            "type": "integer",
            "minimum": 5,
            "maximum": 10_080,
            "description": "How often it is asked. Default 60.",
        },
        "enabled": {"type": "boolean", "description": "Default true."},
        "token": {
            "type": "string",
            "maxLength": 2000,
            "description": "A bearer token. Left out: the one that is kept; empty: none.",
        },
    },
    ["name", "address", "team"],
    "A catalog file at an address.",
)


@dataclass(frozen=True)
class Answer:
    """What asking gave: the report of a change or of a preview; none where the file did not change."""

    report: Report | None
    unchanged: bool = False


class Faulty(Refusal):
    """The file could not be fetched or applied; the catalog is as it was."""


def save_import(*, entry: dict[str, Any], by: Person, face: Face) -> Import:
    """Declares an import, or changes it; it is asked at once. Raises Unsound, NotAllowed and Refusal."""
    check_shape(IMPORT, entry)
    with transaction.atomic(durable=True):
        _require_administrator(by)
        team = Team.objects.filter(slug=entry["team"]).first()
        if team is None:
            raise Refusal("unknown_team", f"There is no team named {entry['team']}.", "Correct the name.")
        row = Import.objects.select_for_update().filter(slug=entry["name"]).first()
        row = row or Import(slug=entry["name"])
        new, was, now = row.pk is None, row.address, database_now()
        row.address, row.team = raw(entry["address"]), team
        row.every_minutes, row.enabled = entry.get("every_minutes", 60), entry.get("enabled", True)
        if "token" in entry:
            row.access = secrets.encrypt(entry["token"]) if entry["token"] else ""
        if row.address != was:
            row.etag = row.modified = ""
        row.due_at = now if row.enabled else None
        row.save()
        word = "added" if new else "changed"
        sentence = f"{by.name}: import {row.slug} of {row.address} {word}."
        _log(row, f"import.{word}", by.actor, face, now, sentence)
    return row


def stop_import(*, slug: str, by: Person, face: Face) -> Import:
    """It is not asked any more; what it listed stays. Raises NotAllowed and Import.DoesNotExist."""
    with transaction.atomic(durable=True):
        _require_administrator(by)
        row = Import.objects.select_for_update().get(slug=slug)
        row.enabled, row.due_at = False, None
        row.save(update_fields=["enabled", "due_at"])
        _log(row, "import.stopped", by.actor, face, database_now(), f"{by.name}: import {slug} stopped.")
    return row


def ask_now(*, slug: str, by: Person, face: Face, dry_run: bool = False) -> Answer:
    """Fetches the file and applies it, also when it did not change; `dry_run` only says what it would do.

    Raises NotAllowed, Faulty and Import.DoesNotExist.
    """
    _require_administrator(by)
    row = Import.objects.get(slug=slug)
    return _ask(row, by.actor, face, fresh=True, dry_run=dry_run)


def due(now: datetime, limit: int) -> Sequence[int]:
    """Imports that are to be asked."""
    return list(Import.objects.due(now).values_list("pk", flat=True)[:limit])


def run(pk: int) -> None:
    """Asks one that is due; the next time is set before, so that a crash loses a turn, not the schedule."""
    with transaction.atomic():
        row = Import.objects.select_for_update().filter(pk=pk, enabled=True).first()
        now = database_now()
        if row is None or row.due_at is None or row.due_at > now:
            return
        row.due_at = now + timedelta(minutes=row.every_minutes)
        row.save(update_fields=["due_at"])
    try:
        _ask(row, Actor(kind="system", id=row.origin, name=f"Import {row.slug}"), Face.TICKER)
    except Faulty:
        return  # noted on the import, and told to its team


def _require_administrator(by: Person) -> None:
    if not administers(by):
        raise NotAllowed("Only an administrator of the installation imports catalog files.")


def _ask(row: Import, actor: Actor, face: Face, *, fresh: bool = False, dry_run: bool = False) -> Answer:
    try:
        found = _fetch(row, fresh=fresh)
        if found is None:
            report = None
        else:
            report = catalog.apply_catalog(
                source=found.body,
                media_type=media_type_of(row.address.split("?")[0]),
                actor=actor,
                face=face,
                dry_run=dry_run,
                origin=row.origin,
            )
    except (http.Refused, http.Failed, secrets.Unreadable, Refusal) as fault:
        error = _words(fault)
        if not dry_run:
            _failed(row.pk, error)
        raise Faulty("import_failed", error, "Mend the file or its address, then ask again.") from fault
    if not dry_run:
        _succeeded(row.pk, found, report)
    return Answer(report, unchanged=found is None)


def _fetch(row: Import, *, fresh: bool) -> http.Response | None:
    """The file; None where it did not change. Raises Refused and Failed."""
    headers = {"Accept": "text/plain, application/yaml, application/json, */*"}
    if row.access:
        headers["Authorization"] = f"Bearer {secrets.decrypt(row.access)}"
    if not fresh and row.etag:
        headers["If-None-Match"] = row.etag
    if not fresh and row.modified:
        headers["If-Modified-Since"] = row.modified
    answer = http.fetch(
        "GET",
        row.address,
        headers=headers,
        timeout_s=TIMEOUT_S,
        max_bytes=MOST_BYTES,
        guard=http.operator_guard(),
    )
    if answer.status == 304 and not fresh:
        return None
    if answer.status != 200:
        raise http.Failed(f"{row.address.split('?')[0]} answered {answer.status}.")
    return answer


def _words(fault: Exception) -> str:
    if isinstance(fault, Unsound):
        first = fault.problems[0]
        return f"{fault.sentence} Line {first.line}: {first.message} {first.remedy}"
    return fault.sentence if isinstance(fault, Refusal) else str(fault)


@transaction.atomic
def _succeeded(pk: int, answer: http.Response | None, report: Report | None) -> None:
    row, now = (
        Import.objects.select_for_update(of=("self",)).select_related("team").get(pk=pk),
        database_now(),
    )
    row.asked_at = row.last_success_at = now
    row.last_error = ""
    if answer is not None:
        row.etag = answer.headers.get("etag", "")[:300]
        row.modified = answer.headers.get("last-modified", "")[:100]
    if report is not None and (report.moved or not row.report):
        told = report.as_json()
        kept = [one.as_json() for one in report.outcomes if one.what.moved or one.details]
        row.report, row.changed_at = {**told, "outcomes": kept[:KEPT_OUTCOMES]}, now
    if row.failing_told_at is not None:
        minutes = max(1, round((now - row.failing_told_at).total_seconds() / 60))
        row.failing_told_at = None
        sentence = f"The import {row.slug} works again, about {minutes} min after this was told."
        _log(row, "import.recovered", SYSTEM, Face.TICKER, now, sentence)
    row.save()


@transaction.atomic
def _failed(pk: int, error: str) -> None:
    row, now = (
        Import.objects.select_for_update(of=("self",)).select_related("team").get(pk=pk),
        database_now(),
    )
    row.asked_at = row.last_error_at = now
    row.last_error = error[:2000]
    if row.failing_told_at is None:
        row.failing_told_at = now
        sentence = f"The import {row.slug} fails: {error} The catalog stays as it was."
        _log(row, "import.failing", SYSTEM, Face.TICKER, now, sentence)
    row.save()


def _log(row: Import, kind: str, actor: Actor, face: Face, at: datetime, sentence: str) -> None:
    audit.append(
        stream=row.stream,
        kind=kind,
        actor=actor,
        face=face,
        content={
            "import": row.slug,
            "team": row.team.slug,
            "address": row.address.split("?")[0],
            "error": row.last_error,
            "sentence": sentence,
        },
        at=at,
    )
