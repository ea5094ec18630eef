"""How unlikely a count is under a share. Django-free, exact, without numpy."""

import math

NEGLIGIBLE = 1e-18


def lower_tail(x: int, n: int, p: float) -> float:
    """The probability of `x` or fewer successes in `n` trials at `p`."""
    if x < 0:
        return 0.0
    if x >= n or p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    term = math.exp(_log_probability(x, n, p))
    total, k = term, x
    # Downwards from x the terms only shrink once k is below the mean; stop when they no longer matter.
    while k > 0 and (term > total * NEGLIGIBLE or k > n * p):
        term *= k / (n - k + 1) * (1 - p) / p
        total += term
        k -= 1
    return min(total, 1.0)


def upper_tail(x: int, n: int, p: float) -> float:
    """The probability of `x` or more successes in `n` trials at `p`."""
    return lower_tail(n - x, n, 1 - p)


def outside(x: int, n: int, p: float, confidence: float) -> bool:
    """Whether `x` of `n` lies outside the central interval that holds `confidence` of all outcomes at `p`."""
    tail = lower_tail(x, n, p) if x < n * p else upper_tail(x, n, p)
    return tail < (1 - confidence) / 2


def _log_probability(x: int, n: int, p: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1)
    return choose + x * math.log(p) + (n - x) * math.log1p(-p)
