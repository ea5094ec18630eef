"""Rules that stop a canary, each from the counts of its minutes: the judge's own, and those it replaces."""

import math
from bisect import insort
from collections.abc import Callable, Sequence

from bench.streams import MINUTES, Minute
from rollouts.gates.judges import mixture, pairs

Rule = Callable[[Sequence[Minute], float], int | None]
"""From minutes and the healthy share to the minute (from 1) at which it stops the canary, if it does."""
ONE_SIDED = 1.645
"""The 95 % quantile of the normal distribution."""
O_BRIEN_FLEMING = 1.96
"""What 5 % of Brownian motions ever cross: 2(1 - Phi(c)) = .05. At 60 looks a little fewer do."""
CI_98 = 2.326


def evidence(rho0: float) -> Rule:
    """The process of the judge `compare`, without its guard, at alpha .05."""

    def rule(minutes: Sequence[Minute], _: float) -> int | None:
        process, learned = [*mixture.NOT_BEGUN], dict(pairs.NOTHING)
        for t, (bad, total, other, others) in enumerate(minutes, 1):
            arms = pairs.Arms(bad, total, other, others)
            found = pairs.increments(arms, rho0, learned)
            process, log_e = mixture.begin_any_time(process, found, t, mixture.cap(0.05))
            if log_e >= mixture.bar(0.05):
                return t
            learned = pairs.learn(learned, arms)
        return None

    return rule


def in_a_row(minutes: Sequence[Minute], share: float) -> int | None:
    """Three minutes in a row over a limit: 0.3 % where 0.1 % is healthy, 1.5 % where 1 % is."""
    limit, many = (0.003 if share < 0.01 else 0.015), 0
    for t, (bad, total, _, _) in enumerate(minutes, 1):
        many = many + 1 if bad / total > limit else 0
        if many == 3:
            return t
    return None


def _z(minutes: Sequence[Minute]) -> list[float]:
    """The two-sample z of all counts so far, minute by minute."""
    bad = total = other = others = 0
    found = []
    for minute in minutes:
        bad, total, other, others = bad + minute[0], total + minute[1], other + minute[2], others + minute[3]
        mean = (bad + other) / (total + others)
        spread = math.sqrt(mean * (1 - mean) * (1 / total + 1 / others))
        found.append((bad / total - other / others) / spread if spread else 0.0)
    return found


def z_test(minutes: Sequence[Minute], _: float) -> int | None:
    """One-sided, p < .05, on all counts so far, looked at each minute."""
    return next((t for t, z in enumerate(_z(minutes), 1) if z > ONE_SIDED), None)


def o_brien_fleming(minutes: Sequence[Minute], _: float) -> int | None:
    """Group-sequential with 60 looks, one-sided at 5 %."""
    looks = enumerate(_z(minutes), 1)
    return next((t for t, z in looks if z > O_BRIEN_FLEMING * math.sqrt(MINUTES / t)), None)


def mann_whitney(minutes: Sequence[Minute], _: float) -> int | None:
    """One-sided, p < .05, on the shares of all minutes so far; from minute 5."""
    wins = 0.0
    ours: list[float] = []
    theirs: list[float] = []
    all_shares: dict[float, int] = {}
    for t, (bad, total, other, others) in enumerate(minutes, 1):
        one, two = bad / total, other / others
        ours.append(one)
        wins += sum((one > each) + (one == each) / 2 for each in theirs)
        theirs.append(two)
        wins += sum((each > two) + (each == two) / 2 for each in ours)
        for share in (one, two):
            all_shares[share] = all_shares.get(share, 0) + 1
        if t < 5:
            continue
        many = 2 * t
        ties = sum(count**3 - count for count in all_shares.values()) / (many * (many - 1))
        spread = math.sqrt(t * t / 12 * (many + 1 - ties))
        if spread and (wins - t * t / 2) / spread > ONE_SIDED:
            return t
    return None


def kayenta(minutes: Sequence[Minute], _: float) -> int | None:
    """Its judge, from minute 5: the 98 % interval of the shift above a quarter of it, and a higher mean."""
    ours: list[float] = []
    theirs: list[float] = []
    shifts: list[float] = []
    for t, (bad, total, other, others) in enumerate(minutes, 1):
        one, two = bad / total, other / others
        for each in theirs:
            insort(shifts, one - each)
        theirs.append(two)
        for each in ours:
            insort(shifts, each - two)
        ours.append(one)
        insort(shifts, one - two)
        if t < 5:
            continue
        lowest = max(0, int(t * t / 2 - CI_98 * math.sqrt(t * t * (2 * t + 1) / 12)))
        estimate = shifts[len(shifts) // 2]
        if shifts[lowest] > 0.25 * abs(estimate) and sum(ours) > sum(theirs):
            return t
    return None


RULES: dict[str, Rule] = {
    "compare, margin 1.25 (default)": evidence(1.25),
    "compare, margin 1": evidence(1),
    "compare, margin 1.5": evidence(1.5),
    "z-test": z_test,
    "Mann-Whitney": mann_whitney,
    "Kayenta's rule": kayenta,
    "O'Brien-Fleming": o_brien_fleming,
    "3 in a row over a limit": in_a_row,
}
