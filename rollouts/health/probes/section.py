"""The section `probes` of `catalog.yaml`: also how the page and the API save one."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from rollouts.accounts.models import Person
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import plans_for
from rollouts.catalog.registry import (
    SLUG,
    Applying,
    Entry,
    Outcome,
    What,
    entry_schema,
    title_of,
    write,
)
from rollouts.health.models import Probe, ProbeAt
from rollouts.health.probes import checking, services
from rollouts.health.probes.values import MOST_STEPS, Step
from rollouts.lib import secrets
from rollouts.lib.documents.problems import Path

TEXT = {"type": "string", "maxLength": 2000}
PATTERN = {**TEXT, "minLength": 1, "description": "An expression of RE2."}
NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
FROM = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"json": {**TEXT, "minLength": 1}, "header": {**TEXT, "minLength": 1}, "regex": PATTERN},
    "description": "A path into JSON (items[0].id), a header, or the first group of an expression.",
}
EXPECT = entry_schema(
    {
        "status": {
            "oneOf": [
                {"type": "string", "pattern": "^[1-5]xx$"},
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 100, "maximum": 599},
                    "minItems": 1,
                    "maxItems": 20,
                },
            ],
            "description": "The status: 2xx (default), or a list of numbers.",
        },
        "body_matches": PATTERN,
        "body_lacks": {**PATTERN, "description": "An expression of RE2 that must not match."},
        "headers": {
            "type": "object",
            "additionalProperties": PATTERN,
            "description": "Header to expression.",
        },
        "within_s": {"type": "number", "exclusiveMinimum": 0, "description": "Seconds it may take."},
        "certificate_days": {
            "type": "integer",
            "minimum": 0,
            "maximum": 3650,
            "description": "Days that the certificate has to last.",
        },
    },
    [],
    "What has to hold; the first that does not ends the run.",
)
STEP = entry_schema(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "Its name for people."},
        "url": {
            "type": "string",
            "pattern": "^https?://\\S+$",
            "maxLength": 500,
            "description": "The address. Its path may hold {{variables}}.",
        },
        "method": {
            "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            "description": "Default GET.",
        },
        "headers": {
            "type": "object",
            "additionalProperties": TEXT,
            "propertyNames": {"pattern": "^[A-Za-z0-9-]{1,60}$"},
            "description": "Headers; values may hold {{variables}} and secrets.",
        },
        "body": {"type": "string", "maxLength": 20_000, "description": "What is sent."},
        "extract": {
            "type": "object",
            "additionalProperties": FROM,
            "propertyNames": NAME,
            "description": "Variables for later steps, and where each is taken from.",
        },
        "expect": EXPECT,
    },
    ["name", "url"],
    "One request.",
)
PROBE = entry_schema(
    {
        "name": SLUG,
        "title": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Its name for people."},
        "service": {**SLUG, "description": "The service that it checks; its team owns the check."},
        "environment": {**SLUG, "description": "Where."},
        "version": {"type": "string", "maxLength": 60, "description": "The version that it checks."},
        "version_header": {
            "type": "string",
            "pattern": "^[A-Za-z0-9-]{0,60}$",
            "description": "A header of every step that says the version.",
        },
        "connect_to": {
            "type": "string",
            "pattern": "^[A-Za-z0-9.:-]{0,200}$",
            "description": "A host to go to instead; Host and SNI stay those of the address.",
        },
        "interval_s": {"type": "integer", "minimum": 5, "maximum": 86_400, "description": "Default 60."},
        "timeout_s": {
            "type": "number",
            "minimum": 0.1,
            "maximum": 120,
            "description": "Seconds for all steps, less than the interval. Default 20, or half the interval.",
        },
        "in_a_row": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10,
            "description": "So many runs have to fail, one after the other. Default 2.",
        },
        "locations": {
            "type": "array",
            "items": SLUG,
            "minItems": 1,
            "maxItems": 10,
            "uniqueItems": True,
            "description": "Probers that run it, as GATEHOUSE_LOCATION names them. Default: here.",
        },
        "enabled": {"type": "boolean", "description": "Default true."},
        "steps": {"type": "array", "items": STEP, "minItems": 1, "maxItems": MOST_STEPS},
    },
    ["name", "service", "environment", "steps"],
    "A synthetic check: ordered HTTP steps, made on a beat.",
)


def apply_probes(entries: Sequence[tuple[Path, Entry]], run: Applying) -> None:
    """Makes the checks those of the file; in a whole file, one that is no longer listed is gone."""
    services_ = {row.slug: row for row in Service.objects.select_related("team")}
    environments = {row.slug: row for row in Environment.objects.all()}
    rows = {row.slug: row for row in Probe.objects.select_related("service")}
    for path, entry in entries:
        row = rows.pop(entry["name"], None) or Probe(slug=entry["name"])
        service, environment = services_.get(entry["service"]), environments.get(entry["environment"])
        if service is None:
            run.unknown((*path, "service"), "service", entry["service"])
        if environment is None:
            run.unknown((*path, "environment"), "environment", entry["environment"])
        if service and environment:
            _put(path, row, _values(entry, service, environment), run)
    if run.whole:
        for row in rows.values():
            if row.gone_at is None:
                row.gone_at = run.now
                row.save(update_fields=["gone_at"])
                _note(row, What.GONE, run)


def _values(entry: Entry, service: Service, environment: Environment) -> dict[str, Any]:
    interval = entry.get("interval_s", 60)
    return {
        "title": title_of(entry),
        "service": service,
        "environment": environment,
        "version": entry.get("version", ""),
        "version_header": entry.get("version_header", ""),
        "connect_to": entry.get("connect_to", ""),
        "interval_s": interval,
        "timeout_s": float(entry.get("timeout_s", min(20.0, interval / 2))),
        "in_a_row": entry.get("in_a_row", 2),
        "locations": list(entry.get("locations", [services.location()])),
        "steps": list(entry["steps"]),
        "enabled": entry.get("enabled", True),
        "gone_at": None,
    }


def _put(path: Path, row: Probe, values: dict[str, Any], run: Applying) -> None:
    try:
        known = set(services.opened(row))
    except secrets.Unreadable:
        known = set()
    steps = [Step.read(entry) for entry in values["steps"]]
    wrong = list(checking.faults(steps, secrets=known))
    for number, field, said in wrong:
        run.problems.add((*path, "steps", number, field), said, "Correct the step.")
    try:
        Probe(slug=row.slug, **values).full_clean(validate_unique=False)
    except ValidationError as error:
        run.problems.add(path, " ".join(error.messages), "Correct the check.")
        return
    if wrong:
        return
    what, details = write(row, values)
    ProbeAt.objects.filter(probe=row).exclude(location__in=row.locations).delete()
    ProbeAt.objects.bulk_create(
        [ProbeAt(probe=row, location=each, due_at=run.now) for each in row.locations], ignore_conflicts=True
    )
    if what.moved:
        row.places.update(due_at=run.now)
    _note(row, what, run, details)


def _note(row: Probe, what: What, run: Applying, details: tuple[str, ...] = ()) -> None:
    run.note(
        Outcome("probes", row.slug, what, details),
        stream=row.stream,
        kind="probe.declared",
        content={"probe": row.slug, "title": row.title, "service": row.service.slug},
    )


def may_save_probe(person: Person, entry: Entry) -> bool:
    """For planners of the team that owns its service, now and as it is to be."""
    teams = set(Probe.objects.filter(slug=entry["name"]).values_list("service__team__slug", flat=True))
    teams |= set(Service.objects.filter(slug=entry.get("service")).values_list("team__slug", flat=True))
    return person.is_staff or all(plans_for(person, team) for team in teams)
