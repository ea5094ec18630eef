"""How much one window's counts of two arms say: beta-binomial likelihood ratios. Django-free.

H0: the share of the canary is at most `rho` times that of the baseline. Conditioning on the bad requests
of both arms together removes the unknown share and whatever drifts in both. Real traffic varies more
from minute to minute than coins do, so the split is beta-binomial, its correlation `icc` estimated
from earlier windows only (prior: .02 with the weight of five windows).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.gates.judges.mixture import FACTORS, GRID_SIZE

PRIOR_ICC, PRIOR_WEIGHT, MOST_ICC = 0.02, 5, 0.3
NOTHING: Mapping[str, float] = {"X": 0, "N": 0, "S": 0.0, "P": 0, "D": 0, "n": 0}
"""What is learned of noise before any window."""


@dataclass(frozen=True, slots=True)
class Arms:
    """One window: `bad` of `total` requests of the arm that is tested, and of the one beside it."""

    bad: float
    total: float
    other_bad: float
    other_total: float

    @property
    def swapped(self) -> "Arms":
        return Arms(self.other_bad, self.other_total, self.bad, self.total)


def increments(arms: Arms, rho: float, learned: Mapping[str, Any]) -> list[float]:
    """The logarithm of the likelihood ratio of each factor against `rho`; 24 of them."""
    bad, other = arms.bad, arms.other_bad
    if bad + other <= 0:
        return [0.0] * GRID_SIZE
    share = rho * arms.total / (rho * arms.total + arms.other_total)
    icc = _icc(learned)
    c = 1 / icc - 1
    lgamma = math.lgamma
    # ln B(a + x, b + y) - ln B(a, b) with a + b = c always: the terms in a + b are equal and cancel.
    a, b = share * c, (1 - share) * c
    base = lgamma(bad + a) + lgamma(other + b) - lgamma(a) - lgamma(b)
    found = []
    for factor in FACTORS:
        tilted = factor * share / (1 - share + factor * share)
        a, b = tilted * c, (1 - tilted) * c
        found.append(lgamma(bad + a) + lgamma(other + b) - lgamma(a) - lgamma(b) - base)
    return found


def _icc(learned: Mapping[str, Any]) -> float:
    many = learned["n"]
    if not many:
        return PRIOR_ICC
    estimate = min(max((learned["S"] - learned["D"]) / learned["P"], 0.0), MOST_ICC)
    return float((PRIOR_WEIGHT * PRIOR_ICC + many * estimate) / (PRIOR_WEIGHT + many))


def learn(learned: Mapping[str, Any], arms: Arms) -> dict[str, Any]:
    """What is known of noise after the window: Pearson's statistic of the split, against its mean so far."""
    together = arms.bad + arms.other_bad
    mean = (2 * arms.total / (arms.total + arms.other_total) + learned["X"]) / (2 + learned["N"])
    new = dict(learned)
    if together >= 2:
        new["S"] += (arms.bad - together * mean) ** 2 / (mean * (1 - mean))
        new["P"] += together * (together - 1)
        new["D"] += together
        new["n"] += 1
    new["X"] += arms.bad
    new["N"] += together
    return new
