"""Rules that stop a canary, each from the counts of its minutes: the judge's own, and those it replaces."""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence

from bench.streams import LIMIT, MINUTES, Minute
from rollouts.gates.judges import limit_e, mixture, pairs
from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.gates.judges.sequential import is_catastrophe

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


def guard(minutes: Sequence[Minute], _: float) -> int | None:
    """What stops a catastrophe in one look, alone; `compare` has it beside its evidence."""
    for t, (bad, total, other, others) in enumerate(minutes, 1):
        if is_catastrophe(JudgedWindow(t, bad, total), (other + 1) / others):
            return t
    return None


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


class Met:
    """All pairs of a canary's and a baseline's minute so far, counted by who is worse."""

    def __init__(self) -> None:
        self.ours: list[float] = []
        self.theirs: list[float] = []
        self.many: dict[float, int] = {}
        self.wins = self.draws = self.ties = 0

    def add(self, one: float, two: float) -> None:
        """Takes in one more minute of each; both lists stay sorted."""
        below = bisect_left(self.theirs, one)
        self.wins, self.draws = self.wins + below, self.draws + bisect_right(self.theirs, one) - below
        insort(self.ours, one)
        below = bisect_left(self.ours, two)
        same = bisect_right(self.ours, two) - below
        self.wins, self.draws = self.wins + len(self.ours) - below - same, self.draws + same
        insort(self.theirs, two)
        for share in (one, two):
            now = self.many[share] = self.many.get(share, 0) + 1
            self.ties += now**3 - now - ((now - 1) ** 3 - (now - 1))


def mann_whitney(minutes: Sequence[Minute], _: float) -> int | None:
    """One-sided, p < .05, on the shares of all minutes so far; from minute 5."""
    met = Met()
    for t, (bad, total, other, others) in enumerate(minutes, 1):
        met.add(bad / total, other / others)
        if t < 5:
            continue
        many = 2 * t
        spread = math.sqrt(t * t / 12 * (many + 1 - met.ties / (many * (many - 1))))
        if spread and (met.wins + met.draws / 2 - t * t / 2) / spread > ONE_SIDED:
            return t
    return None


def kayenta(minutes: Sequence[Minute], _: float) -> int | None:
    """Its judge, from minute 5: the 98 % interval of the shift above a quarter of it, and a higher mean."""
    met = Met()
    for t, (bad, total, other, others) in enumerate(minutes, 1):
        met.add(bad / total, other / others)
        if t < 5:
            continue
        lowest = max(0, int(t * t / 2 - CI_98 * math.sqrt(t * t * (2 * t + 1) / 12)))
        # Its lower end is above 0 only where so few pairs are not won: then alone all shifts are sorted.
        if t * t - met.wins > lowest:
            continue
        shifts = sorted(one - two for one in met.ours for two in met.theirs)
        estimate = shifts[len(shifts) // 2]
        if shifts[lowest] > 0.25 * abs(estimate) and sum(met.ours) > sum(met.theirs):
            return t
    return None


def limit_evidence(minutes: Sequence[Minute], _: float) -> int | None:
    """The process of the judge `limit-e`, without its guard, at alpha .05."""
    process = [*mixture.NOT_BEGUN]
    for t, (bad, total, _other, _others) in enumerate(minutes, 1):
        found = limit_e.increments(bad, total, LIMIT)
        process, log_e = mixture.begin_any_time(process, found, t, mixture.cap(0.05))
        if log_e >= mixture.bar(0.05):
            return t
    return None


def of_five(minutes: Sequence[Minute], _: float) -> int | None:
    """What the judge `limit` does: 3 of the last 5 minutes over the limit."""
    over = [bad / total > LIMIT for bad, total, _other, _others in minutes]
    return next((t for t in range(1, len(over) + 1) if sum(over[max(0, t - 5) : t]) >= 3), None)


def wilson(minutes: Sequence[Minute], _: float) -> int | None:
    """Three minutes in a row whose lower Wilson bound (one-sided, 95 %) of all so far is over the limit."""
    all_bad = all_total = many = 0
    for t, (bad, total, _other, _others) in enumerate(minutes, 1):
        all_bad, all_total = all_bad + bad, all_total + total
        share, z2 = all_bad / all_total, ONE_SIDED**2
        spread = ONE_SIDED * math.sqrt(share * (1 - share) / all_total + z2 / (4 * all_total**2))
        lower = (share + z2 / (2 * all_total) - spread) / (1 + z2 / all_total)
        many = many + 1 if lower > LIMIT else 0
        if many == 3:
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
    "3 failures in a row": in_a_row,
    "guard of compare, alone": guard,
}
AGAINST_LIMIT: dict[str, Rule] = {
    "limit-e": limit_evidence,
    "limit, 3 of 5": of_five,
    "3 lower bounds in a row": wilson,
}
