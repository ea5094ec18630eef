"""Days of old hourly repetitions of verdicts are dropped; what changed stays as long as its gate."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rollouts.gates.models import Verdict
from rollouts.lib.clock import database_now

KEPT = timedelta(days=90)
"""Longer than any bake. What a decision cites stands in its event, and in the row of the change."""


def due(now: datetime, limit: int) -> Sequence[int]:
    """The days that are to be made or dropped."""
    return Verdict.DAYS.due(now, KEPT, limit)


def keep(ordinal: int) -> None:
    """Makes the day's partition, or drops it when it is over for long enough. Safe to run twice."""
    Verdict.DAYS.run(ordinal, database_now(), KEPT)
