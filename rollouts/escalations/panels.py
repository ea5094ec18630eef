"""The escalations of a rollout on its page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.escalations import queries
from rollouts.escalations.models import Run
from rollouts.escalations.values import RunState
from rollouts.lib.panels import Panel
from rollouts.plans.models import Rollout


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """Runs that have not ended, and the newest that has; see templates/escalations/panel.html."""
    if not isinstance(request.user, Person):
        return {"escalations": []}
    rows = Run.objects.filter(rollout=rollout).select_related("rollout__team").prefetch_related("steps")
    found = list(rows.exclude(state=RunState.ENDED).order_by("-pk")[:5])
    if not found:
        found = list(rows.order_by("-pk")[:1])
    wanted = sum(not run.answered for run in found)
    return {
        "escalations": queries.all_shown(found, request.user),
        "announce": _("An escalation waits for an answer.") if wanted else "",
        "urgent": bool(wanted),
    }


PANEL = Panel(name="escalations", place="aside", order=15, template="escalations/panel.html", context=context)
