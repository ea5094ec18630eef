"""Sections of `catalog.yaml`: contracts with their versions and consumers, and plain dependencies."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.catalog.queries import administers, plans_for
from rollouts.catalog.registry import (
    SLUG,
    Applying,
    Entry,
    Outcome,
    Section,
    What,
    entry_schema,
    title_of,
    write,
)
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.values import DependencyKind, Format, Readiness, VersionState
from rollouts.lib.documents.problems import Path

NAME = {**SLUG, "maxLength": 80}
VERSION = entry_schema(
    {
        "version": {
            "type": "string",
            "minLength": 1,
            "maxLength": 60,
            "description": 'The version, in quotes: "2".',
        },
        "state": {"enum": [state.value for state in VersionState], "description": "Default active."},
        "sunset": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": 'A day in quotes, such as "2026-12-11".',
        },
    },
    ["version"],
    "One version of a contract.",
)
CONSUMER = entry_schema(
    {
        "service": {**SLUG, "description": "The consuming service."},
        "uses": {
            "type": "string",
            "maxLength": 120,
            "description": 'The range it relies on, such as ">=2 <3".',
        },
        "reason": {"type": "string", "maxLength": 300, "description": "What for."},
        "readiness": {
            "enum": [readiness.value for readiness in Readiness],
            "description": "For the next version. Default unknown.",
        },
    },
    ["service"],
    "A service that relies on the contract.",
)
CONTRACT = entry_schema(
    {
        "name": NAME,
        "title": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Its name for people."},
        "provider": {**SLUG, "description": "The service that provides it."},
        "format": {"enum": [form.value for form in Format], "description": "The language it is written in."},
        "versions": {"type": "array", "items": VERSION, "description": "Its versions."},
        "consumers": {"type": "array", "items": CONSUMER, "description": "Who relies on it."},
    },
    ["name", "provider", "format"],
    "An interface that a service provides.",
)
DEPENDENCY = entry_schema(
    {
        "service": {**SLUG, "description": "The calling service."},
        "calls": {**SLUG, "description": "The called service."},
        "kind": {
            "enum": [kind.value for kind in DependencyKind],
            "description": "Hard: it fails with the callee. Soft: it copes. Default hard.",
        },
    },
    ["service", "calls"],
    "A service that calls another without a declared contract.",
)

Entries = Sequence[tuple[Path, Entry]]
Services = Mapping[str, Service]


def _services() -> dict[str, Service]:
    return {row.slug: row for row in Service.objects.all()}


def apply_contracts(entries: Entries, run: Applying) -> None:
    services = _services()
    rows = {row.slug: row for row in Contract.objects.select_related("provider")}
    for path, entry in entries:
        name = entry["name"]
        row = rows.pop(name, None) or Contract(slug=name)
        if (provider := services.get(entry["provider"])) is None:
            run.unknown((*path, "provider"), "service", entry["provider"])
            continue
        values = {
            "provider": provider,
            "name": str(entry["title"]) if "title" in entry else title_of(entry),
            "format": entry["format"],
            "gone_at": None,
        }
        what, details = write(row, values)
        _note(run, row, Outcome("contracts", name, what, details))
        if "versions" in entry:
            _versions(path, entry["versions"], row, run)
        if "consumers" in entry:
            _consumers(path, entry["consumers"], row, services, run)
    if run.whole:
        for name, row in sorted(rows.items()):
            if row.gone_at is None:
                write(row, {"gone_at": run.now})
                _note(run, row, Outcome("contracts", name, What.GONE))


def _note(run: Applying, contract: Contract, outcome: Outcome) -> None:
    """What is about a contract stands in the log of the service that provides it."""
    run.note(
        outcome,
        stream=f"service:{contract.provider.slug}",
        kind="contracts.declared",
        content={"contract": contract.slug, "service": contract.provider.slug},
    )


def _versions(path: Path, given: Iterable[Entry], contract: Contract, run: Applying) -> None:
    rows = {row.version: row for row in contract.versions.all()}
    for index, entry in enumerate(given):
        version, state = entry["version"], entry.get("state", "active")
        row = rows.pop(version, None) or ContractVersion(contract=contract, version=version)
        place = (*path, "versions", index, "sunset")
        sunset = _day(entry.get("sunset"), place, run)
        if sunset is not None and state not in ("deprecated", "retired"):
            run.problems.add(
                place,
                "Only a deprecated or retired version has a sunset date.",
                "Write `state: deprecated`, or remove it.",
            )
            continue
        what, details = write(row, {"state": state, "sunset_on": sunset, "gone_at": None})
        _note(run, contract, Outcome("contracts", f"{contract.slug} {version}", what, details))
    for version, row in sorted(rows.items()):
        if row.gone_at is None:
            write(row, {"gone_at": run.now})
            _note(run, contract, Outcome("contracts", f"{contract.slug} {version}", What.GONE))


def _day(text: str | None, path: Path, run: Applying) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        run.problems.add(path, f"{text} is not in the calendar.", "Write a day that exists.")
        return None


def _consumers(
    path: Path, given: Iterable[Entry], contract: Contract, services: Services, run: Applying
) -> None:
    rows = {row.service.slug: row for row in contract.consumers.select_related("service")}
    for index, entry in enumerate(given):
        name = entry["service"]
        if (service := services.get(name)) is None:
            run.unknown((*path, "consumers", index, "service"), "service", name)
            continue
        row = rows.pop(name, None) or Consumer(service=service, contract=contract)
        values: dict[str, Any] = {
            "uses": entry.get("uses", ""),
            "reason": entry.get("reason", ""),
            "gone_at": None,
        }
        # Readiness that people report in the page outlives a file that does not state it.
        if "readiness" in entry:
            values["readiness"] = entry["readiness"]
        what, details = write(row, values)
        _note(run, contract, Outcome("contracts", f"{contract.slug} used by {name}", what, details))
    for name, row in sorted(rows.items()):
        if row.gone_at is None:
            write(row, {"gone_at": run.now})
            _note(run, contract, Outcome("contracts", f"{contract.slug} used by {name}", What.GONE))


def apply_dependencies(entries: Entries, run: Applying) -> None:
    services = _services()
    rows = {
        (row.service.slug, row.on.slug): row for row in Dependency.objects.select_related("service", "on")
    }
    for path, entry in entries:
        caller, callee = services.get(entry["service"]), services.get(entry["calls"])
        for key, found in (("service", caller), ("calls", callee)):
            if found is None:
                run.unknown((*path, key), "service", entry[key])
        if caller is None or callee is None:
            continue
        if caller == callee:
            run.problems.add(path, "A service does not depend on itself.", "Remove the entry.")
            continue
        row = rows.pop((caller.slug, callee.slug), None) or Dependency(service=caller, on=callee)
        what, details = write(row, {"kind": entry.get("kind", "hard"), "gone_at": None})
        _note_dependency(run, row, what, details)
    if run.whole:
        for _, row in sorted(rows.items()):
            if row.gone_at is None:
                write(row, {"gone_at": run.now})
                _note_dependency(run, row, What.GONE)


def _note_dependency(run: Applying, row: Dependency, what: What, details: tuple[str, ...] = ()) -> None:
    run.note(
        Outcome("dependencies", f"{row.service.slug} on {row.on.slug}", what, details),
        stream=f"service:{row.service.slug}",
        kind="contracts.dependency",
        content={"service": row.service.slug, "on": row.on.slug},
    )


def may_save_contract(person: Person, entry: Entry) -> bool:
    """For the teams that own its provider, now and as it is to be."""
    provider = Contract.objects.filter(slug=entry["name"]).values_list("provider__slug", flat=True)
    return all(_plans_for_service(person, slug) for slug in {*provider, entry["provider"]})


def may_save_dependency(person: Person, entry: Entry) -> bool:
    """For the team that owns the calling service."""
    return _plans_for_service(person, entry["service"])


def _plans_for_service(person: Person, slug: str) -> bool:
    team = Service.objects.filter(slug=slug).values_list("team__slug", flat=True).first()
    return administers(person) or (team is not None and plans_for(person, team))


SECTIONS = (
    Section("contracts", 40, CONTRACT, apply_contracts, may_save_contract),
    Section("dependencies", 50, DEPENDENCY, apply_dependencies, may_save_dependency),
)
