"""Composite health: a service is as well as its own signals, and no better than what it relies on lets it be.

    h_i = min(s_i, min over callees j of 1 - c * share_ij * (1 - h_j))      c = 1 hard, 0.2 soft

`s` is a service's own signal from 0 (fails) to 1 (passes), None where nobody could say, which bounds nothing.
The greatest such h is meant. The minimum and not the product: a product collapses to 0 in a cycle, and counts
a database twice that two callees share. Django-free.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

SOFT = 0.2
FAILING_BELOW = 0.5
DEGRADED_BELOW = 0.9
FAIL_SCORE, WARN_SCORE = 0.7, 0.9
LEAST_COVERAGE = 0.8
PLACES = 6
"""Numbers are rounded before they are compared, so that 0.9 reached by two ways is one number."""
WEIGHTS = (8.0, 4.0, 2.0, 1.0, 0.5)
"""By tier, from 0; each tier matters half as much as the one before."""
DECIDING_TIER = 1
"""Services up to this tier decide alone."""


@dataclass(frozen=True)
class Call:
    """`caller` relies on `callee`: calls of it per request of the caller, and whether it falls with it."""

    caller: str
    callee: str
    share: float = 1.0
    hard: bool = True

    @property
    def passes_on(self) -> float:
        """Which part of the callee's trouble becomes the caller's."""
        return (1.0 if self.hard else SOFT) * min(max(self.share, 0.0), 1.0)


class Status(StrEnum):
    """How a service is."""

    FAILING = "failing"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


class Judgement(StrEnum):
    """What is said of several services together; the words of verdicts, with a pass that warns."""

    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    WARN = "warn"
    PASS = "pass"  # noqa: S105 - a word


@dataclass(frozen=True)
class Composite:
    """What is said of a scope: the weighted mean of its known services, which part of the weight is known,
    and the services that decided it; none where the score or the coverage did."""

    judgement: Judgement
    score: float | None
    coverage: float
    because: tuple[str, ...] = ()


def rollup(own: Mapping[str, float | None], calls: Iterable[Call]) -> dict[str, float]:
    """The health of every service in `own`; calls from or to others are left out."""
    known = [call for call in calls if call.caller in own and call.callee in own]
    ill = {name: signal for name, signal in own.items() if signal is not None}
    return {**dict.fromkeys(own, 1.0), **spread(ill, by_callee(known))}


def by_callee(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """The calls of each service, but those that pass nothing on."""
    found: dict[str, list[Call]] = {}
    for call in calls:
        if call.passes_on > 0:
            found.setdefault(call.callee, []).append(call)
    return found


def spread(signals: Mapping[str, float], callers: Mapping[str, Collection[Call]]) -> dict[str, float]:
    """What these own signals make of the health of all services above them; whoever is not named is well.

    The worst service is settled first and passes its trouble on, as in Dijkstra's search: nothing that is
    passed on makes a caller worse than the callee, so each is settled once. The same numbers as setting h = s
    and computing all anew until nothing changes, in O(calls * log services) whatever the depth.
    """
    known = {name: min(max(signal, 0.0), 1.0) for name, signal in signals.items()}
    waiting = [(health, name) for name, health in known.items() if health < 1]
    heapq.heapify(waiting)
    settled: set[str] = set()
    while waiting:
        health, name = heapq.heappop(waiting)
        if name in settled:
            continue
        settled.add(name)
        for call in callers.get(name, ()):
            left = max(health, 1 - call.passes_on * (1 - health))
            if left < known.get(call.caller, 1.0):
                known[call.caller] = left
                heapq.heappush(waiting, (left, call.caller))
    return known


def status(health: float, signal: float | None) -> Status:
    """In one word; a service that nobody measures is unknown unless what it relies on says that it is ill."""
    rounded = round(health, PLACES)
    if rounded < FAILING_BELOW:
        return Status.FAILING
    if rounded < DEGRADED_BELOW:
        return Status.DEGRADED
    return Status.UNKNOWN if signal is None else Status.HEALTHY


def weight(tier: int) -> float:
    """How much a service of the tier counts."""
    return WEIGHTS[min(max(tier, 0), len(WEIGHTS) - 1)]


def judge(
    scope: Collection[str],
    health: Mapping[str, float],
    own: Mapping[str, float | None],
    tiers: Mapping[str, int],
) -> Composite:
    """The judgement over the services in `scope`.

    A service up to tier 1 of which nothing is known makes it inconclusive, however much of the weight the
    others cover: without that, five measured services would let an unmeasured one of tier 1 pass, and a
    failing one pass by falling silent.
    """
    names = sorted(scope)
    words = {name: status(health[name], own.get(name)) for name in names}
    known = [name for name in names if words[name] is not Status.UNKNOWN]
    weights = {name: weight(tiers[name]) for name in names}
    whole = sum(weights.values())
    covered = sum(weights[name] for name in known)
    coverage = round(covered / whole, PLACES) if whole else 0.0
    score = round(sum(weights[name] * health[name] for name in known) / covered, PLACES) if covered else None
    deciding = [name for name in names if tiers[name] <= DECIDING_TIER]
    failing = tuple(name for name in deciding if words[name] is Status.FAILING)
    if failing or (score is not None and score < FAIL_SCORE):
        return Composite(Judgement.FAIL, score, coverage, failing)
    unknown = tuple(name for name in deciding if words[name] is Status.UNKNOWN)
    if score is None or coverage < LEAST_COVERAGE or unknown:
        return Composite(Judgement.INCONCLUSIVE, score, coverage, unknown)
    degraded = tuple(name for name in deciding if words[name] is Status.DEGRADED)
    if degraded or score < WARN_SCORE:
        return Composite(Judgement.WARN, score, coverage, degraded)
    return Composite(Judgement.PASS, score, coverage)


def scope_of(changed: Collection[str], calls: Iterable[Call]) -> frozenset[str]:
    """What a change can hurt: the changed services, all that call them by any way, and what they call."""
    callers: dict[str, set[str]] = {}
    callees: set[str] = set()
    for call in calls:
        callers.setdefault(call.callee, set()).add(call.caller)
        if call.caller in changed:
            callees.add(call.callee)
    return above(changed, callers) | callees


def above(names: Collection[str], callers: Mapping[str, Collection[str]]) -> frozenset[str]:
    """These and all that call them, directly or through others."""
    found, waiting = set(names), list(names)
    while waiting:
        for caller in callers.get(waiting.pop(), ()):
            if caller not in found:
                found.add(caller)
                waiting.append(caller)
    return frozenset(found)
