"""Minutes of two arms as services make them: healthy ones in several moods, and ones that got worse."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

MINUTES = 60
Minute = tuple[int, int, int, int]
"""Bad and all requests of the canary, then of the baseline."""
NOISE, UNEQUAL = math.sqrt(math.log(1 + 0.3**2)), math.sqrt(math.log(1 + 0.1**2))
"""The sigmas of lognormal factors with mean 1 and standard deviations of 30 % and 10 %."""
MEMORY = 0.9


@dataclass(frozen=True)
class Stream:
    """A kind of stream: the shares of both arms in each minute, with requests a second in each."""

    name: str
    share: float
    shares: Callable[[Random, float], Iterator[tuple[float, float]]]
    healthy: bool = True

    def minutes(self, random: Random, rate: float) -> list[Minute]:
        total = round(rate * 60)
        return [
            (binomial(random, total, canary), total, binomial(random, total, baseline), total)
            for canary, baseline in self.shares(random, self.share)
        ]


def binomial(random: Random, n: int, p: float) -> int:
    """Exact, by the waiting times between successes (Devroye 1986, chapter X.4)."""
    count, at, log_q = 0, 0, math.log1p(-min(p, 0.999))
    while True:
        at += int(math.log(1 - random.random()) / log_q) + 1
        if at > n:
            return count
        count += 1


def plain(_: Random, share: float) -> Iterator[tuple[float, float]]:
    yield from [(share, share)] * MINUTES


def noisy(random: Random, share: float) -> Iterator[tuple[float, float]]:
    """Each arm and minute has a factor of its own."""
    for _ in range(MINUTES):
        yield share * _factor(random.gauss(0, NOISE)), share * _factor(random.gauss(0, NOISE))


def drifting(random: Random, share: float) -> Iterator[tuple[float, float]]:
    """The factor of each arm remembers nine tenths of the minute before."""
    new, step = NOISE, NOISE * math.sqrt(1 - MEMORY**2)
    one, other = random.gauss(0, new), random.gauss(0, new)
    for _ in range(MINUTES):
        yield share * _factor(one), share * _factor(other)
        one, other = MEMORY * one + random.gauss(0, step), MEMORY * other + random.gauss(0, step)


def _factor(log: float, sigma: float = NOISE) -> float:
    return math.exp(log - sigma**2 / 2)


def unequal(random: Random, share: float) -> Iterator[tuple[float, float]]:
    """Each arm has a factor for the whole bake, as two groups of machines may have."""
    one, other = (_factor(random.gauss(0, UNEQUAL), UNEQUAL) for _ in range(2))
    yield from [(share * one, share * other)] * MINUTES


def different(_: Random, share: float) -> Iterator[tuple[float, float]]:
    """The canary is 10 % worse for ever: within what a margin of 1.25 allows."""
    yield from [(share * 1.1, share)] * MINUTES


def doubling(_: Random, share: float) -> Iterator[tuple[float, float]]:
    """Both arms double within the hour."""
    for minute in range(MINUTES):
        now = share * (1 + minute / (MINUTES - 1))
        yield now, now


def worse(times: float, since: int = 0) -> Callable[[Random, float], Iterator[tuple[float, float]]]:
    """The canary has so many times the share, from a minute on."""

    def shares(_: Random, share: float) -> Iterator[tuple[float, float]]:
        for minute in range(MINUTES):
            yield share * (times if minute >= since else 1), share

    return shares


HEALTHY = (
    Stream("plain, 0.1 %", 0.001, plain),
    Stream("plain, 1 %", 0.01, plain),
    Stream("noise 30 %", 0.01, noisy),
    Stream("slow drift", 0.01, drifting),
    Stream("arms differ by 10 %", 0.01, unequal),
    Stream("canary 10 % worse", 0.01, different),
    Stream("both double", 0.01, doubling),
)
WORSE = (
    Stream("0.1 → 0.5 %", 0.001, worse(5), healthy=False),
    Stream("1 → 2 %", 0.01, worse(2), healthy=False),
    Stream("1 → 2 % from minute 30", 0.01, worse(2, since=30), healthy=False),
    Stream("1 → 30 %", 0.01, worse(30), healthy=False),
)
LIMIT = 0.01
AROUND_LIMIT = (
    Stream("0.8 of the limit", LIMIT, worse(0.8)),
    Stream("at the limit", LIMIT, worse(1)),
    Stream("2 times the limit", LIMIT, worse(2), healthy=False),
    Stream("5 times the limit", LIMIT, worse(5), healthy=False),
)
KINDS = {kind.name: kind for kind in (*HEALTHY, *WORSE, *AROUND_LIMIT)}
