"""Old hourly repetitions of verdicts are deleted; what changed stays as long as its gate."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rollouts.gates.models import Verdict
from rollouts.lib.clock import database_now

KEPT = timedelta(days=90)
"""Longer than any bake. What a decision cites stands in its event, and in the row of the change."""


def due(now: datetime, limit: int) -> Sequence[int]:
    """The oldest repetitions that are not kept any more; an index holds them alone."""
    rows = Verdict.objects.filter(repeat=True, at__lt=now - KEPT).order_by("at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def forget(pk: int) -> None:
    forget_many([pk])


def forget_many(pks: list[int]) -> None:
    """Deletes them. Safe to run twice."""
    Verdict.objects.filter(pk__in=pks, repeat=True, at__lt=database_now() - KEPT).delete()
