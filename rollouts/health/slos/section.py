"""The section `slos` of `catalog.yaml`: also how the page, the API and an import of OpenSLO save one."""

from collections.abc import Mapping, Sequence
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
from rollouts.health.models import Slo
from rollouts.health.values import Signal
from rollouts.lib.documents import durations
from rollouts.lib.documents.problems import Path

SLO = entry_schema(
    {
        "name": SLUG,
        "title": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Its name for people."},
        "description": {"type": "string", "maxLength": 4000, "description": "What it promises, and to whom."},
        "service": {**SLUG, "description": "The service that promises."},
        "environment": {**SLUG, "description": "Where it is measured."},
        "signal": {
            "enum": ["errors", "latency"],
            "description": "What is bad: failed requests (default), or answers slower than `slower_than`.",
        },
        "slower_than": {
            "type": "string",
            "pattern": "^[0-9.]+(ms|s)$",
            "description": "For latency: from when on an answer is slow, such as 300ms.",
        },
        "target": {
            "type": "number",
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 1,
            "description": "The share that is to be good, such as 0.999.",
        },
        "period": {
            "type": "string",
            "pattern": "^[0-9]{1,2}d$",
            "description": "The rolling period. Default 30d; at most 90d.",
        },
    },
    ["name", "service", "environment", "target"],
    "A service level objective: what share of requests is to be good.",
)


def apply_slos(entries: Sequence[tuple[Path, Entry]], run: Applying) -> None:
    """Makes the SLOs those of the file; in a whole file, one that is no longer listed is gone."""
    services = {row.slug: row for row in Service.objects.select_related("team")}
    environments = {row.slug: row for row in Environment.objects.all()}
    rows = {row.slug: row for row in Slo.objects.select_related("service")}
    for path, entry in entries:
        service, environment = services.get(entry["service"]), environments.get(entry["environment"])
        if service is None:
            run.unknown((*path, "service"), "service", entry["service"])
        if environment is None:
            run.unknown((*path, "environment"), "environment", entry["environment"])
        if service and environment:
            row = rows.pop(entry["name"], None) or Slo(slug=entry["name"])
            _put(path, entry, row, service, environment, run)
        else:
            rows.pop(entry["name"], None)
    if run.whole:
        for row in rows.values():
            if row.gone_at is None:
                end(row, run)


def _put(
    path: Path, entry: Entry, row: Slo, service: Service, environment: Environment, run: Applying
) -> None:
    values = _values(entry, service, environment)
    anew = row._state.adding or any(getattr(row, name) != values[name] for name in COUNTED)
    try:
        _sound(row.slug, values)
    except ValidationError as error:
        run.problems.add(path, " ".join(error.messages), "Correct the SLO.")
        return
    what, details = write(row, values)
    if anew:
        _count_anew(row, run)
    _note(row, what, run, details)


COUNTED = ("service", "environment", "signal", "slower_than_s", "period_days")
"""What, when changed, makes everything counted so far the count of something else."""


def _values(entry: Entry, service: Service, environment: Environment) -> dict[str, Any]:
    slow = entry.get("slower_than")
    return {
        "title": title_of(entry),
        "description": entry.get("description", ""),
        "service": service,
        "environment": environment,
        "signal": entry.get("signal", Signal.ERRORS.value),
        "slower_than_s": durations.parse(slow).total_seconds() if slow else None,
        "target": float(entry["target"]),
        "period_days": durations.parse(entry.get("period", "30d")).days,
        "gone_at": None,
    }


def _sound(slug: str, values: Mapping[str, Any]) -> None:
    """Raises ValidationError for values that do not belong together."""
    Slo(slug=slug, **values).full_clean(validate_unique=False)


def _count_anew(row: Slo, run: Applying) -> None:
    row.counts.all().delete()
    row.through_at, row.due_at, row.standing = None, run.now, {}
    row.save(update_fields=["through_at", "due_at", "standing"])


def end(row: Slo, run: Applying) -> None:
    """Promised no longer; its history stays in the log."""
    row.gone_at, row.firing, row.firing_since_at = run.now, "", None
    row.save(update_fields=["gone_at", "firing", "firing_since_at"])
    _note(row, What.GONE, run)


def _note(row: Slo, what: What, run: Applying, details: tuple[str, ...] = ()) -> None:
    run.note(
        Outcome("slos", row.slug, what, details),
        stream=row.stream,
        kind="slo.declared",
        content={"slo": row.slug, "title": row.title, "service": row.service.slug},
    )


def may_save_slo(person: Person, entry: Entry) -> bool:
    """For planners of the team that owns its service, now and as it is to be."""
    teams = set(Slo.objects.filter(slug=entry["name"]).values_list("service__team__slug", flat=True))
    teams |= set(Service.objects.filter(slug=entry.get("service")).values_list("team__slug", flat=True))
    return person.is_staff or all(plans_for(person, team) for team in teams)
