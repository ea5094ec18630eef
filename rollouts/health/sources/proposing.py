"""A limit from what was measured: far enough above what is usual that a healthy week would not breach it.

Django-free. The rule: the larger of one and a half times the median and the 99.5th percentile of the windows
of the last days. A limit below one and a half times the median is breached by noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollouts.health.quantiles import slower_than
from rollouts.health.signals import Measured
from rollouts.health.values import Signal

FEWEST_WINDOWS = 20
ABOVE_MEDIAN = 1.5
PERCENTILE = 0.995
# Where nothing failed at all, a limit of nothing would be breached by the first error.
LEAST_SHARE = 0.001
SLOW_SHARE = 0.01


@dataclass(frozen=True)
class Proposal:
    """`limit` None: too little was measured. `sentence` says how it was found."""

    limit: float | None
    median: float | None
    high: float | None
    windows: int
    sentence: str


def values_of(
    signal: Signal, windows: Mapping[int, Measured], step_s: int, bound_s: float | None = None
) -> dict[int, float]:
    """The value of each window that has one: shares of requests, requests a second, or a number."""
    found: dict[int, float] = {}
    for start, one in windows.items():
        if signal is Signal.SATURATION:
            if one.value is not None:
                found[start] = one.value
        elif signal is Signal.TRAFFIC:
            found[start] = one.total / step_s
        elif one.total > 0:
            bad = slower_than(bound_s or 0, one.buckets)[0] if signal is Signal.LATENCY else one.bad
            found[start] = bad / one.total
    return found


def bound_of(windows: Mapping[int, Measured]) -> float | None:
    """The least bound that at most one request in a hundred was slower than; the highest one otherwise."""
    counts: dict[float, float] = {}
    for one in windows.values():
        for bound, count in one.buckets.items():
            counts[bound] = counts.get(bound, 0.0) + count
    total = counts.pop(math.inf, 0.0)
    fitting = [bound for bound, count in counts.items() if total and (total - count) / total <= SLOW_SHARE]
    return min(fitting, default=max(counts, default=None))


def propose(signal: Signal, values: Sequence[float]) -> Proposal:
    """See the rule above; for traffic, whose limit is the least, it is turned round."""
    many = len(values)
    if many < FEWEST_WINDOWS:
        said = f"Only {many} windows had data; a limit needs {FEWEST_WINDOWS} at least."
        return Proposal(None, None, None, many, said)
    ordered = sorted(values)
    median = _at(ordered, 0.5)
    if signal is Signal.TRAFFIC:
        low = _at(ordered, 1 - PERCENTILE)
        limit = _rounded(min(median / ABOVE_MEDIAN, low), up=False)
        said = (
            f"The smaller of the median over {ABOVE_MEDIAN:g} and the {1 - PERCENTILE:.1%} quantile of "
            f"{many:,} windows."
        )
        return Proposal(limit, median, low, many, said)
    high = _at(ordered, PERCENTILE)
    limit = _rounded(max(ABOVE_MEDIAN * median, high), up=True)
    said = f"The larger of {ABOVE_MEDIAN:g} times the median and the 99.5th percentile of {many:,} windows."
    if signal in (Signal.ERRORS, Signal.LATENCY) and limit < LEAST_SHARE:
        limit, said = LEAST_SHARE, f"{said} Both are next to nothing, so the least that is proposed is 0.1 %."
    return Proposal(limit, median, high, many, said)


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def _rounded(value: float, *, up: bool) -> float:
    """To two digits, never on the wrong side."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    steps = math.ceil(value / unit - 1e-9) if up else math.floor(value / unit + 1e-9)
    return float(f"{steps * unit:.6g}")
