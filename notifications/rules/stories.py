"""What the rollout's channel is told: requests, promotions and halts; its thread gets the rest."""

from collections.abc import Iterator
from datetime import datetime

from notifications.messages import cards
from notifications.messages.facts import Facts
from notifications.models import Delivery
from notifications.rules import drafts
from notifications.rules.asked import asked_of, mentions_of
from notifications.values import Card, Draft, Kind, Message
from rollouts.approvals.models import PLAN, Request
from rollouts.approvals.queries import request_outcome
from rollouts.approvals.values import Standing
from rollouts.audit.values import EventView
from rollouts.lib.clock import database_now
from rollouts.plans.values import Advance, RolloutState, StageState

QUIET = frozenset(
    {
        "rollout.revision_saved",
        "rollout.stage_baking",
        "rollout.check_ticked",
        "rollout.evidence_recorded",
        "rollout.verdict_changed",
        "rollout.risk_changed",
        "rollout.update_asked",
        "escalation.level",
        "escalation.policy_saved",
        "escalation.policy_deleted",
    }
)
"""What is for the log only, or is told by a message of its own."""

MAY_BE_READY = frozenset(
    {
        "rollout.stage_ready",
        "rollout.voted",
        "rollout.resumed",
        "rollout.revision_in_force",
        "rollout.stage_skipped",
        "rollout.rejected",
        "rollout.withdrawn",
    }
)


def story(event: EventView, facts: Facts, channel: str) -> Iterator[Draft]:
    """The messages of one event in the rollout's channel."""
    told = False
    for draft in _new_cards(event, facts, channel):
        told = True
        yield draft
    if not told and event.kind not in QUIET:
        content = event.content
        message = cards.update(
            facts, sentence=content["sentence"], reason=content.get("reason") or "", at=event.at
        )
        yield drafts.slack(event, message, channel=channel, kind=Kind.UPDATE, role="update", in_thread=True)


def _new_cards(event: EventView, facts: Facts, channel: str) -> Iterator[Draft]:
    if event.kind in {"rollout.started", "rollout.promoted"}:
        yield _promoted(event, facts, channel)
    if event.kind in {"rollout.halted", "rollout.rollback_failed"}:
        yield _halted(event, facts, channel)
    yield from _approvals(event, facts, channel)
    if event.kind in MAY_BE_READY:
        yield from _ready(event, facts, channel)


def _promoted(event: EventView, facts: Facts, channel: str) -> Draft:
    stage = event.content["stage"] or 1
    message = cards.promoted(
        facts,
        stage=stage,
        sentence=event.content["sentence"],
        by=event.actor.name,
        at=event.at,
        revision=event.content.get("revision"),
    )
    return drafts.slack(
        event,
        message,
        channel=channel,
        kind=Kind.PROMOTION,
        role="promoted",
        card=Card.PROMOTED,
        refs={"stage": stage, "what": f"{facts.title}, {facts.place(stage)}"},
    )


def _halted(event: EventView, facts: Facts, channel: str) -> Draft:
    content = event.content
    refs = {
        "stage": content.get("stage"),
        "sentence": content["sentence"],
        "why": why_halted(event),
        "at": event.at.isoformat(),
        "failed": event.kind == "rollout.rollback_failed",
        "what": f"{facts.title}, {facts.place(content['stage'])}" if content.get("stage") else facts.title,
    }
    message = cards.halted(
        facts,
        stage=refs["stage"],
        sentence=refs["sentence"],
        why=refs["why"],
        at=event.at,
        answered="",
        failed=refs["failed"],
    )
    return drafts.slack(
        event, message, channel=channel, kind=Kind.HALT, role="halted", card=Card.HALTED, refs=refs
    )


def why_halted(event: EventView) -> str:
    """What the gate said, or the person's own words."""
    shown = event.content.get("shown")
    if event.actor.is_system and isinstance(shown, dict) and shown.get("sentence"):
        return str(shown["sentence"])
    return str(event.content.get("reason") or "")


def _approvals(event: EventView, facts: Facts, channel: str) -> Iterator[Draft]:
    """One card for each question that this event opened: about the plan, or about entering a stage."""
    for stage, requests in asked_of(facts.rollout, event).items():
        request = requests[0]
        message = approval_card(facts, requests, by=event.actor.name)
        refs = {
            "stage": stage,
            "revision": request.revision.number,
            "digest": request.digest,
            "requests": [each.pk for each in requests],
            "by": event.actor.name,
            "what": f"{facts.title}, "
            + (f"stage {stage}" if stage else f"plan revision {request.revision.number}"),
        }
        yield drafts.slack(
            event,
            message,
            channel=channel,
            kind=Kind.REQUEST,
            role=f"approval-{stage}",
            card=Card.APPROVAL,
            refs=refs,
        )


def approval_card(facts: Facts, requests: list[Request], *, by: str) -> Message:
    """The question as the votes stand now."""
    now = database_now()
    request = requests[0]
    return cards.approval(
        facts,
        stage=None if request.stage == PLAN else request.stage,
        revision=request.revision.number,
        digest=request.digest,
        asked=[asked(each, now) for each in requests],
        by=by,
        mentions=mentions_of(requests, facts.rollout),
        moving=RolloutState(facts.rollout.state).moving,
    )


def asked(request: Request, now: datetime) -> cards.Asked:
    """One request as cards show it."""
    outcome = request_outcome(request, now=now)
    live = [vote for vote in request.votes.all() if vote.voided_at is None and vote.ballot == "approve"]
    name = request.gate or ("the plan" if request.stage == PLAN else "approval")
    return cards.Asked(
        name=name,
        outcome=outcome,
        votes=tuple((str(vote.person), vote.at) for vote in live),
        expires_at=request.expires_at,
    )


def _ready(event: EventView, facts: Facts, channel: str) -> Iterator[Draft]:
    """A person can promote now: the stage is ready and every approval is given."""
    stage = next_to_promote(facts)
    if stage is None:
        return
    live = Delivery.objects.live().filter(rollout=facts.slug, card=Card.READY, refs__stage=stage)
    if live.exists():
        return
    revision = facts.revision.number if facts.revision else 1
    yield drafts.slack(
        event,
        cards.ready(facts, stage=stage, revision=revision),
        channel=channel,
        kind=Kind.REQUEST,
        role="ready",
        card=Card.READY,
        refs={"stage": stage, "what": f"{facts.title}, stage {stage}"},
    )


def next_to_promote(facts: Facts) -> int | None:
    """The stage that a person can enter now, if there is one."""
    rollout = facts.rollout
    current = facts.stage(rollout.stage)
    if rollout.state != RolloutState.RUNNING or current is None or current.state != StageState.READY:
        return None
    following = next((s for s in facts.stages if s.state == StageState.PENDING), None)
    if following is None or following.advance != Advance.MANUAL:
        return None
    if rollout.revisions.filter(state="proposed").exists():
        return None
    now = database_now()
    requests = Request.objects.open().filter(rollout=rollout, stage=following.number)
    rows = requests.select_related("revision").prefetch_related("votes")
    open_ones = [r for r in rows if request_outcome(r, now=now).standing is not Standing.FILLED]
    return None if open_ones else following.number
