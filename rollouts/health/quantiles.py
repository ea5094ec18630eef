"""Quantiles and shares from the buckets of a classic histogram. Django-free.

A quantile is for display only: on OpenTelemetry's default buckets a true 99th percentile of 1,529 ms
reads 2,183 ms. Gates look at the share slower than a bound, which adds up over instances and windows.
"""

import math
from collections.abc import Mapping, Sequence

Buckets = Mapping[float, float]


def quantile(q: float, buckets: Buckets) -> float:
    """The `q`-quantile of cumulative `buckets`, exactly as Prometheus' `histogram_quantile`, or NaN."""
    bounds = sorted(buckets)
    if len(bounds) < 2 or bounds[-1] != math.inf:
        return math.nan
    counts = _monotone([buckets[bound] for bound in bounds])
    total = counts[-1]
    if not total > 0:
        return math.nan
    rank = q * total
    index = next(
        position for position, count in enumerate(counts) if count >= rank or position == len(counts) - 1
    )
    if index == len(bounds) - 1:
        return bounds[-2]
    if index == 0:
        if bounds[0] <= 0:
            return bounds[0]
        lower, below = 0.0, 0.0
    else:
        lower, below = bounds[index - 1], counts[index - 1]
    inside = counts[index] - below
    return lower + (bounds[index] - lower) * (rank - below) / inside if inside else bounds[index]


def _monotone(counts: Sequence[float]) -> list[float]:
    highest = -math.inf
    return [highest := max(highest, count) for count in counts]


def snap(limit_s: float, bounds: Sequence[float]) -> float:
    """The bucket bound that stands for "slower than `limit_s`": the same, or the next one above."""
    return min(
        (bound for bound in bounds if bound >= limit_s or math.isclose(bound, limit_s)), default=math.inf
    )


def slower_than(limit_s: float, buckets: Buckets) -> tuple[float, float]:
    """Requests above the snapped bound, and that bound; infinity: nothing can be said to be slow."""
    bound = snap(limit_s, list(buckets))
    total = buckets.get(math.inf, 0.0)
    return max(total - buckets.get(bound, total), 0.0), bound
