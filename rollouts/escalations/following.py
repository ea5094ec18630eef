"""What the log of a rollout means for its escalations: when runs start, and when they end."""

from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit.values import SYSTEM, EventView, Face
from rollouts.escalations import state
from rollouts.escalations.choice import ladder_for
from rollouts.escalations.models import Run
from rollouts.escalations.values import Cause, RunState
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout

DECIDED = frozenset(
    {
        "rollout.approved",
        "rollout.approval_requested",
        "rollout.cancelled",
        "rollout.promoted",
        "rollout.proposed",
        "rollout.rejected",
        "rollout.revision_in_force",
        "rollout.stage_skipped",
        "rollout.started",
        "rollout.withdrawn",
    }
)
"""What ends the wait for a decision."""

LEFT = frozenset({"rollout.promoted", "rollout.halted", "rollout.rolling_back"})
"""What ends the wait for a stage; a halt has an escalation of its own."""


def wants(kind: str) -> bool:
    return kind.startswith("rollout.")


def follow(event: EventView) -> None:
    """Ends, answers and starts runs. In the follower's transaction; safe to run twice."""
    moved = event.content.get("moved") or {}
    rollout = Rollout.objects.filter(slug=event.content.get("rollout", "")).first()
    if rollout is None or not moved:
        return
    for run in Run.objects.open().filter(rollout=rollout).select_for_update(of=("self",)).order_by("pk"):
        _settle(run, event, moved)
    if cause := moved.get("starts_escalation"):
        _start(rollout, Cause(cause), event)


def _settle(run: Run, event: EventView, moved: dict[str, Any]) -> None:
    over = (
        moved.get("ends_escalation")
        or event.kind == "rollout.cancelled"
        or (run.cause == Cause.OVERDUE_DECISION and event.kind in DECIDED)
        or (run.cause == Cause.OVERDUE_STAGE and event.kind in LEFT)
    )
    if over:
        state.end(run, why=event.content["sentence"], actor=SYSTEM, face=Face.TICKER, now=database_now())
    elif event.kind == "rollout.rolling_back" and event.actor.kind == "person" and not run.answered:
        _answer(run, event)


def _answer(run: Run, event: EventView) -> None:
    """Who rolls back is who looks: nobody else needs to be called."""
    state.acknowledge(
        run,
        person=Person.objects.filter(pk=event.actor.id).first(),
        actor=event.actor,
        face=Face(event.face),
        now=database_now(),
        note="",
    )


def _start(rollout: Rollout, cause: Cause, event: EventView) -> None:
    if Run.objects.filter(event_id=event.id).exists():
        return
    earlier = Run.objects.open().filter(rollout=rollout, cause=cause).first()
    if earlier is not None:
        if earlier.state == RunState.ACTIVE:
            return  # people are being asked about this very thing
        why = "It happened again, and a new escalation began."
        state.end(earlier, why=why, actor=SYSTEM, face=Face.TICKER, now=database_now())
    now = database_now()
    run = Run.objects.create(
        rollout=rollout,
        cause=cause,
        stage=event.content.get("stage"),
        stage_name=event.content.get("stage_name") or "",
        event_id=event.id,
        what=_what(event),
        policy=ladder_for(rollout).as_json(),
        due_at=now,
        started_at=now,
    )
    sentence = f"Escalation {run.name} began by the policy “{run.ladder.name}”."
    state.say(run, "escalation.started", sentence, actor=SYSTEM, face=Face.TICKER, at=now)
    state.climb(run, actor=SYSTEM, face=Face.TICKER, now=now)


def _what(event: EventView) -> str:
    """What happened, with what the gate said."""
    shown = event.content.get("shown")
    found = shown.get("sentence", "") if isinstance(shown, dict) else ""
    return " ".join(part for part in (event.content.get("sentence", ""), found) if part)
