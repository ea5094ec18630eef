"""Who began it: the service, or the way between two, from which the errors of others come.

    inherited_i = min(e_i, sum over callees j of share_ij * f_ij)       own_i = e_i - inherited_i

`e` is the share of bad answers at the server's side, `f` that of calls as the caller sees them, `share` calls
per request of the caller, at most 1. A service up to its limit is well. One that made half of its errors
itself, or more, is a culprit. Any other is a victim of the callee that passes most on: a callee without
telemetry is the root; a callee that is well puts the root between the two (network, time limit); a circle is
a root of its own. Django-free.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

OWN_PART = 0.5
"""This part of its errors made by itself, or more, makes a culprit."""
PLACES = 12
"""Errors are compared without the last digits of binary fractions."""


class Kind(StrEnum):
    """What a root is."""

    SERVICE = "service"
    UNSEEN = "unseen"
    EDGE = "edge"
    CYCLE = "cycle"


@dataclass(frozen=True)
class Seen:
    """What a caller sees of one callee: calls per request, and the share of them that went wrong."""

    caller: str
    callee: str
    share: float
    bad: float

    @property
    def passed_on(self) -> float:
        """Errors of the callee per request of the caller."""
        return min(max(self.share, 0.0), 1.0) * self.bad


@dataclass(frozen=True, order=True)
class Root:
    """Where errors come from: one service, an edge's caller and callee, or the members of a circle."""

    kind: Kind
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """One word for it: `db`, `web->api`, `cycle a b`."""
        match self.kind:
            case Kind.EDGE:
                return "->".join(self.names)
            case Kind.CYCLE:
                return " ".join(("cycle", *self.names))
        return self.names[0]

    @property
    def answering(self) -> str:
        """The service whose team is asked first."""
        return self.names[0]


@dataclass(frozen=True)
class Found:
    """The root of every service above its limit, which part of its errors each made itself, and whom a
    victim's errors come from next."""

    roots: Mapping[str, Root]
    own: Mapping[str, float]
    through: Mapping[str, str]

    def victims(self) -> dict[Root, tuple[str, ...]]:
        """Every root with the services that suffer from it and are no part of it."""
        found: dict[Root, list[str]] = {root: [] for root in self.roots.values()}
        for name, root in self.roots.items():
            if name not in root.names or root.kind is Kind.EDGE:
                found[root].append(name)
        return {root: tuple(sorted(names)) for root, names in sorted(found.items())}


def find(
    errors: Mapping[str, float], seen: Iterable[Seen], limits: Mapping[str, float] | float = 0.01
) -> Found:
    """The roots of all errors above the limits. `errors` has no entry for services without telemetry."""
    callees: dict[str, list[Seen]] = {}
    for call in seen:
        callees.setdefault(call.caller, []).append(call)
    above = {name for name, share in errors.items() if share > _limit(limits, name)}
    own, worst = {}, {}
    for name in above:
        calls = callees.get(name, [])
        inherited = min(errors[name], sum(call.passed_on for call in calls))
        own[name] = round(errors[name] - inherited, PLACES)
        if calls and own[name] < round(OWN_PART * errors[name], PLACES):
            worst[name] = min(calls, key=lambda call: (-call.passed_on, call.callee)).callee
    roots: dict[str, Root] = {}
    for name in sorted(above):
        _follow(name, errors, above, worst, roots)
    return Found({name: roots[name] for name in above}, own, worst)


def _limit(limits: Mapping[str, float] | float, name: str) -> float:
    return limits if isinstance(limits, int | float) else limits[name]


def _follow(
    start: str, errors: Mapping[str, float], above: set[str], worst: Mapping[str, str], roots: dict[str, Root]
) -> None:
    """Settles the root of `start` and of all on the way to it."""
    way: dict[str, None] = {}
    at = start
    while True:
        if at in roots:
            root = roots[at]
        elif at in way:
            names = list(way)
            circle = names[names.index(at) :]
            root = Root(Kind.CYCLE, tuple(sorted(circle)))
        elif at not in errors:
            root = Root(Kind.UNSEEN, (at,))
        elif at not in above:
            root = Root(Kind.EDGE, (next(reversed(way)), at))
        elif at not in worst:
            way[at] = None
            root = Root(Kind.SERVICE, (at,))
        else:
            way[at] = None
            at = worst[at]
            continue
        roots.update(dict.fromkeys(way, root))
        return
