"""Rollouts are judged by all workers that are free: in batches, each a row until it is done.

The rows are the truth. Whoever closed the windows writes them, calls the others and begins; each takes the
next that is free until none is left. With no other worker, or no broker, the first one judges all of them.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from rollouts.decisions.models import Batch
from rollouts.decisions.ticker import offer
from rollouts.lib.clock import database_now

logger = logging.getLogger(__name__)

WORK = "decisions.batches"
SIZE = 250
"""Rollouts that are judged in one transaction."""
CALLED = 16
"""Workers that are called at most."""
LEASE = timedelta(seconds=60)
"""As long as a task may take: who holds a batch for longer is gone."""
AGAIN = timedelta(seconds=15)
TRIES = 3
"""A batch that fails so often is left to its rollouts' next windows."""


def write(rollout_ids: Sequence[int]) -> list[int]:
    """Writes these rollouts down in batches, and gives the ids of those."""
    due = database_now() + LEASE
    parts = [rollout_ids[start : start + SIZE] for start in range(0, len(rollout_ids), SIZE)]
    return [row.pk for row in Batch.objects.bulk_create([Batch(rollouts=part, due_at=due) for part in parts])]


def call(batch_ids: Sequence[int]) -> None:
    """Asks a worker for each of these; without a broker nobody comes."""
    for pk in batch_ids[:CALLED]:
        try:
            offer(WORK, [pk])
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises: they are judged here
            logger.warning("decisions.broker_silent: %s", error)
            return


def take() -> Batch | None:
    """The next batch that nobody has, which is now the caller's for a minute; None when there is none."""
    now = database_now()
    with transaction.atomic():
        free = Batch.objects.filter(Q(tries=0) | Q(due_at__lte=now))
        row = free.select_for_update(skip_locked=True).order_by("pk").first()
        if row is not None:
            row.tries, row.due_at = row.tries + 1, now + LEASE
            row.save(update_fields=["tries", "due_at"])
    return row


def done(row: Batch) -> None:
    """The batch was judged."""
    row.delete()


def failed(row: Batch) -> None:
    """The batch could not be judged: it is free again soon, TRIES times."""
    if row.tries >= TRIES:
        row.delete()
    else:
        Batch.objects.filter(pk=row.pk).update(due_at=database_now() + AGAIN)


def due(now: datetime, limit: int) -> list[int]:
    """Batches that nobody finished in time."""
    return list(Batch.objects.filter(due_at__lte=now).order_by("pk").values_list("pk", flat=True)[:limit])
