"""Measurements as they are pushed, and why one is not taken. Django-free."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.health.signals import Measured, Subject, of_contract
from rollouts.health.values import Signal

MOST_ENTRIES = 1_000
MOST_BYTES = 1_000_000
MOST_UNPACKED = 4_000_000
MOST_BUCKETS = 200
AHEAD = timedelta(seconds=60)
"""A window may begin so far ahead of our clock; clocks differ."""


@dataclass(frozen=True)
class Part:
    """What one instance says of one subject in the window that begins at `start`.

    `contract`, `contract_version`: which these requests spoke, where it is said.
    """

    subject: Subject
    start: datetime
    measured: Measured
    instance: str = ""
    point: str = ""
    contract: str = ""
    contract_version: str = ""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What it counts for: its subject, and the calls of its contract."""
        if not self.contract or not self.contract_version:
            return (self.subject,)
        return self.subject, of_contract(self.subject, self.contract, self.contract_version)


@dataclass(frozen=True)
class Wrong:
    """Why the entry at `index` is not taken; `closed`: it came too late, or says otherwise than before."""

    index: int
    said: str
    closed: bool = False


def fault(signal: Signal, measured: Measured) -> str:
    """A sentence for a measurement that cannot be; empty for one that can."""
    numbers = [measured.bad, measured.total, *measured.buckets.values()]
    if any(not math.isfinite(number) or number < 0 for number in numbers):
        return "Counts are finite and not negative."
    if signal is Signal.TRAFFIC:
        return "Traffic is the total of errors: push errors with `bad` and `total`."
    if signal is Signal.SATURATION:
        told = measured.value is not None and math.isfinite(measured.value)
        return "" if told else "Saturation needs a finite `value`."
    if measured.bad > measured.total:
        return "`bad` cannot be more than `total`."
    return _of_buckets(measured) if signal is Signal.LATENCY else ""


def _of_buckets(measured: Measured) -> str:
    bounds = sorted(measured.buckets)
    if not bounds or bounds[-1] != math.inf:
        return "Latency needs cumulative `buckets`, the last without a bound (null)."
    if len(bounds) > MOST_BUCKETS:
        return f"A histogram has at most {MOST_BUCKETS} buckets."
    counts = [measured.buckets[bound] for bound in bounds]
    if any(before > after for before, after in zip(counts, counts[1:], strict=False)):
        return "The buckets are not cumulative."
    return ""


def timely(start: datetime, *, window: timedelta, now: datetime, oldest: datetime) -> str:
    """A sentence for a window that is not on the grid, ahead of the clock, or too old to be kept."""
    seconds = start.timestamp()
    if seconds % window.total_seconds():
        return f"Windows begin at multiples of {window.total_seconds():.0f} s since 1970, in UTC."
    if start > now + AHEAD:
        return "The window is in the future; check the clock."
    return "The window is older than the source keeps windows." if start < oldest else ""


def summed(parts: Iterable[Part]) -> dict[Subject, Measured]:
    """The parts of one window added up."""
    found: dict[Subject, Measured] = {}
    for part in parts:
        for subject in part.subjects:
            found[subject] = found.get(subject, Measured()).plus(part.measured)
    return found
