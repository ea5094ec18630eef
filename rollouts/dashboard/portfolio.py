"""Rollouts in one row each: state, stages, health, what it waits for; in a constant number of queries."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.approvals.models import Request
from rollouts.dashboard.parts.rail import baked_share
from rollouts.dashboard.parts.rail import word as baking_word
from rollouts.dashboard.values import PortfolioRow, StripStage
from rollouts.decisions.queries import capitalised
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word
from rollouts.plans.models import Change, Rollout, Stage
from rollouts.plans.values import RolloutState, StageState

NAMED = 3
MEASURED = ("metric", "exposure")
HELD = {
    "person": gettext_lazy("Somebody to resume"),
    "no_data": gettext_lazy("Data to come back"),
    "gate": gettext_lazy("A gate to pass again"),
    "overdue": gettext_lazy("Somebody to decide: overdue"),
}


def with_parts(rows: "QuerySet[Rollout]") -> "QuerySet[Rollout]":
    """The rollouts with everything that their rows show."""
    return rows.select_related("team", "owner", "environment").prefetch_related(
        Prefetch("stages", Stage.objects.order_by("number", "pk")),
        Prefetch("changes", Change.objects.select_related("service").order_by("service__tier", "name", "pk")),
        Prefetch(
            "gates",
            Gate.objects.present().defer("state", "settings", "evidence").order_by("order", "pk"),
            to_attr="present_gates",
        ),
        Prefetch("requests", Request.objects.open().order_by("pk"), to_attr="asked"),
    )


def rows(found: Iterable[Rollout], now: datetime) -> list[PortfolioRow]:
    """One row for each rollout, which `with_parts` has read."""
    return [row(each, now) for each in found]


def row(rollout: Rollout, now: datetime) -> PortfolioRow:
    """One rollout."""
    stages = list(rollout.stages.all())
    current = next((stage for stage in stages if StageState(stage.state).current), None)
    tone, words = health(rollout, current)
    at, follows = coming(rollout, stages, current, now)
    return PortfolioRow(
        slug=rollout.slug,
        title=rollout.title,
        services=services(rollout),
        state=state(rollout, current),
        word=lamp_word(rollout, current, now),
        stages=tuple(strip(stages, current, now)),
        health_tone=tone,
        health=words,
        waits_for=waits_for(rollout, stages, current),
        next=follows,
        next_at=at,
        owner=rollout.owner.name if rollout.owner else rollout.team.name,
        team=rollout.team.name,
        href=rollout.get_absolute_url(),
    )


def services(rollout: Rollout) -> str:
    """The first services by name, and how many more."""
    names = list(dict.fromkeys(change.service.slug for change in rollout.changes.all()))
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def state(rollout: Rollout, current: Stage | None) -> str:
    """The state to light: a running rollout's is that of its stage."""
    return current.state if rollout.state == RolloutState.RUNNING and current else rollout.state


def lamp_word(rollout: Rollout, current: Stage | None, now: datetime) -> str:
    """How far the bake of a running rollout is; else the state's own word."""
    if rollout.state != RolloutState.RUNNING or current is None:
        return ""
    return baking_word(StageState(current.state), baked_share(current, now))


def strip(stages: list[Stage], current: Stage | None, now: datetime) -> list[StripStage]:
    """The rail in one line."""
    full = {StageState.PROMOTED: 1.0, StageState.READY: 1.0}
    return [
        StripStage(each.state, full.get(StageState(each.state), baked_share(each, now)), each is current)
        for each in stages
    ]


def health(rollout: Rollout, current: Stage | None) -> tuple[str, str]:
    """Tone and words of the measured gates of the stage that is carried out."""
    if current is None:
        return "none", "" if RolloutState(rollout.state).ended else _("Not started")
    gates = [gate for gate in binding(rollout, current) if gate.kind in MEASURED]
    if not gates:
        return "none", _("Nothing is measured")
    heard = [gate for gate in gates if not gate.silenced]
    if not heard:
        return "none", _("Nothing is measured while it stands still")
    words = [gate.word for gate in heard]
    counted = {"n": len(heard)}
    for word, tone, text in (
        (Word.FAIL, "stop", _("%(some)s of %(n)s failed")),
        (Word.NO_DATA, "none", _("%(some)s of %(n)s no data")),
        (Word.INCONCLUSIVE, "wait", _("%(some)s of %(n)s inconclusive")),
        (Word.PENDING, "wait", _("%(some)s of %(n)s pending")),
    ):
        if word in words:
            return tone, text % {**counted, "some": words.count(word)}
    return "pass", _("%(n)s of %(n)s pass") % counted


def binding(rollout: Rollout, current: Stage) -> list[Gate]:
    """The gates on leaving the current stage that bind."""
    gates: list[Gate] = getattr(rollout, "present_gates", [])
    return [
        gate
        for gate in gates
        if gate.stage_id == current.pk
        and gate.position == Position.EXIT
        and gate.required
        and not gate.observe
    ]


def waits_for(rollout: Rollout, stages: list[Stage], current: Stage | None) -> str:
    """What keeps it from its next step, in few words."""
    told = {
        RolloutState.DRAFT: _("A planner to propose it"),
        RolloutState.PROPOSED: _("Approval of the plan"),
        RolloutState.APPROVED: _("A planner to start it"),
        RolloutState.HALTED: _("Somebody to resume or roll back"),
        RolloutState.ROLLING_BACK: _("Exposure to read 0"),
        RolloutState.ROLLBACK_FAILED: _("A person to look at it"),
    }.get(RolloutState(rollout.state))
    if told:
        return told
    if rollout.state == RolloutState.HELD:
        return str(HELD.get(rollout.held_for, HELD["person"]))
    if current is None:
        return ""
    parts = [_("Warm-up")] if current.state == StageState.WAITING else []
    parts += [_("Bake")] if current.state == StageState.BAKING else []
    blocked = [gate.title for gate in binding(rollout, current) if gate.word in (Word.FAIL, Word.NO_DATA)]
    parts += [_("gate “%(title)s”") % {"title": title} for title in blocked[:2]]
    asked: list[Request] = getattr(rollout, "asked", [])
    parts += [_("approval")] if asked else []
    if not parts:
        last = stages[-1].pk == current.pk
        return _("A planner to complete it") if last else _("An approver to promote it")
    return capitalised(", ".join(parts))


def coming(
    rollout: Rollout, stages: list[Stage], current: Stage | None, now: datetime
) -> tuple[datetime | None, str]:
    """The next thing that the clock does, and when."""
    found = []
    if current and current.bake_ends_at:
        found.append((current.bake_ends_at, _("Bake ends")))
    if current and current.overdue_at:
        found.append((current.overdue_at, _("Overdue")))
    if rollout.rollback_due_at:
        found.append((rollout.rollback_due_at, _("Rollback due")))
    asked: list[Request] = getattr(rollout, "asked", [])
    found += [(each.expires_at, _("Request expires")) for each in asked if each.expires_at]
    upcoming = next((each for each in stages if each.state == StageState.PENDING), None)
    if upcoming and upcoming.planned_start_at:
        words = {"n": upcoming.number}
        found.append((upcoming.planned_start_at, _("Stage %(n)s is planned") % words))
    ahead = [item for item in found if item[0] > now]
    if RolloutState(rollout.state).ended or not ahead:
        return None, ""
    return min(ahead, key=lambda item: item[0])
