"""Sections of `catalog.yaml`: contracts with their versions and consumers, and plain dependencies."""

from collections.abc import Iterable, Mapping, Sequence

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.catalog.registry import (
    SLUG,
    Applying,
    Entry,
    Outcome,
    Section,
    entry_schema,
    title_of,
    write,
)
from rollouts.contracts import declaring
from rollouts.contracts.deprecating.guard import keep_if_live
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.readiness.reading import meant, next_meant
from rollouts.contracts.using.declaring import PARTS
from rollouts.contracts.values import DependencyKind, Format, Readiness, VersionState
from rollouts.lib.documents.problems import Path

NAME = {**SLUG, "maxLength": 80}
DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
VERSION = entry_schema(
    {
        "version": {
            "type": "string",
            "minLength": 1,
            "maxLength": 60,
            "pattern": "^[^/]+$",
            "description": 'The version, in quotes: "2". Without a slash.',
        },
        "state": {"enum": [state.value for state in VersionState], "description": "Default active."},
        "served": {**DAY, "description": "The first day on which it was served."},
        "deprecated": {**DAY, "description": "The day since which it is deprecated."},
        "retired": {**DAY, "description": "The day since which it is not served any more."},
        "sunset": {**DAY, "description": 'Its last day, in quotes, such as "2026-12-11".'},
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
            "description": "For the next version. Default unknown. Counts where nobody signed or tested.",
        },
        "readiness_for": {
            "type": "string",
            "maxLength": 60,
            "description": "The version that is meant. Default the newest one when it is first said.",
        },
        "kind": {
            "enum": [kind.value for kind in DependencyKind],
            "description": "Hard: it fails with the provider. Soft: it copes. Default hard.",
        },
        "parts": PARTS,
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
        declaring.note(run, row, Outcome("contracts", name, what, details))
        # Whom a version still serves is known when the consumers are as the file says.
        if "consumers" in entry:
            _consumers(path, entry["consumers"], row, services, run, _next(entry, row))
        if "versions" in entry:
            _versions(path, entry["versions"], row, run)
    if run.whole:
        for _, row in sorted(rows.items()):
            declaring.contract_gone(row, run)


def _versions(path: Path, given: Iterable[Entry], contract: Contract, run: Applying) -> None:
    rows = {row.version: row for row in contract.versions.all()}
    for index, entry in enumerate(given):
        row = rows.pop(entry["version"], None) or ContractVersion(contract=contract, version=entry["version"])
        declaring.version((*path, "versions", index), entry, row, run)
    for _, row in sorted(rows.items()):
        if row.gone_at is None:
            keep_if_live((*path, "versions", "state"), row, run)
        declaring.version_gone(row, run)


def _next(entry: Entry, contract: Contract) -> str:
    """The version that consumers get ready for, as the file is to make it."""
    if "versions" not in entry:
        return next_meant(contract)
    return meant({each["version"]: each.get("state", "active") for each in entry["versions"]})


def _consumers(
    path: Path, given: Iterable[Entry], contract: Contract, services: Services, run: Applying, meant: str
) -> None:
    rows = {row.service.slug: row for row in contract.consumers.select_related("service")}
    for index, entry in enumerate(given):
        name = entry["service"]
        if (service := services.get(name)) is None:
            run.unknown((*path, "consumers", index, "service"), "service", name)
            continue
        row = rows.pop(name) if name in rows else Consumer(service=service, contract=contract)
        declaring.consumer((*path, "consumers", index), entry, row, run, meant=meant)
    for _, row in sorted(rows.items()):
        declaring.consumer_gone(row, run)


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
        declaring.dependency(entry, row, run)
    if run.whole:
        for _, row in sorted(rows.items()):
            declaring.dependency_gone(row, run)


def may_save_contract(person: Person, entry: Entry) -> bool:
    """For the teams that own its provider, now and as it is to be."""
    provider = Contract.objects.filter(slug=entry["name"]).values_list("provider__slug", flat=True)
    return all(plans_for_service(person, slug) for slug in {*provider, entry["provider"]})


def may_save_dependency(person: Person, entry: Entry) -> bool:
    """For the team that owns the calling service."""
    return plans_for_service(person, entry["service"])


SECTIONS = (
    Section("contracts", 40, CONTRACT, apply_contracts, may_save_contract),
    Section("dependencies", 50, DEPENDENCY, apply_dependencies, may_save_dependency),
)
