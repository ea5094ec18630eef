"""Declared and seen, beside each other: what agrees, and the three ways in which it does not. Django-free."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollouts.contracts.values import speaks
from rollouts.health.edges.confidence import DAYS, Sureness, confidence, sureness

STALE = timedelta(days=30)
"""A declaration that nobody saw used for so long is questioned."""

Pair = tuple[str, str]


class Why(StrEnum):
    """Why a declaration stands among those that are not seen."""

    STALE = "stale"
    FRESH = "fresh"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class Declared:
    """`caller` relies on `callee`, by a contract or (empty) plainly.

    `event`: the contract describes messages, which tracing may see from its producer to its consumer.
    `since`: when it was declared, or somebody last said that it stands; None where nobody knows.
    """

    caller: str
    callee: str
    contract: str = ""
    event: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Seen:
    """Calls that were seen; without `caller` nobody knows who made them. `week_calls`: see `confidence`."""

    caller: str
    callee: str
    first_at: datetime
    last_at: datetime
    week_calls: int
    contract: str = ""
    version: str = ""

    @property
    def per_day(self) -> float:
        """Calls a day, over the seven days up to the last one, or the time since it was first seen."""
        days = (self.last_at.date() - self.first_at.date()).days + 1
        return self.week_calls / min(DAYS, max(1, days))

    def confidence(self, now: datetime) -> float:
        return confidence(self.week_calls, self.last_at, now)

    def sureness(self, now: datetime) -> Sureness:
        return sureness(self.confidence(now))

    def with_other(self, other: "Seen") -> "Seen":
        """Both together, as one edge between the same two."""
        return replace(
            self,
            first_at=min(self.first_at, other.first_at),
            last_at=max(self.last_at, other.last_at),
            week_calls=self.week_calls + other.week_calls,
            contract=self.contract if self.contract == other.contract else "",
            version=self.version if self.version == other.version else "",
        )


@dataclass(frozen=True)
class Silent:
    """A declaration that was not seen lately; `seen`: when it was, if ever."""

    declared: Declared
    why: Why
    seen: Seen | None = None


@dataclass(frozen=True)
class Sorted:
    """Four lists that hold every declaration and every edge once, but those that are dormant or dismissed.

    `outdated`: seen on a version that is deprecated or retired; these stand in another list as well.
    """

    confirmed: tuple[tuple[Declared, Seen], ...] = ()
    silent: tuple[Silent, ...] = ()
    undeclared: tuple[Seen, ...] = ()
    outdated: tuple[Seen, ...] = ()


@dataclass
class _Index:
    """What was seen, by the two ends; with a contract, and all together."""

    by_contract: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    pairs: dict[Pair, Seen] = field(default_factory=dict)

    def of(self, one: Declared) -> Seen | None:
        """What was seen of a declaration: of its contract where that is told apart, else of the two."""
        ways = [(one.caller, one.callee), *([(one.callee, one.caller)] if one.event else [])]
        for caller, callee in ways:
            if one.contract and (found := self.by_contract.get((caller, callee, one.contract))):
                return found
        return next((self.pairs[way] for way in ways if way in self.pairs), None)


def _index(seen: Iterable[Seen]) -> _Index:
    found = _Index()
    plain: dict[Pair, Seen] = {}
    named: dict[Pair, Seen] = {}
    for one in seen:
        if not one.caller:
            continue
        pair = (one.caller, one.callee)
        side = named if one.contract else plain
        side[pair] = side[pair].with_other(one) if pair in side else one
        if one.contract:
            key = (*pair, one.contract)
            before = found.by_contract.get(key)
            found.by_contract[key] = before.with_other(one) if before else one
    for pair in plain.keys() | named.keys():
        both = [side[pair] for side in (plain, named) if pair in side]
        # One call may be told twice, with its contract and without: the larger count is nearer the truth.
        most = max(both, key=lambda one: one.week_calls)
        found.pairs[pair] = replace(
            most, first_at=min(one.first_at for one in both), last_at=max(one.last_at for one in both)
        )
    return found


def sort(
    declared: Collection[Declared],
    seen: Collection[Seen],
    *,
    old: Mapping[str, Collection[str]],
    dismissed: Collection[Pair] = (),
    now: datetime,
) -> Sorted:
    """The lists. `old`: by contract its deprecated and retired versions; `dismissed`: no dependencies."""
    index = _index(seen)
    callers = {caller for caller, _callee in index.pairs}
    confirmed, silent = [], []
    for one in declared:
        found = index.of(one)
        if found is not None and now - found.last_at < STALE:
            confirmed.append((one, found))
        else:
            silent.append(Silent(one, _why(one, found, callers, now), found))
    known = {(one.caller, one.callee) for one in declared}
    known |= {(one.callee, one.caller) for one in declared if one.event}
    known |= set(dismissed)
    undeclared = [
        one
        for pair, one in index.pairs.items()
        if pair not in known and one.sureness(now) is not Sureness.DORMANT
    ]
    return Sorted(
        tuple(confirmed),
        tuple(sorted(silent, key=_urgency)),
        tuple(sorted(undeclared, key=lambda one: (-one.confidence(now), one.caller, one.callee))),
        tuple(_outdated(seen, old, now)),
    )


def _why(one: Declared, found: Seen | None, callers: Collection[str], now: datetime) -> Why:
    if found is None and one.caller not in callers:
        return Why.UNMEASURED
    last = max((at for at in (one.since, found.last_at if found else None) if at is not None), default=None)
    return Why.FRESH if last is not None and now - last < STALE else Why.STALE


def _urgency(one: Silent) -> tuple[int, str, str, str]:
    return list(Why).index(one.why), one.declared.caller, one.declared.callee, one.declared.contract


def _outdated(seen: Iterable[Seen], old: Mapping[str, Collection[str]], now: datetime) -> list[Seen]:
    """Calls on old versions by whoever made them; what no named caller made has none."""
    here = [
        one
        for one in seen
        if one.contract and now - one.last_at < STALE and speaks(one.version, old.get(one.contract, ()))
    ]
    named: dict[tuple[str, str], int] = {}
    for one in here:
        if one.caller:
            key = (one.contract, one.version)
            named[key] = named.get(key, 0) + one.week_calls
    found = []
    for one in here:
        left = one.week_calls - (0 if one.caller else named.get((one.contract, one.version), 0))
        if left > 0 or one.caller:
            found.append(replace(one, week_calls=left))
    return sorted(found, key=lambda one: (one.contract, one.version, -one.week_calls, one.caller))
