"""From new windows, or a due time, to verdicts, and from verdicts through the door."""

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import connection

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


def judge(rollout_ids: list[int]) -> None:
    """Judges the gates of these rollouts and lets each through the door for what its verdicts call for.

    First the most urgent of each, which is its halt if there is one, and then what else is due: when one
    sample fails many rollouts, none waits for another's messages and timers.
    """
    if not rollout_ids:
        return
    changed = _changed(rollout_ids)
    urgent = [pk for pk in rollout_ids if pk in changed]
    for pk in [pk for pk in urgent if _duties(pk, most=1)]:
        _duties(pk, most=services.MOST_DUTIES)


def _changed(rollout_ids: Sequence[int]) -> set[int]:
    """The rollouts that verdicts can move. Many are judged in parts, two at a time.

    While the server writes one part the next one is judged, and whoever decides on a rollout waits for its
    part only.
    """
    now = database_now()
    if len(rollout_ids) <= PART:
        return gates.judge(rollout_ids=rollout_ids, now=now)
    rest = iter(rollout_ids)
    parts = list(iter(lambda: list(islice(rest, PART)), []))
    with ThreadPoolExecutor(2, "judge") as pool:
        return set().union(*pool.map(lambda part: _judged_apart(part, now), parts))


def _judged_apart(part: Collection[int], now: datetime) -> set[int]:
    try:
        return gates.judge(rollout_ids=part, now=now)
    except Exception:
        # The other parts are judged all the same; these are due again with their next window.
        logger.exception("decisions.judging_failed: %s rollouts", len(part))
        return set()
    finally:
        connection.close()


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
