"""Error budgets and burn rates, from counts alone. Django-free.

Sources: Google, *The Site Reliability Workbook*, chapter 5 (multi-window, multi-burn-rate alerts);
the factors are `share of budget * period / long window` (slok/sloth `google-30d.yaml`, pyrra `slo/rules.go`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

DAY = timedelta(days=1)
MIN_BAD_SHORT = 3
MIN_BAD_LONG = 5
"""Bad requests without which no alert fires: at 0.1 requests a second, 2.4 % false alerts and not 18.7 %."""

PAGE = "page"
TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Count:
    """`bad` of `total` requests."""

    bad: float = 0
    total: float = 0

    def plus(self, other: "Count") -> "Count":
        return Count(self.bad + other.bad, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Pair:
    """A long window with the short one that says it is still going on.

    `budget` is the share of the period's budget that is spent when the long window burns at the factor.
    """

    long: timedelta
    short: timedelta
    budget: float
    urgency: str

    def factor(self, period: timedelta) -> float:
        """The burn rate from which both windows alert: 14.4 for 2 % of 30 days in one hour."""
        return self.budget * (period / self.long)


MINUTE_S, HOUR_S = 60, 3600
"""The spans that counts are kept for, in seconds."""
HOUR = timedelta(hours=1)
PAIRS = (
    Pair(HOUR, timedelta(minutes=5), 0.02, PAGE),
    Pair(6 * HOUR, timedelta(minutes=30), 0.05, PAGE),
    Pair(DAY, 2 * HOUR, 0.10, TICKET),
    Pair(3 * DAY, 6 * HOUR, 0.10, TICKET),
)
SPANS = tuple(sorted({span for pair in PAIRS for span in (pair.long, pair.short)}))
"""All windows that burn rates are read over, shortest first."""


def burn(count: Count, target: float) -> float | None:
    """How many times faster than allowed the budget burns; None without traffic, which is not 0."""
    if count.total <= 0:
        return None
    # Rounded, since 1 - 0.999 is a little more than a thousandth in binary and 14.4 would not be reached.
    return round(count.bad / count.total / (1 - target), 9)


@dataclass(frozen=True, slots=True)
class Burning:
    """One pair of windows: both burn rates (None: no traffic), the factor, and whether it alerts."""

    pair: Pair
    long: float | None
    short: float | None
    factor: float
    fires: bool


def burning(counts: Mapping[timedelta, Count], target: float, period: timedelta) -> tuple[Burning, ...]:
    """Every pair over `counts`, which says what each span of SPANS up to now holds."""
    found = []
    for pair in PAIRS:
        long, short = counts.get(pair.long, Count()), counts.get(pair.short, Count())
        rates = burn(long, target), burn(short, target)
        factor = round(pair.factor(period), 9)
        enough = long.bad >= MIN_BAD_LONG and short.bad >= MIN_BAD_SHORT
        fires = enough and all(rate is not None and rate >= factor for rate in rates)
        found.append(Burning(pair, *rates, factor, fires))
    return tuple(found)


def remaining(period_count: Count, target: float) -> float | None:
    """The share of the period's budget that is left: below 0 when overspent; None without traffic."""
    spent = burn(period_count, target)
    return None if spent is None else round(1 - spent, 9)


def spent_by(canary: Count, baseline_share: float, period_total: float, target: float) -> float | None:
    """The share of the period's budget that a canary's surplus of bad requests has spent.

    `baseline_share` is what would have been bad anyway; None where the period counted no traffic.
    """
    if period_total <= 0:
        return None
    surplus = max(0.0, canary.bad - canary.total * baseline_share)
    return round(surplus / ((1 - target) * period_total), 9)
