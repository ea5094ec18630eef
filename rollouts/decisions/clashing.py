"""What speaks against the moves of a plan, as the machine is told of it: its own order, other rollouts."""

from datetime import datetime

from django.db import connection

from rollouts.decisions.machine.snapshot import Clash
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout, Stage
from rollouts.plans.queries import Crossing, crossings_of, order_of, plan_of
from rollouts.plans.values import Advance, RolloutState, StageState

CLAIM = """
SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(name, 0))) FROM unnest(%s::text[]) name
"""
BUSY = Clash(
    "another decision",
    "another rollout of the same service is being decided on at this moment",
    "try again",
    code="other_rollout",
)


def of_draft(revision: Revision, rollout: Rollout, now: datetime) -> tuple[Clash, ...]:
    """Whom the order of a draft breaks, as far as documents were compared, and other rollouts in its way.

    It compares none itself.
    """
    plan = plan_of(revision)
    return _own_order(plan) + _others(crossings_of(rollout, plan, now))


def _own_order(plan: Plan) -> tuple[Clash, ...]:
    if len(plan.changes) < 2:
        return ()
    return tuple(
        Clash(
            found.name,
            found.sentence,
            f"move {found.edge.first} before {found.edge.then}, or say why it has to be so",
        )
        for found in order_of(plan, compared=0).breaking
    )


def on_entering(
    rollout: Rollout, plan: Plan | None, stages: list[Stage], now: datetime, *, by_system: bool, claim: bool
) -> tuple[Clash, ...]:
    """Other rollouts that stand against entering the stage that is next.

    The system is told only when it could enter one, so that a tick asks nothing beside. `claim`: the stage
    may be entered in this transaction, and until its end no other rollout enters one on the same services.
    """
    upcoming = next((row for row in stages if row.state == StageState.PENDING), None)
    state = RolloutState(rollout.state)
    if plan is None or upcoming is None or upcoming.number > len(plan.stages):
        return ()
    if not state.moving and (state is not RolloutState.APPROVED or by_system):
        return ()
    ready = any(row.state == StageState.READY for row in stages) and upcoming.advance == Advance.AUTOMATIC
    if by_system and not ready:
        return ()
    if claim and not _claimed(plan):
        return (BUSY,)
    return _others(crossings_of(rollout, plan, now, entering=plan.stage(upcoming.number)))


def _claimed(plan: Plan) -> bool:
    """Whether nobody else enters a stage on one of these services in these instants. One query.

    Two rollouts are two rows: each would see the other at rest and hold the service with it. It is tried and
    not waited for, so that there is no order of locks to keep.
    """
    moved = sorted({f"moves {change.service} in {change.environment}" for change in plan.changes})
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [moved])
        return bool(cursor.fetchone()[0])


def _others(found: list[Crossing]) -> tuple[Clash, ...]:
    """One clash for each other rollout that blocks, with all that it has against it."""
    sentences: dict[str, list[str]] = {}
    for each in found:
        if each.blocks:
            sentences.setdefault(each.key, []).append(each.sentence)
    remedy = "wait until the other rollout has ended, or agree with its owners"
    return tuple(Clash(key, "; ".join(said), remedy, code="other_rollout") for key, said in sentences.items())


def compare_documents(rollout: str) -> None:
    """Compares what the newest draft's order depends on, before a row is locked: it may take seconds."""
    draft = Revision.objects.filter(rollout__slug=rollout, state="draft").order_by("-number").first()
    if draft is not None:
        order_of(plan_of(draft))
