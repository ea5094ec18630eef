"""Measurements of the demo's past: what a scrape would have found, drawn from a seeded generator.

Only of rollouts that ended before the fleet was started; everything since is measured. Counts keep their
fractions for the next window and times are drawn by strata: a story must not end by a window's bad luck.
"""

import math
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

from rollouts.health import storing
from rollouts.health.models import Source
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal

UNEVEN = 0.1  # how far a window's requests stray from the rate
SPREAD = 0.5  # of the logarithms of times
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, math.inf)


@dataclass
class Version:
    """How one version behaves: its share of requests, of errors, and its median time in seconds."""

    name: str
    share: float
    errors: float = 0.001
    median_s: float = 0.02
    callers: tuple[str, ...] = ()


@dataclass
class Traffic:
    """Requests of one service, split among its versions."""

    service: str
    rate: float
    versions: Mapping[str, Version]
    seed: int = 7
    _random: random.Random = field(init=False)
    _left: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.service}{self.seed}")
        self._left = defaultdict(float)

    def window(self, seconds: int) -> dict[Subject, Measured]:
        """What one window of so many seconds holds."""
        found: dict[Subject, Measured] = {}
        total = self.rate * seconds * self._random.uniform(1 - UNEVEN, 1 + UNEVEN)
        for version in self.versions.values():
            many = self._whole(f"{version.name} requests", total * version.share)
            if many:
                found |= self._of(version, many)
        return found

    def _of(self, version: Version, many: int) -> dict[Subject, Measured]:
        bad = min(many, self._whole(f"{version.name} errors", many * version.errors))
        times = [self._time(version, number, many) for number in range(many)]
        buckets = {bound: float(sum(time <= bound for time in times)) for bound in BOUNDS}
        seen = [(Perspective.SERVER, ""), *((Perspective.CALLERS, name) for name in version.callers[:1])]
        found: dict[Subject, Measured] = {}
        for perspective, caller in seen:
            errors = Subject(self.service, version.name, Signal.ERRORS, perspective, caller)
            latency = Subject(self.service, version.name, Signal.LATENCY, perspective, caller)
            found[errors] = Measured(bad, many)
            found[latency] = Measured(total=many, buckets=buckets)
        return found

    def _whole(self, name: str, value: float) -> int:
        """The whole part; the fraction is kept for the next window."""
        self._left[name] += value
        whole = math.floor(self._left[name])
        self._left[name] -= whole
        return whole

    def _time(self, version: Version, number: int, many: int) -> float:
        """A time from the stratum `number` of `many`."""
        share = (number + self._random.uniform(0.001, 0.999)) / many
        return version.median_s * math.exp(SPREAD * NormalDist().inv_cdf(share))

    def play(self, source: Source, start: datetime, end: datetime) -> datetime:
        """Stores and closes every window between the two times; says where the last one ends."""
        starts = _aligned(start, end, source.window)
        if not starts:
            return start
        storing.store_recorded(source, {at: self.window(source.window_s) for at in starts})
        through = starts[-1] + source.window
        Source.objects.filter(pk=source.pk).update(collected_through_at=through, last_success_at=through)
        return through


def _aligned(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    seconds = step.total_seconds()
    at = datetime.fromtimestamp(math.ceil(start.timestamp() / seconds) * seconds, UTC)
    found = []
    while at + step <= end:
        found.append(at)
        at += step
    return found
