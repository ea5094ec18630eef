"""Writes what the machine decided, with its event, in the door's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.approvals import services as approvals
from rollouts.approvals import values as approval_values
from rollouts.approvals.models import PLAN, Request
from rollouts.approvals.queries import request_outcome
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, EventView, Face
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action
from rollouts.decisions.reading import APPROVAL, entered
from rollouts.gates import services as gates
from rollouts.gates.models import Gate
from rollouts.plans import state
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.queries import plan_of
from rollouts.plans.values import NOT_STARTED, RevisionState, RolloutState

GOVERNING = ["in_force", "approved", "proposed", "draft"]


@dataclass(frozen=True)
class Doing:
    """Who does it, through which face, when, and what the actor was shown."""

    actor: Actor
    face: Face
    now: datetime
    shown: dict[str, Any] | None = None


def save(
    rollout: Rollout, step: Transition, doing: Doing, *, extra: dict[str, Any] | None = None
) -> EventView:
    """Carries out `step` on the locked rollout, appends its event with follow-ups, and saves the row."""
    now = doing.now
    before_start = RolloutState(rollout.state) in NOT_STARTED
    state.move_revisions(rollout, step.revisions, now=now)
    plan = _plan(rollout)
    if plan and (step.planned is not None or (before_start and step.revisions)):
        state.take_over(rollout, plan)
        gates.sync(rollout=rollout, plan=plan)
    _close_and_vote(rollout, step, doing)
    if step.grant is not None:
        state.grant(rollout, step.grant.stage, plan, now=now)
    state.move_stages(rollout, step.stages, restarts=step.restarts, now=now)
    if step.restarts is not None:
        gates.restart(rollout=rollout, stage=step.restarts, now=now)
    state.move_rollout(rollout, step.rollout, held_for=(step.held_for or ""), now=now)
    for asked in step.asks_for:
        _ask(rollout, asked, plan, now)
    _say(rollout, step, now)
    event = audit.append(
        stream=rollout.stream,
        kind=step.kind,
        actor=doing.actor,
        face=doing.face,
        content=_content(rollout, step, doing, extra),
        at=now,
    )
    rollout.version = event.seq
    rollout.due_at = now
    rollout.save()
    return event


def _plan(rollout: Rollout) -> Plan | None:
    for wanted in GOVERNING:
        row = rollout.revisions.filter(state=wanted).order_by("-number").first()
        if row is not None:
            return plan_of(row)
    return None


def _close_and_vote(rollout: Rollout, step: Transition, doing: Doing) -> None:
    for void in step.voids:
        approvals.void(request_id=int(void.request), person_id=int(void.person), now=doing.now)
    for cast in step.casts:
        approvals.cast(
            request_id=int(cast.request), vote=cast.vote, reason=step.reason, face=doing.face.value
        )
    rows = Request.objects.filter(pk__in=[int(pk) for pk in step.closes_requests])
    for row in rows.select_related("revision").prefetch_related("votes"):
        outcome = request_outcome(row, now=doing.now).standing
        word = outcome.value
        if outcome is approval_values.Standing.OPEN:
            word = "passed_over" if str(row.pk) in step.skipped_requests else "withdrawn"
        approvals.settle(request_id=row.pk, outcome=word, now=doing.now)


def _ask(rollout: Rollout, stage: int | None, plan: Plan | None, now: datetime) -> None:
    """Opens the requests for the proposed plan, or for each approval gate about entering a stage."""
    if stage is None:
        revision = rollout.revisions.get(state=RevisionState.PROPOSED.value)
        policy = approvals.policy_for(rollout.environment)
        approvals.open_request(
            rollout=rollout, revision=revision, stage=PLAN, gate="", policy=policy, now=now
        )
        return
    revision = _governing_revision(rollout)
    for gate in Gate.objects.present().filter(rollout=rollout, kind=APPROVAL).select_related("stage"):
        if entered(gate.stage.number, gate.position) == stage and not (gate.observe or not gate.required):
            approvals.open_request(
                rollout=rollout,
                revision=revision,
                stage=stage,
                gate=gate.name,
                policy=gates.approval_policy(gate, approvals.policy_for(rollout.environment)),
                now=now,
            )


def _governing_revision(rollout: Rollout) -> Revision:
    row: Revision | None = (
        rollout.revisions.filter(state__in=["in_force", "approved"]).order_by("-state", "-number").first()
    )
    if row is None:
        raise LookupError("Approvals of a stage are asked under an approved plan only.")
    return row


def _say(rollout: Rollout, step: Transition, now: datetime) -> None:
    """What is remembered so that it is said, or passed over, once."""
    if step.opens_review is not None:
        rollout.review_cause = step.opens_review.value
    if step.remaining:
        rollout.remaining = step.remaining
    if step.rollback_due_at is not None:
        rollout.rollback_due_at = step.rollback_due_at
    if step.action is Action.OVERDUE and step.stage is not None:
        state.say_overdue(rollout, step.stage, now=now)
    if step.extends is not None and step.stage is not None:
        state.extend_bake(rollout, step.stage, step.extends, now=now)
    if step.asked and step.stage is not None:
        gates.note_asked(rollout=rollout, stage=step.stage, name=step.asked, now=now)
    if step.action is Action.RESUME:
        gates.pass_over(rollout=rollout, names=step.override, now=now)


def _content(
    rollout: Rollout, step: Transition, doing: Doing, extra: dict[str, Any] | None
) -> dict[str, Any]:
    stage = rollout.stages.filter(number=step.stage).first() if step.stage else None
    content = {
        "rollout": rollout.slug,
        "title": rollout.title,
        "stage_name": stage.title if stage else "",
        "shown": doing.shown,
        "granted": rollout.granted,
        **(extra or {}),
    }
    return content | step.to_content()
