"""Where rollouts get in each other's way: on one service, one version, one edge, or side by side. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations

from rollouts.plans.values import ChangeKind


class Way(StrEnum):
    """In what two rollouts meet."""

    SERVICE = "service"
    VERSION = "version"
    ORDER = "order"
    NEIGHBOUR = "neighbour"


@dataclass(frozen=True, slots=True)
class Carried:
    """One change of a rollout, as others meet it.

    `begins` is the first stage that moves it. `held`: it was begun and is not taken back, whether the rollout
    runs, is held or is halted. `start` and `end`: as planned, or as it went; None: nothing says when.
    """

    name: str
    service: str
    environment: str
    kind: ChangeKind = ChangeKind.BUILD
    contract: str = ""
    old: str = ""
    new: str = ""
    begins: int = 1
    held: bool = False
    start: datetime | None = None
    end: datetime | None = None

    @property
    def removes(self) -> tuple[str, str]:
        """The contract and the version that it takes away; empty: none."""
        gone = self.kind is ChangeKind.CONTRACT and self.contract and self.old
        return (self.contract, self.old) if gone else ("", "")

    def needs(self, contract: str, version: str) -> str:
        """How it relies on the version, as a verb; empty: it does not."""
        if self.kind is ChangeKind.CONTRACT or self.contract != contract:
            return ""
        return {self.new: "moves to", self.old: "may roll back to"}.get(version, "") if version else ""

    def meets(self, other: "Carried") -> bool:
        """Whether the two are planned for the same time; what has no window meets nobody so."""
        if None in (self.start, self.end, other.start, other.end):
            return False
        return self.start <= other.end and other.start <= self.end  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Party:
    """A rollout with its changes. `key` names it in overrides, `title` for people."""

    pk: int
    key: str
    title: str
    changes: tuple[Carried, ...]
    began_at: datetime | None = None

    def before(self, other: "Party") -> bool:
        """Whether it began before the other: who came first keeps what it holds."""
        if self.began_at is None or other.began_at is None:
            return self.began_at is not None
        return (self.began_at, self.pk) < (other.began_at, other.pk)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One way in which another rollout is met; what does not block is worth knowing."""

    other: int
    key: str
    title: str
    way: Way
    blocks: bool
    sentence: str


Edges = Collection[tuple[str, str]]
"""Who relies on whom: consumer and provider."""


def crossings(
    mine: Party, others: Iterable[Party], edges: Edges, *, entering: Collection[str] | None = None
) -> list[Crossing]:
    """What stands between this rollout and the others, what blocks first.

    `entering`: the changes that a stage is about to move now; None: the plan as a whole is proposed, and
    what meets is what is planned for the same time.
    """
    found: dict[tuple[int, Way, str], Crossing] = {}
    for other in others:
        for way, blocks, sentence in (
            *_services(mine, other, entering),
            *_versions(mine, other, entering),
            *_orders(mine, other, edges, entering),
            *_neighbours(mine, other, edges, entering),
        ):
            one = Crossing(other.pk, other.key, other.title, way, blocks, sentence)
            found.setdefault((other.pk, way, sentence), one)
    return sorted(found.values(), key=lambda each: (not each.blocks, each.key, list(Way).index(each.way)))


Told = Iterator[tuple[Way, bool, str]]


def _moving(mine: Party, entering: Collection[str] | None) -> Sequence[Carried]:
    return [each for each in mine.changes if entering is None or each.name in entering]


def _same_place(one: Carried, other: Carried) -> bool:
    return (one.service, one.environment) == (other.service, other.environment)


def _services(mine: Party, other: Party, entering: Collection[str] | None) -> Told:
    for own in _moving(mine, entering):
        for theirs in other.changes:
            if not _same_place(own, theirs):
                continue
            where = f"{own.service} in {own.environment}"
            if theirs.held and entering is not None:
                if not (own.held and mine.before(other)):
                    yield Way.SERVICE, True, f"“{other.title}” holds {where}"
            elif own.meets(theirs) and entering is None:
                yield Way.SERVICE, True, f"“{other.title}” is planned to move {where} at the same time"
            elif theirs.held and entering is None:
                yield Way.SERVICE, False, f"“{other.title}” holds {where} now"


def _versions(mine: Party, other: Party, entering: Collection[str] | None) -> Told:
    for own in _moving(mine, entering):
        for theirs in other.changes:
            if own.environment != theirs.environment:
                continue
            contract, version = own.removes
            if verb := theirs.needs(contract, version):
                what = f"{own.name} takes {contract} {version} away"
                yield Way.VERSION, True, f"{what}, and “{other.title}” {verb} it"
            contract, version = theirs.removes
            if (verb := own.needs(contract, version)) and (theirs.held or entering is None):
                what = f"“{other.title}” takes {contract} {version} away"
                yield Way.VERSION, True, f"{what}, and {own.name} {verb} it"


def _orders(mine: Party, other: Party, edges: Edges, entering: Collection[str] | None) -> Told:
    theirs = {(each.service, each.environment): each for each in reversed(other.changes)}
    both = [each for each in mine.changes if (each.service, each.environment) in theirs]
    for one, two in combinations(both, 2):
        if one.environment != two.environment or one.service == two.service:
            continue
        if entering is not None and not {one.name, two.name} & set(entering):
            continue
        if not {(one.service, two.service), (two.service, one.service)} & set(edges):
            continue
        first, then = (one, two) if one.begins < two.begins else (two, one)
        there = [theirs[each.service, each.environment].begins for each in (first, then)]
        if first.begins < then.begins and there[0] > there[1]:
            said = f"“{other.title}” moves {then.service} before {first.service}"
            yield Way.ORDER, True, f"{said}, and this plan {first.service} before {then.service}"


def _neighbours(mine: Party, other: Party, edges: Edges, entering: Collection[str] | None) -> Told:
    for own in _moving(mine, entering):
        for theirs in other.changes:
            if own.environment != theirs.environment or own.service == theirs.service:
                continue
            if not (theirs.held if entering is not None else theirs.held or own.meets(theirs)):
                continue
            how = (own.service, theirs.service) in edges, (theirs.service, own.service) in edges
            if any(how):
                verb = "calls" if how[0] else "is called by"
                said = f"“{other.title}” moves {theirs.service} at the same time, which {own.service} {verb}"
                yield Way.NEIGHBOUR, False, f"{said}: what is measured may come from either"
