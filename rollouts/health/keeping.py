"""Days of windows: made ahead, and dropped when no source keeps them any longer.

All sources share a day's partition. `keep_days` is a promise of at least so long: a day goes when the source
that keeps longest lets it go. Single rows are never deleted, which would cost a vacuum.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from rollouts.health.models import Source, Window
from rollouts.lib.clock import database_now

DEFAULT_DAYS = 35


def longest() -> timedelta:
    """How long windows are kept: as long as the source that keeps them longest."""
    days: int | None = Source.objects.aggregate(most=Max("keep_days"))["most"]
    return timedelta(days=DEFAULT_DAYS if days is None else days)


def due(now: datetime, limit: int) -> Sequence[int]:
    """The days that are to be made or dropped."""
    return Window.DAYS.due(now, longest(), limit)


def keep(ordinal: int) -> None:
    """Makes the day's partition, or drops it when nobody keeps it any longer. Safe to run twice."""
    Window.DAYS.run(ordinal, database_now(), longest())
