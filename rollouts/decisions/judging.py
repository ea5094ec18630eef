"""From new windows, or a due time, to verdicts, and from verdicts through the door."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from rollouts.decisions import services
from rollouts.gates import services as gates
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout

logger = logging.getLogger(__name__)

PART = 250
"""Rollouts that are judged in one transaction."""


def after_windows(services_: Collection[int], environment_id: int, _window_end: datetime) -> None:
    """Windows of these services were stored: judges the rollouts that read them, at once."""
    rows = Rollout.objects.judged().filter(
        environment_id=environment_id, changes__service__in=list(services_)
    )
    judge(list(rows.order_by("pk").values_list("pk", flat=True).distinct()))


def judge(rollout_ids: Sequence[int]) -> None:
    """Judges the gates of these rollouts and lets each through the door for what its verdicts call for.

    First the most urgent of each, which is its halt if there is one, and then what else is due: when one
    sample fails many rollouts, none waits for another's messages and timers. Many are judged in parts: the
    first are halted while others are not judged yet, and whoever decides on one waits for its part only.
    """
    begun: list[int] = []
    for start in range(0, len(rollout_ids), PART):
        part = rollout_ids[start : start + PART]
        changed = _changed(part)
        begun += [pk for pk in part if pk in changed and _duties(pk, most=1)]
    for pk in begun:
        _duties(pk, most=services.MOST_DUTIES)


def _changed(part: Sequence[int]) -> set[int]:
    """The rollouts that verdicts can move."""
    try:
        return gates.judge(rollout_ids=part, now=database_now())
    except Exception:
        # The other parts are judged all the same; these are due again with their next window.
        logger.exception("decisions.judging_failed: %s rollouts", len(part))
        return set()


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
