"""The activity log, the risks, and what could not be delivered."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.audit import queries as audit
from rollouts.audit.values import EventView
from rollouts.dashboard import wording
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import Failure, LogRow, RiskView
from rollouts.plans.models import Rollout

SHOWN = 15
LOOKS = {
    "rollout.halted": ("stop", "halt"),
    "rollout.rollback_failed": ("stop", "back"),
    "rollout.rejected": ("stop", "x"),
    "rollout.overdue": ("stop", "clock"),
    "rollout.rolling_back": ("back", "back"),
    "rollout.rolled_back": ("back", "back"),
    "rollout.held": ("wait", "held"),
    "rollout.stage_unready": ("wait", "wait"),
    "rollout.bake_extended": ("wait", "clock"),
    "rollout.decision_asked": ("wait", "approval"),
    "rollout.approval_requested": ("wait", "approval"),
    "rollout.approval_expired": ("wait", "clock"),
    "rollout.voted": ("pass", "approval"),
    "rollout.approved": ("pass", "approval"),
    "rollout.completed": ("pass", "pass"),
    "rollout.stage_ready": ("pass", "ready"),
    "rollout.check_ticked": ("pass", "checklist"),
    "rollout.evidence_recorded": ("none", "evidence"),
    "rollout.started": ("move", "arrow"),
    "rollout.promoted": ("move", "arrow"),
    "rollout.resumed": ("move", "move"),
    "rollout.bake_started": ("move", "wait"),
    "rollout.update_posted": ("none", "public"),
    "rollout.feedback": ("none", "chat"),
    "rollout.revision_saved": ("none", "edit"),
    "rollout.proposed": ("none", "edit"),
    "rollout.risk_changed": ("none", "risk"),
}
FACES = {"slack": "from Slack", "api": "by the API", "command": "by command", "mail": "by mail"}


def activity_context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/activity_log.html."""
    standing = standing_of(request, rollout.slug)
    rows = [log_row(event) for event in standing.events[:SHOWN]]
    log = reverse("dashboard:log", args=[rollout.slug]) if len(standing.events) > SHOWN else ""
    return {"days": by_day(rows, standing), "whole_log": log}


def by_day(rows: list[LogRow], standing: Standing) -> list[tuple[str, list[LogRow]]]:
    """Rows under their days, newest first."""
    today = standing.now.date()
    found = []
    for day, inside in groupby(rows, key=lambda row: row.at.date()):
        rows_of_day = list(inside)
        name = wording.moment(rows_of_day[0].at, now=standing.now).split(",")[0]
        found.append((_("Today, %(day)s") % {"day": name} if day == today else name, rows_of_day))
    return found


def log_row(event: EventView) -> LogRow:
    """One event in the words that it was logged with."""
    tone, icon = LOOKS.get(event.kind, ("none", "pending"))
    reason = event.content.get("reason") or ""
    shown = event.content.get("shown") or {}
    detail = shown.get("sentence", "") if isinstance(shown, dict) else ""
    return LogRow(
        seq=event.seq,
        at=event.at,
        sentence=event.content.get("sentence") or event.kind.replace(".", " ").replace("_", " "),
        tone=tone,
        icon=icon,
        actor=event.actor.name,
        face=_(FACES[event.face]) if event.face in FACES else "",
        reason=reason,
        detail=detail,
        erased=event.erased,
    )


def risk_context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/risk_list.html."""
    words = {"low": _("low"), "medium": _("medium"), "high": _("high")}
    found = []
    standing = standing_of(request, rollout.slug)
    for risk in standing.risks:
        likely = {
            "likelihood": words.get(risk.likelihood, risk.likelihood),
            "impact": words.get(risk.impact, risk.impact),
        }
        text = _("Likelihood %(likelihood)s, impact %(impact)s.") % likely
        found.append(
            RiskView(
                title=risk.title,
                state=risk.state,
                text=f"{text} {risk.mitigation}".strip(),
                owner=standing.called(risk.owner),
                gate=standing.titled(f"“{risk.gate}”") if risk.gate else "",
            )
        )
    return {"risks": found}


def failure_context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/failures.html."""
    found = [
        Failure(
            id=row.pk,
            kind="followup",
            title=_("Follow-up “%(name)s” after event %(seq)s") % {"name": row.follower, "seq": row.seq},
            error=row.error.strip().splitlines()[-1] if row.error.strip() else "",
            attempts=row.attempts,
            parked_at=row.parked_at,
            retry=reverse("dashboard:retry_followup", args=[rollout.slug, row.pk]),
        )
        for row in audit.parked(rollout.stream)
        if row.parked_at
    ]
    said = _("A follow-up could not be done.") if found else ""
    return {"failures": found, "announce": said, "urgent": True}
