"""Measurements of the demo's past: what a scrape would have found, drawn from a seeded generator.

Only of rollouts that ended before the fleet was started; everything since is measured.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rollouts.health import storing
from rollouts.health.models import Source
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal

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

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.service}{self.seed}")

    def window(self, seconds: int) -> dict[Subject, Measured]:
        """What one window of so many seconds holds."""
        found: dict[Subject, Measured] = {}
        total = max(1, round(self._random.gauss(self.rate * seconds, math.sqrt(self.rate * seconds))))
        for version in self.versions.values():
            many = sum(self._random.random() < version.share for _ in range(total))
            if many:
                found |= self._of(version, many)
        return found

    def _of(self, version: Version, many: int) -> dict[Subject, Measured]:
        bad = sum(self._random.random() < version.errors for _ in range(many))
        times = [self._random.lognormvariate(math.log(version.median_s), 0.5) for _ in range(many)]
        buckets = {bound: float(sum(time <= bound for time in times)) for bound in BOUNDS}
        seen = [(Perspective.SERVER, ""), *((Perspective.CALLERS, name) for name in version.callers[:1])]
        found: dict[Subject, Measured] = {}
        for perspective, caller in seen:
            errors = Subject(self.service, version.name, Signal.ERRORS, perspective, caller)
            latency = Subject(self.service, version.name, Signal.LATENCY, perspective, caller)
            found[errors] = Measured(bad, many)
            found[latency] = Measured(total=many, buckets=buckets)
        return found

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
