"""Other rollouts that this one meets: what blocks, and what is worth knowing, with where they are."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from rollouts.dashboard.standing import Standing, standing_of
from rollouts.plans.models import Rollout

SHOWN = 8


@dataclass(frozen=True)
class Met:
    """One way in which another rollout is met; no address where the reader may not see it."""

    tone: str
    title: str
    sentence: str
    href: str


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/crossings.html."""
    standing = standing_of(request, rollout.slug)
    found = met(standing)
    return {"crossings": found[:SHOWN], "further": max(0, len(found) - SHOWN)}


def met(standing: Standing) -> list[Met]:
    """Every meeting, what blocks first."""
    if not standing.crossings:
        return []
    seen = Rollout.objects.accessible_to(standing.person).filter(
        pk__in={each.other for each in standing.crossings}
    )
    places = {row.pk: row.get_absolute_url() for row in seen}
    return [
        Met("stop" if each.blocks else "wait", each.title, f"{each.sentence}.", places.get(each.other, ""))
        for each in standing.crossings
    ]
