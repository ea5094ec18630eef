"""Verbs of back-tests: ask for one, and carry it on. A gate takes seconds, so the ticker does it."""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, Face
from rollouts.gates.backtest import running
from rollouts.gates.backtest.models import Backtest
from rollouts.gates.backtest.queries import metric_gates
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.queries import plan_of

logger = logging.getLogger(__name__)

PATIENCE_S = 20.0
"""After so long a run gives way; the rest is carried on by the next one."""
LEASE = timedelta(minutes=5)
KEPT = 5
"""Back-tests of one revision; older ones are deleted when a new one is asked for."""


class NotAskable(Refusal):
    """No back-test was asked for."""


def ask(
    *, rollout: str, revision: int, by: Person, face: Face, days: int = 7, shift: float | None = None
) -> Backtest:
    """Ask for a back-test of a revision; one that is not done yet is given back as it is.

    `shift`: times worse that is to be seen; None: what each gate of the plan says, else a doubling.

    Raises NotAskable, Revision.DoesNotExist and Rollout.DoesNotExist.
    """
    if not 1 <= days <= running.MOST_DAYS or not (shift is None or 1.1 <= shift <= 100):
        raise NotAskable(
            "out_of_range",
            "A back-test looks at 1 to 28 days, for a shift of 1.1 to 100 times.",
            "Change days or shift.",
        )
    with audit.door(lambda: Rollout.objects.locked().get(slug=rollout)) as (row, now):
        if row.team.slug not in held_roles(by.pk):
            raise NotAskable(
                "forbidden", f"{row.title} is not yours to try.", f"Ask a member of {row.team.name}."
            )
        found = Revision.objects.get(rollout=row, number=revision)
        open_one = Backtest.objects.filter(revision=found, done_at__isnull=True).first()
        if open_one is not None:
            return open_one
        wanted = sum(1 for _stage, _gate in metric_gates(plan_of(found)))
        if not wanted:
            raise NotAskable("no_metric_gate", "This plan has no metric gate.", "There is nothing to try.")
        made = Backtest.objects.create(
            revision=found,
            days=days,
            shift=shift,
            asked_by=by.name,
            asked_at=now,
            due_at=now,
            gates=wanted,
        )
        old = Backtest.objects.filter(revision=found).order_by("-asked_at", "-pk").values("pk")[KEPT:]
        Backtest.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        _tell(row, made, by.actor, face, "rollout.backtest_asked", _asked(by.actor, made), now)
    return made


def _asked(actor: Actor, made: Backtest) -> str:
    what = f"the gates of revision {made.revision.number} would have done on {made.days} past days"
    return f"{actor.name} asked how {what}."


def due(now: datetime, limit: int) -> list[int]:
    """Ids of the back-tests that are not done."""
    return list(Backtest.objects.due(now).values_list("pk", flat=True)[:limit])


def carry_on(pk: int) -> None:
    """Try the next gates of a back-test; safe to run twice, since each run holds it for a while."""
    now = database_now()
    held = Backtest.objects.due(now).filter(pk=pk).update(due_at=now + LEASE)
    if not held:
        return
    row = Backtest.objects.select_related("revision__rollout__team").get(pk=pk)
    try:
        reports = _more(row)
        problem = ""
    except Exception:
        logger.exception("gates.backtest_failed: %s", pk)
        reports, problem = None, "Gatehouse could not carry it out; its own log says why."
    with transaction.atomic():
        kept = Backtest.objects.select_for_update(of=("self",)).get(pk=pk)
        if kept.done_at is not None:
            return
        at = database_now()
        if reports is not None:
            kept.reports = reports
        kept.problem, kept.due_at = problem, at
        if problem or len(kept.reports) >= kept.gates:
            kept.done_at = at
            sentence = problem or _outcome(kept)
            _tell(row.revision.rollout, kept, SYSTEM, Face.TICKER, "rollout.backtested", sentence, at)
        kept.save()


def _more(row: Backtest) -> list[object]:
    """The reports so far with those of the next gates, as many as there is patience for."""
    until = time.monotonic() + PATIENCE_S
    reports = list(row.reports)
    found = running.run(
        plan_of(row.revision), now=row.asked_at, days=row.days, shift=row.shift, skip=len(reports)
    )
    for report in found:
        reports.append(report.as_json())
        if time.monotonic() > until:
            break
    return reports


def _outcome(row: Backtest) -> str:
    doubtful = sum(1 for report in row.reports if report["sound"] is not True)
    if not doubtful:
        return f"All {row.gates} metric gates of revision {row.revision.number} did well on past days."
    which = f"{doubtful} of {row.gates} metric gates of revision {row.revision.number}"
    return f"{which} did not do well on past days: the back-test says why."


def _tell(
    rollout: Rollout, row: Backtest, actor: Actor, face: Face, kind: str, sentence: str, at: datetime
) -> None:
    audit.append(
        stream=rollout.stream,
        kind=kind,
        actor=actor,
        face=face,
        content={
            "rollout": rollout.slug,
            "title": rollout.title,
            "revision": row.revision.number,
            "days": row.days,
            "sentence": sentence,
        },
        at=at,
    )
