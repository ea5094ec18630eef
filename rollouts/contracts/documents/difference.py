"""What differs between two versions, and which consumers each difference touches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rollouts.contracts.documents.comparing import compare
from rollouts.contracts.documents.touching import Touch, touch
from rollouts.contracts.formats.values import Comparison, Difference, Level, Use
from rollouts.contracts.models import Consumer, Contract, ContractVersion
from rollouts.contracts.models import Use as UseRow
from rollouts.contracts.readiness.reading import Known
from rollouts.contracts.using.reading import uses_of
from rollouts.contracts.versioning.judging import Judged, semantic
from rollouts.contracts.versioning.numbers import holds, step
from rollouts.contracts.versioning.reading import rules_of
from rollouts.contracts.versioning.ruling import settings_of

LEVELS = list(Level)


@dataclass(frozen=True)
class User:
    """A service that relies on the contract, with the parts that it uses of the old version.

    `other`: it relies on other versions, and is not touched. `declared` is False of one that was only seen.
    """

    slug: str
    name: str
    uses: tuple[Use, ...]
    readiness: str = ""
    declared: bool = True
    other: bool = False

    def touch(self, difference: Difference, *, whole: bool) -> Touch:
        if self.other:
            return Touch.NO
        return touch(difference, self.uses, whole=whole)


@dataclass(frozen=True)
class Told:
    """One difference with the services that it touches, may touch, and leaves alone."""

    difference: Difference
    touched: tuple[User, ...]
    maybe: tuple[User, ...]
    spared: tuple[User, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            **self.difference.as_json(),
            "touched": [user.slug for user in self.touched],
            "may_be_touched": [user.slug for user in self.maybe],
            "not_touched": [user.slug for user in self.spared],
        }


@dataclass(frozen=True)
class Group:
    """The differences of one operation, channel or named type; the worst level first."""

    name: str
    told: tuple[Told, ...]

    @property
    def worst(self) -> Level:
        return min((each.difference.level for each in self.told), key=LEVELS.index)


@dataclass(frozen=True)
class Between:
    """Two versions with their documents, compared."""

    contract: Contract
    old: ContractVersion
    new: ContractVersion
    comparison: Comparison
    told: tuple[Told, ...]
    users: tuple[User, ...]

    @property
    def number(self) -> Judged:
        """Whether the new number says what the difference implies."""
        return semantic(self.old.version, self.new.version, self.comparison)

    @property
    def step(self) -> str:
        found = step(self.old.version, self.new.version)
        return found.name.lower() if found else ""

    @cached_property
    def groups(self) -> list[Group]:
        """By operation or type, those with the worst difference first."""
        found: dict[str, list[Told]] = {}
        for each in self.told:
            found.setdefault(_place(each.difference), []).append(each)
        ordered = [
            Group(name, tuple(sorted(told, key=lambda one: LEVELS.index(one.difference.level))))
            for name, told in found.items()
        ]
        return sorted(ordered, key=lambda group: LEVELS.index(group.worst))

    @cached_property
    def harmed(self) -> dict[str, Touch]:
        """By service, whether anything but what is safe touches it."""
        harmful = [each for each in self.told if each.difference.level is not Level.SAFE]
        found = {}
        for user in self.users:
            if any(user in each.touched for each in harmful):
                found[user.slug] = Touch.YES
            elif self.comparison.error and not user.other or any(user in each.maybe for each in harmful):
                found[user.slug] = Touch.MAYBE
            else:
                found[user.slug] = Touch.NO
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "contract": self.contract.slug,
            "from": self.old.version,
            "to": self.new.version,
            **self.comparison.as_json(),
            "differences": [each.as_json() for each in self.told],
            "step": {"holds": self.number.holds, "sentence": self.number.sentence},
            "consumers": [
                {
                    "service": user.slug,
                    "touched": self.harmed[user.slug].value,
                    "declared": user.declared,
                    "readiness": user.readiness or None,
                    "parts_recorded": bool(user.uses),
                }
                for user in self.users
            ],
        }


def between(contract: Contract, old: ContractVersion, new: ContractVersion) -> Between:
    """Compares the documents of two versions, both of which have one; seconds the first time."""
    settings = settings_of(contract, rules_of(contract))
    comparison = compare(old.documented.document, new.documented.document, settings)
    users = users_of(contract, old.version, to=new.version)
    told = tuple(_told(each, users, whole=settings.whole) for each in comparison.differences)
    return Between(contract, old, new, comparison, told, users)


def users_of(contract: Contract, version: str, *, to: str) -> tuple[User, ...]:
    """Who relies on the contract, declared or seen, with what they use of this version, and how ready they
    are for the version `to`. Six queries."""
    used = uses_of(contract.slug)
    rows = contract.consumers.filter(gone_at__isnull=True).select_related("service", "contract")
    declared = {row.service.slug: row for row in rows.order_by("service__slug", "pk")}
    known = Known(list(declared.values()))
    found = [
        user_from(row, used.get(slug, ()), version, known.standing(row, to).readiness)
        for slug, row in declared.items()
    ]
    for slug, parts in sorted(used.items()):
        if slug not in declared:
            mine = _parts(parts, version)
            found.append(User(slug, parts[0].service.name, mine, declared=False, other=not mine))
    return tuple(found)


def user_of(contract: Contract, version: str, service: str, *, to: str) -> User:
    """One service as a user of the version, whether it is known as one or not. Six queries."""
    parts = uses_of(contract.slug, [service]).get(service, [])
    rows = contract.consumers.filter(gone_at__isnull=True, service__slug=service)
    if (found := rows.select_related("service", "contract").first()) is not None:
        return user_from(found, parts, version, Known([found]).standing(found, to).readiness)
    return User(service, service, _parts(parts, version), declared=False)


def user_from(row: Consumer, parts: Sequence[UseRow], version: str, readiness: str = "") -> User:
    """A declared consumer as a user of the version, with what it uses of it, and how ready it is if asked."""
    mine = _parts(parts, version)
    elsewhere = bool(parts) and not mine
    return User(
        row.service.slug,
        row.service.name,
        mine,
        readiness=readiness,
        other=elsewhere or holds(row.uses, version) is False,
    )


def _parts(parts: Iterable[UseRow], version: str) -> tuple[Use, ...]:
    """The parts used of this version; a part of which only other versions are used is none."""
    return tuple(
        Use(operation=each.operation, field=each.field, type=each.type)
        for each in parts
        if holds(each.versions, version) is not False
    )


def _told(difference: Difference, users: Sequence[User], *, whole: bool) -> Told:
    by: Mapping[Touch, list[User]] = {each: [] for each in Touch}
    for user in users:
        by[user.touch(difference, whole=whole)].append(user)
    return Told(difference, tuple(by[Touch.YES]), tuple(by[Touch.MAYBE]), tuple(by[Touch.NO]))


def _place(difference: Difference) -> str:
    named = next(iter(difference.touches), Use())
    return named.type or named.operation or difference.location
