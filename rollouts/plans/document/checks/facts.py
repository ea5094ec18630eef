"""Names that live outside the document: services, environments, teams, contracts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.names import unknown
from rollouts.plans.document.gate import BUILT_IN_JUDGES, BUILT_IN_KINDS


@dataclass(frozen=True, slots=True)
class NamedSignal:
    """A signal that gates may call by its name. `services` empty: of all that it finds.

    `counted`: a share of all, and no value.
    """

    environment: str
    services: frozenset[str]
    counted: bool


@dataclass(frozen=True, slots=True)
class NamedProbe:
    """A synthetic check; `version` empty: whatever answers."""

    service: str
    environment: str
    version: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known around a document. None: not known, so not checked."""

    services: frozenset[str] | None = None
    environments: frozenset[str] | None = None
    teams: frozenset[str] | None = None
    contracts: frozenset[str] | None = None
    versions: Mapping[str, frozenset[str]] | None = None
    """The versions of contracts, by contract."""
    people: frozenset[str] | None = None
    """E-mail addresses in small letters."""
    policies: frozenset[str] | None = None
    signals: Mapping[str, tuple[NamedSignal, ...]] | None = None
    """What was defined at metric sources, by name: once for each source."""
    probes: Mapping[str, NamedProbe] | None = None
    slos: Mapping[str, tuple[str, str]] | None = None
    """Services and environments of SLOs, by name."""
    gate_kinds: frozenset[str] = BUILT_IN_KINDS
    judges: frozenset[str] = BUILT_IN_JUDGES


NOTHING_KNOWN = Facts()

Named = Iterator[tuple[Path, str | None]]


def check(document: Any, problems: Problems, facts: Facts) -> None:
    for what, named, known in (
        ("service", _services(document), facts.services),
        ("environment", _environments(document), facts.environments),
        ("team", _teams(document), facts.teams),
        ("contract", _contracts(document), facts.contracts),
        ("person with the e-mail", _people(document), facts.people),
        ("escalation policy", _policies(document), facts.policies),
    ):
        if known is None:
            continue
        for path, name in named:
            if name and not problems.at(path) and name not in known:
                problems.add(path, *unknown(name, what, known))


def _services(document: Any) -> Named:
    for path, change in look.entries(document, "changes"):
        yield (*path, "service"), look.text(change, "service")
    for path, impact in look.entries(document, "expected_impact"):
        yield (*path, "consumer"), look.text(impact, "consumer")
    for path, stage in look.entries(document, "stages"):
        yield from look.texts(look.section(stage, "exposure"), "consumers", (*path, "exposure"))
    for path, gate in look.all_gates(document):
        settings, place = look.section(gate, "settings"), (*path, "settings")
        yield (*place, "service"), look.text(settings, "service")
        if look.text(gate, "kind") == "evidence":
            yield from look.texts(settings, "consumers", place)


def _environments(document: Any) -> Named:
    yield ("environment",), look.text(document, "environment")
    for path, change in look.entries(document, "changes"):
        yield (*path, "environment"), look.text(change, "environment")
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") == "evidence":
            settings = look.section(gate, "settings")
            yield (*path, "settings", "environment"), look.text(settings, "environment")


def _teams(document: Any) -> Named:
    yield ("owner", "team"), look.text(look.section(document, "owner"), "team")
    yield from _team_or_mail(document)
    who = look.section(look.section(document, "rollback"), "who")
    yield from look.texts(who, "teams", ("rollback", "who"))
    for path, stage in look.entries(document, "stages"):
        who = look.section(look.section(stage, "rollback"), "who")
        yield from look.texts(who, "teams", (*path, "rollback", "who"))
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") == "approval":
            settings, place = look.section(gate, "settings"), (*path, "settings")
            yield from look.texts(settings, "teams", place)
            yield from look.texts(settings, "required_teams", place)


def _owners(document: Any) -> Named:
    for path, gate in look.all_gates(document):
        yield (*path, "owner"), look.text(gate, "owner")
    for path, risk in look.entries(document, "risks"):
        yield (*path, "owner"), look.text(risk, "owner")
    yield ("review", "author"), look.text(look.section(document, "review"), "author")


def _team_or_mail(document: Any) -> Named:
    for path, owner in _owners(document):
        yield path, None if owner and "@" in owner else owner


def _contracts(document: Any) -> Named:
    for path, change in look.entries(document, "changes"):
        yield (*path, "contract"), look.text(change, "contract")
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") in ("contract", "evidence"):
            yield (*path, "settings", "contract"), look.text(look.section(gate, "settings"), "contract")


def _people(document: Any) -> Named:
    person = look.text(look.section(document, "owner"), "person")
    yield ("owner", "person"), person.lower() if person else None
    for path, owner in _owners(document):
        yield path, owner.lower() if owner and "@" in owner else None


def _policies(document: Any) -> Named:
    yield ("escalation", "policy"), look.text(look.section(document, "escalation"), "policy")
