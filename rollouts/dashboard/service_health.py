"""How services are now: what the newest windows say of each environment and version, without a judgement."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from rollouts.catalog.models import Environment
from rollouts.dashboard import wording
from rollouts.health import queries as health
from rollouts.health.quantiles import quantile
from rollouts.health.readings import Grid
from rollouts.health.signals import Measured
from rollouts.health.values import Perspective, Signal

RECENT = 5
SHOWN = 30
QUANTILE = 0.95


@dataclass(frozen=True)
class VersionNow:
    """One version in the newest windows. Shares are of one; None: nobody could say."""

    version: str
    share: float | None
    failed: float | None
    p95_s: float | None
    a_second: float | None
    requests: int
    spark: tuple[float | None, ...] = ()

    @property
    def failed_words(self) -> str:
        return _("no data") if self.failed is None else wording.percent(self.failed, 2)

    @property
    def p95_words(self) -> str:
        if self.p95_s is None:
            return _("no data")
        return f"{wording.number(self.p95_s * 1000)}{wording.NBSP}ms"

    @property
    def traffic_words(self) -> str:
        if self.a_second is None:
            return _("no data")
        return f"{wording.number(self.a_second, 1)}{wording.NBSP}/s"


@dataclass(frozen=True)
class Measure:
    """One service in one environment: its versions that were seen, and until when."""

    environment: Environment
    versions: tuple[VersionNow, ...] = ()
    at: datetime | None = None
    fresh: bool = False
    window_s: int = 0
    grid: Grid | None = field(default=None, repr=False)

    @property
    def word(self) -> str:
        """The failures of all versions together, or that there is no data."""
        known = [each for each in self.versions if each.failed is not None and each.requests]
        if not self.fresh or not known:
            return _("No data")
        requests = sum(each.requests for each in known)
        failed = sum((each.failed or 0) * each.requests for each in known) / requests
        return _("%(share)s failed") % {"share": wording.percent(failed, 2)}


def measures(
    services: Collection[int], environments: list[Environment], now: datetime
) -> dict[int, list[Measure]]:
    """Each service in each environment where something of it was measured; else in the first, silent.

    A constant number of queries, however many services.
    """
    pairs = {(service, environment.pk) for service in services for environment in environments}
    if not pairs:
        return {service: [] for service in services}
    longest = max(clock.window_s for clock in health.clocks(pairs).values())
    grids = health.grids(
        pairs,
        since=now - timedelta(seconds=longest * (SHOWN + 2)),
        signals=(Signal.ERRORS, Signal.LATENCY),
    )
    found: dict[int, list[Measure]] = {}
    for service in services:
        all_of_it = [measure(each, grids[service, each.pk], now) for each in environments]
        found[service] = [each for each in all_of_it if each.versions] or all_of_it[:1]
    return found


def measure(environment: Environment, grid: Grid, now: datetime) -> Measure:
    """One service in one environment."""
    at = health.moment(grid.through) if grid.through else None
    starts = list(grid.starts())
    recent, shown = starts[-RECENT:], starts[-SHOWN:]
    totals = {
        version: total(grid, recent, Signal.ERRORS, version) for version in sorted(grid.versions() - {""})
    }
    whole = sum(each.total for each in totals.values() if each)
    versions = [
        version_now(grid, version, counted, whole, recent, shown) for version, counted in totals.items()
    ]
    late = timedelta(seconds=grid.window_s * 3)
    return Measure(environment, tuple(versions), at, bool(at and now - at <= late), grid.window_s, grid=grid)


def version_now(
    grid: Grid, version: str, counted: Measured | None, whole: float, recent: list[int], shown: list[int]
) -> VersionNow:
    """One version: its share of traffic, failures, 95th percentile (for display) and requests a second."""
    slow = total(grid, recent, Signal.LATENCY, version)
    p95 = quantile(QUANTILE, slow.buckets) if slow and slow.buckets else math.nan
    answered = counted is not None and counted.total > 0
    return VersionNow(
        version=version,
        share=counted.total / whole if counted and whole else None,
        failed=counted.bad / counted.total if counted and answered else None,
        p95_s=None if math.isnan(p95) else p95,
        a_second=counted.total / (len(recent) * grid.window_s) if counted and recent else None,
        requests=round(counted.total) if counted else 0,
        spark=tuple(failing(grid, start, version) for start in shown),
    )


def total(grid: Grid, starts: list[int], signal: Signal, version: str) -> Measured | None:
    """The windows added up, by the perspective that counted more; None when none could say."""
    best: Measured | None = None
    for perspective in Perspective:
        added: Measured | None = None
        for start in starts:
            side = grid.side(start, signal, perspective, versions=(version,))
            if side is not None:
                added = side if added is None else added.plus(side)
        if added is not None and (best is None or added.total > best.total):
            best = added
    return best


def failing(grid: Grid, start: int, version: str) -> float | None:
    """The share that failed in one window."""
    counted = total(grid, [start], Signal.ERRORS, version)
    return counted.bad / counted.total if counted and counted.total else None
