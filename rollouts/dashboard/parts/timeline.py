"""What the clock will do next, and the calendar of planned and actual windows."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import undecided
from rollouts.dashboard.drawings import calendar
from rollouts.dashboard.parts.rail import note, stage_views
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import Upcoming
from rollouts.plans.models import Rollout

MOST = 6


def upcoming_context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/next.html."""
    return {"upcoming": upcoming(standing_of(request, rollout.slug))}


def upcoming(standing: Standing) -> list[Upcoming]:
    """Times that are set, soonest first."""
    row, stage = standing.rollout, standing.current
    found: list[Upcoming | None] = [
        Upcoming(stage.bake_ends_at, _("bake ends")) if stage and stage.bake_ends_at else None,
        Upcoming(stage.overdue_at, _("the stage is overdue")) if stage and stage.overdue_at else None,
        Upcoming(row.rollback_due_at, _("the rollback counts as failed")) if row.rollback_due_at else None,
    ]
    found += [
        Upcoming(asked.expires_at, _("approvals expire"), _("asks again"))
        for asked in standing.requests
        if asked.expires_at
    ]
    found += [
        Upcoming(gate.no_data_since_at + gate.no_data_after, undecided.TIMES[gate.on_no_data](), gate.title)
        for gate in standing.gates
        if gate.no_data_since_at and gate.stage.state == "baking" and standing.state.value == "running"
    ]
    for freeze in standing.freezes[:2]:
        begins = freeze.starts_at > standing.now
        word = _("%(name)s begins") if begins else _("%(name)s ends")
        at = freeze.starts_at if begins else freeze.ends_at
        found.append(Upcoming(at, word % {"name": freeze.name}))
    planned = standing.upcoming.planned_start_at if standing.upcoming else None
    if planned and standing.upcoming:
        found.append(Upcoming(planned, _("stage %(n)s is planned") % {"n": standing.upcoming.number}))
    ahead = [item for item in found if item is not None and item.at > standing.now]
    return [] if standing.state.ended else sorted(ahead, key=lambda item: item.at)[:MOST]


def calendar_context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/calendar.html."""
    standing = standing_of(request, rollout.slug)
    views = stage_views(standing)
    freezes = [(freeze.name, freeze.starts_at, freeze.ends_at) for freeze in standing.freezes]
    sentence = _("Planned and actual windows of %(stages)s. %(note)s.") % {
        "stages": ngettext("%(n)s stage", "%(n)s stages", len(views)) % {"n": len(views)},
        "note": note(views),
    }
    if standing.rollout.started_at and standing.now - standing.rollout.started_at < timedelta(minutes=1):
        sentence = _("The rollout has just begun.")
    return {"calendar": calendar.draw(views, freezes, standing.now, sentence)}
