"""Backstage's entities in the words of the catalog. Django-free; what is in the catalog is given.

A group is a team, a component a service. An API entity has one version, so people make one for each major
one: `orders-v2` is version 2 of the contract `orders`, and without an ending it is version 1.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollouts.contracts.backstage.entities import Entity, File, NoRef, Ref, ref
from rollouts.contracts.values import Format
from rollouts.lib.documents.problems import Problem, Problems

FORMATS = {
    "openapi": Format.OPENAPI,
    "asyncapi": Format.ASYNCAPI,
    "graphql": Format.GRAPHQL,
    "grpc": Format.PROTOBUF,
    "avro": Format.AVRO,
    "jsonschema": Format.JSONSCHEMA,
}
STATES = {"experimental": "draft", "deprecated": "deprecated"}
VERSIONED = re.compile(r"(?P<name>.+)-v(?P<version>[0-9]+)")
TIER = re.compile(r"(?:tier-?)?([0-4])")
PROJECT = "github.com/project-slug"
SOURCE = "backstage.io/source-location"
TIER_AT = "gatehouse.dev/tier"

ORDER = ("teams", "services", "contracts", "versions", "consumers", "dependencies")


@dataclass(frozen=True)
class Piece:
    """One thing that the file lists: in which section, its name there, and what is said of it."""

    section: str
    name: str
    says: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """One thing that the file lists and that cannot be taken, with the reason as a sentence."""

    section: str
    name: str
    why: str


@dataclass
class Told:
    """What a file says, in the order in which it can be applied."""

    pieces: list[Piece] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class There:
    """What the catalog has already: slugs of teams and services, and of contracts with their provider."""

    teams: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    contracts: Mapping[str, str] = field(default_factory=dict)


def contract_of(api: Ref) -> tuple[str, str]:
    """The contract and the version that an API entity is."""
    found = VERSIONED.fullmatch(api.slug)
    return (found["name"], found["version"]) if found else (api.slug, "1")


def translate(file: File, there: There) -> Told:
    """What the file says; names that are neither in it nor in the catalog are left out, with the reason."""
    return _Translation(file, there).told()


class _Translation:
    def __init__(self, file: File, there: There) -> None:
        self._file, self._there = file, there
        self._of_kind: dict[str, list[Entity]] = {}
        for entity in file.entities:
            self._of_kind.setdefault(entity.ref.kind, []).append(entity)
        self._told = Told(problems=list(file.problems))
        self._owners = {one.ref: one.spec.get("owner") for one in self._of_kind.get("system", ())}
        self._teams = {*there.teams, *(one.ref.slug for one in self._of_kind.get("group", ()))}
        self._services: set[str] = set(there.services)
        self._contracts: dict[str, str] = dict(there.contracts)

    def told(self) -> Told:
        for entity in self._of_kind.get("group", ()):
            profile = entity.spec.get("profile")
            title = entity.title or (profile.get("displayName") if isinstance(profile, dict) else "")
            self._add("teams", entity.ref.slug, title=str(title or ""))
        for entity in self._of_kind.get("component", ()):
            self._service(entity)
        self._provided()
        for entity in self._of_kind.get("api", ()):
            self._version(entity)
        for entity in self._of_kind.get("component", ()):
            self._relies(entity)
        for other in self._file.others:
            self._leave("entities", str(other), f"An entity of kind {other.kind} means nothing here.")
        self._told.pieces.sort(key=lambda one: ORDER.index(one.section))
        return self._told

    def _add(self, section: str, name: str, **says: Any) -> None:
        self._told.pieces.append(
            Piece(section, name, {key: value for key, value in says.items() if value != ""})
        )

    def _leave(self, section: str, name: str, why: str) -> None:
        self._told.left.append(Left(section, name, why))

    def _service(self, entity: Entity) -> None:
        name = entity.ref.slug
        owner = entity.spec.get("owner") or self._owner_of_system(entity)
        found = self._refs(entity, "owner", [owner], "group") if owner else []
        if not found:
            return self._leave("services", name, "It names no owner: write a group under spec.owner.")
        team = found[0]
        if team.kind != "group":
            return self._leave("services", name, f"It is owned by {team}; a service belongs to a group.")
        if team.slug not in self._teams:
            return self._leave("services", name, f"There is no team named {team.slug} yet.")
        self._services.add(name)
        self._add(
            "services",
            name,
            team=team.slug,
            title=entity.title[:120],
            description=entity.description.strip()[:4000],
            repository=_repository(entity.annotations),
            runbook=_runbook(entity.links),
            tier=_tier(entity.annotations),
        )
        return None

    def _owner_of_system(self, entity: Entity) -> Any:
        system = entity.spec.get("system")
        found = self._refs(entity, "system", [system], "system") if system else []
        return self._owners.get(found[0]) if found else None

    def _provided(self) -> None:
        """Which service provides which contract, as components say."""
        for entity in self._of_kind.get("component", ()):
            for api in self._refs(entity, "providesApis", entity.names("providesApis"), "api"):
                if entity.ref.slug in self._services:
                    self._contracts[contract_of(api)[0]] = entity.ref.slug

    def _version(self, entity: Entity) -> None:
        contract, version = contract_of(entity.ref)
        name, kind = f"{contract}/{version}", str(entity.spec.get("type", ""))
        form = FORMATS.get(kind.lower())
        if form is None:
            wanted = ", ".join(sorted(FORMATS))
            return self._leave(
                "versions", name, f"Its type {kind or '(none)'} is not known; known are {wanted}."
            )
        provider = self._contracts.get(contract)
        if provider is None:
            return self._leave("versions", name, "No component lists it under providesApis yet.")
        if all((one.section, one.name) != ("contracts", contract) for one in self._told.pieces):
            title = VERSIONED.sub(r"\g<name>", entity.title)[:120]
            self._add("contracts", contract, provider=provider, format=form.value, title=title)
        lifecycle = str(entity.spec.get("lifecycle", "")).lower()
        self._add("versions", name, contract=contract, version=version, state=STATES.get(lifecycle, "active"))
        return None

    def _relies(self, entity: Entity) -> None:
        name = entity.ref.slug
        if name not in self._services:
            return
        uses: dict[str, set[str]] = {}
        for api in self._refs(entity, "consumesApis", entity.names("consumesApis"), "api"):
            self._consumes(name, api, uses)
        for other in self._refs(entity, "dependsOn", entity.names("dependsOn"), ""):
            if other.kind == "api":
                self._consumes(name, other, uses)
            else:
                self._depends(other, name, other.slug)
        for other in self._refs(entity, "dependencyOf", entity.names("dependencyOf"), ""):
            self._depends(other, other.slug, name)
        for contract, versions in sorted(uses.items()):
            self._add(
                "consumers", f"{contract}/{name}", contract=contract, service=name, uses=_range(versions)
            )

    def _consumes(self, name: str, api: Ref, uses: dict[str, set[str]]) -> None:
        contract, version = contract_of(api)
        provider = self._contracts.get(contract)
        if provider is None:
            self._leave("consumers", f"{contract}/{name}", f"There is no contract named {contract} yet.")
        elif provider == name:
            self._leave("consumers", f"{contract}/{name}", "It provides the contract itself.")
        else:
            uses.setdefault(contract, set()).add(version)

    def _depends(self, other: Ref, caller: str, callee: str) -> None:
        name = f"{caller}/{callee}"
        if other.kind != "component":
            self._leave("dependencies", name, f"{other} is no component; only services are drawn.")
        elif other.slug not in self._services:
            self._leave("dependencies", name, f"There is no service named {other.slug} yet.")
        elif caller == callee:
            self._leave("dependencies", name, "A service does not depend on itself.")
        elif all((one.section, one.name) != ("dependencies", name) for one in self._told.pieces):
            self._add("dependencies", name, service=caller, calls=callee)

    def _refs(self, entity: Entity, key: str, names: Iterable[Any], kind: str) -> list[Ref]:
        return list(self._each_ref(entity, key, names, kind))

    def _each_ref(self, entity: Entity, key: str, names: Iterable[Any], kind: str) -> Iterator[Ref]:
        problems = Problems(entity.marks)
        for index, text in enumerate(names):
            try:
                yield ref(text, kind)
            except NoRef as fault:
                problems.add(("spec", key, index), str(fault), "Correct the reference.")
        self._told.problems += [one for one in problems.sorted() if one not in self._told.problems]


def _repository(annotations: Mapping[str, str]) -> str:
    if PROJECT in annotations:
        return f"https://github.com/{annotations[PROJECT].strip('/')}"[:200]
    location = annotations.get(SOURCE, "").removeprefix("url:")
    return location if location.startswith(("https://", "http://")) and len(location) <= 200 else ""


def _runbook(links: Iterable[Mapping[str, Any]]) -> str:
    for link in links:
        words = f"{link.get('title', '')} {link.get('type', '')}".lower()
        address = str(link.get("url", ""))
        if "runbook" in words and address.startswith(("https://", "http://")) and len(address) <= 200:
            return address
    return ""


def _tier(annotations: Mapping[str, str]) -> int | str:
    found = TIER.fullmatch(annotations.get(TIER_AT, "").lower())
    return int(found[1]) if found else ""


def _range(versions: set[str]) -> str:
    """From the lowest to the highest major version: `>=2 <4` for 2 and 3."""
    numbers = sorted(int(one) for one in versions)
    return f">={numbers[0]} <{numbers[-1] + 1}"
