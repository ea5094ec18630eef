"""From new windows, or a due time, to verdicts, and from verdicts through the door."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from rollouts.decisions import batches, services
from rollouts.decisions.models import Batch
from rollouts.gates import services as gates
from rollouts.lib.clock import database_now
from rollouts.lib.garbage import uncollected
from rollouts.plans.models import Rollout

logger = logging.getLogger(__name__)


def after_windows(services_: Collection[int], environment_id: int, _window_end: datetime) -> None:
    """Windows of these services were stored: judges the rollouts that read them, at once."""
    rows = Rollout.objects.judged().filter(
        environment_id=environment_id, changes__service__in=list(services_)
    )
    judge(list(rows.order_by("pk").values_list("pk", flat=True).distinct()))


def judge(rollout_ids: Sequence[int]) -> None:
    """Judges the gates of these rollouts and lets each through the door for what its verdicts call for.

    In batches, with all workers that are free: the first rollouts are halted while others are not judged
    yet, and whoever decides on one waits for its batch only.
    """
    written = batches.write(rollout_ids)
    batches.call(written[1:])
    work_off()


def work_off(_batch_id: int | None = None) -> None:
    """Judges batch after batch until none is free.

    First the most urgent of each rollout, which is its halt if there is one, and then what else is due:
    when one sample fails many rollouts, none waits for another's messages and timers.
    """
    begun: list[int] = []
    with uncollected():
        while (batch := batches.take()) is not None:
            begun += _begin(batch)
    for pk in begun:
        _duties(pk, most=services.MOST_DUTIES)


def _begin(batch: Batch) -> list[int]:
    """The rollouts of the batch at which something was done, and may be left to do."""
    try:
        changed = gates.judge(rollout_ids=batch.rollouts, now=database_now())
    except Exception:
        logger.exception("decisions.judging_failed: %s rollouts", len(batch.rollouts))
        batches.failed(batch)
        return []
    begun = [pk for pk in batch.rollouts if pk in changed and _duties(pk, most=1)]
    batches.done(batch)
    return begun


def _duties(pk: int, *, most: int) -> bool:
    """Whether something was done."""
    try:
        return bool(services.do_duties(rollout_id=pk, most=most))
    except Exception:
        # One rollout's fault must not keep the others from being halted.
        logger.exception("decisions.duties_failed: rollout %s", pk)
        return False


def due_rollouts(now: datetime, limit: int) -> list[int]:
    """Rollouts at which the system must look by now."""
    return list(Rollout.objects.due(now).values_list("pk", flat=True)[:limit])


def run_rollout(pk: int) -> None:
    """Looks at one rollout for the clock's sake."""
    gates.judge(rollout_ids=[pk], now=database_now())
    services.do_duties(rollout_id=pk)
