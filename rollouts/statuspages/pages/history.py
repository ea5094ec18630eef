"""What happened, for outsiders: the owner's updates and the log, newest first."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from rollouts.audit.models import Event
from rollouts.audit.queries import with_content
from rollouts.audit.values import EventView
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Rollout
from rollouts.statuspages import words
from rollouts.statuspages.models import Update
from rollouts.statuspages.pages import facts

TOLD = (
    "rollout.started",
    "rollout.promoted",
    "rollout.held",
    "rollout.resumed",
    "rollout.halted",
    "rollout.stage_ready",
    "rollout.rolling_back",
    "rollout.rolled_back",
    "rollout.rollback_failed",
    "rollout.completed",
    "rollout.closed",
    "rollout.cancelled",
)
MOST = 30


def told(rollout: Rollout, plan: Plan, steps: Sequence[facts.Step]) -> tuple[facts.Told, ...]:
    """The newest updates that were chosen for outsiders, and events in public words."""
    lines = [_event(event, plan, steps) for event in _events(rollout)]
    updates = Update.objects.filter(rollout=rollout, public=True).order_by("-at", "-pk")[:MOST]
    lines += [_update(update, rollout) for update in updates]
    return tuple(sorted((line for line in lines if line), key=lambda line: line.at, reverse=True)[:MOST])


def _events(rollout: Rollout) -> list[EventView]:
    rows = Event.objects.newest(rollout.stream).filter(kind__in=TOLD)
    return with_content(list(rows[:MOST]))


def _event(event: EventView, plan: Plan, steps: Sequence[facts.Step]) -> facts.Told | None:
    said = words.told(event.kind, step=_step(event, plan, steps), by_system=event.actor.is_system)
    if not said:
        return None
    return facts.Told(id=f"event-{event.id}", at=event.at, title=said, by=_("automatic"))


def _step(event: EventView, plan: Plan, steps: Sequence[facts.Step]) -> str:
    """The public step that an event is about, as "Step 2"; empty when it is not public."""
    number = event.content.get("stage")
    if not isinstance(number, int) or not 1 <= number <= len(plan.stages):
        return ""
    if plan.stage(number).public is None:
        return ""
    place = sum(1 for stage in plan.stages[:number] if stage.public is not None)
    return _("Step %(step)d") % {"step": place} if place <= len(steps) else ""


def _update(update: Update, rollout: Rollout) -> facts.Told:
    return facts.Told(
        id=f"update-{update.pk}", at=update.at, title=_("Update"), text=update.text, by=rollout.team.name
    )


def halted_by_itself(rollout: Rollout) -> bool:
    """Whether the newest halt was the system's own."""
    if rollout.state != "halted":
        return True
    rows = Event.objects.newest(rollout.stream).filter(kind="rollout.halted")
    newest = with_content(list(rows[:1]))
    return bool(newest) and newest[0].actor.is_system
