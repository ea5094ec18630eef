"""The page that an approval request leads to: one decision with all that it needs, on one screen."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from rollouts.dashboard import live
from rollouts.dashboard.addresses import maybe
from rollouts.dashboard.parts.asking import asking, question_of
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.lib.panels import Panel


@dataclass(frozen=True)
class Asked:
    """What the page is about: the standing of its reader, and the stage that is named; 0 is the plan."""

    standing: Standing
    stage: int | None


def body(request: HttpRequest, about: Asked) -> dict[str, Any]:
    """See templates/dashboard/asked.html."""
    standing = about.standing
    asked = asking(standing, question_of(standing, about.stage))
    return {
        "asked": asked,
        "rollout": standing.rollout,
        "delegate": maybe("approvals:delegations"),
        "plan_href": maybe("plans:plan", standing.rollout.slug),
        "announce": f"{asked.title} {asked.passed}",
    }


BODY = Panel("approval", "", 0, "dashboard/asked.html", body)


@login_required
@require_GET
def approval(request: HttpRequest, slug: str) -> HttpResponse:
    """What is to be approved: `?stage=2` names the stage that is entered, `?stage=0` the plan.

    With `seen` it is asked whether that is still what stands there, and answers 204 if so.
    """
    standing = standing_of(request, slug)
    named = request.GET.get("stage", "")
    stage = int(named) if named.isdecimal() and len(named) < 5 else None
    url = reverse("dashboard:approval", args=[slug]) + (f"?stage={stage}" if stage is not None else "")
    place = live.Place(Asked(standing, stage), url, url, standing.now)
    if "seen" in request.GET:
        return live.answer(request, BODY, place)
    context = {"body": live.draw(request, BODY, place)[0], "rollout": standing.rollout, "now": standing.now}
    return render(request, "dashboard/approval.html", {**context, "nav": "rollouts"})
