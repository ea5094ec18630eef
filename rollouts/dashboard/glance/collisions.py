"""Collisions to settle: rollouts that meet on one service, and stages that are planned into a freeze."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Prefetch, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import wording
from rollouts.dashboard.glance.looking import Glance
from rollouts.dashboard.glance.meeting import Span, meeting, span
from rollouts.plans import queries as plans
from rollouts.plans.models import Change, Freeze, Revision, Rollout, Stage
from rollouts.plans.values import RevisionState, RolloutState

CROWDED = 20
ABREAST = 8  # rollouts looked at on one service: a page does not get slower with the next thousand
SHOWN = 5
PLANNED = [state.value for state in RolloutState if not state.ended and state is not RolloutState.DRAFT]
GOVERNING = (RevisionState.IN_FORCE, RevisionState.APPROVED, RevisionState.PROPOSED)


@dataclass(frozen=True)
class Collision:
    """What meets, when, and between which rollouts; `links` are (title and stage, address)."""

    title: str
    word: str
    sentence: str
    at: datetime
    links: tuple[tuple[str, str], ...]


def context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/collisions.html."""
    found = collisions(glance)
    return {"collisions": found[:SHOWN], "further": max(0, len(found) - SHOWN)}


def collisions(glance: Glance) -> list[Collision]:
    """All that touch the reader's rollouts and services, the soonest first; a constant number of queries."""
    found = [*on_services(glance), *in_freezes(glance)]
    return sorted(found, key=lambda each: (each.at, each.title))


def on_services(glance: Glance) -> list[Collision]:
    """Services that more than one rollout moves at the same time."""
    found = []
    by_place = groupby(changes(glance), key=lambda each: (each.service_id, each.environment_id))
    for _place, inside in by_place:
        rows = list(inside)
        spans = meeting([each for row in rows if (each := span_of(row, glance.now))])
        if spans:
            found.append(on_service(rows[0], spans, glance.now))
    return found


def changes(glance: Glance) -> list[Change]:
    """What rollouts under way do to services that several of them change, with their stages and plans.

    Of each service the first few: those that began first.
    """
    under_way = Rollout.objects.accessible_to(glance.person).filter(state__in=PLANNED)
    rows = Change.objects.filter(rollout__in=under_way.values("pk"))
    crowded = rows.values("service", "environment").annotate(many=Count("rollout", distinct=True))
    crowded = crowded.filter(many__gt=1)
    if not glance.everything:
        own = Change.objects.filter(rollout__in=glance.open.values("pk")).values("service")
        crowded = crowded.filter(service__in=own)
    pairs = list(crowded.order_by("service__tier", "service", "environment")[:CROWDED])
    if not pairs:
        return []
    wanted = Q()
    for pair in pairs:
        wanted |= Q(service=pair["service"], environment=pair["environment"])
    governing = Revision.objects.filter(state__in=[state.value for state in GOVERNING]).defer("source")
    first = Window(
        RowNumber(),
        partition_by=[F("service"), F("environment")],
        order_by=[F("rollout__started_at").asc(nulls_last=True), F("rollout"), F("pk")],
    )
    found = rows.filter(wanted).annotate(rank=first).filter(rank__lte=ABREAST)
    found = found.select_related("rollout", "service", "environment")
    found = found.prefetch_related(
        Prefetch("rollout__stages", Stage.objects.order_by("number", "pk")),
        Prefetch("rollout__revisions", governing.order_by("-number", "-pk"), to_attr="governing"),
    )
    return list(found.order_by("service", "environment", "rollout", "pk"))


def span_of(change: Change, now: datetime) -> Span | None:
    """When its rollout moves it, by the revision that governs."""
    rollout = change.rollout
    revisions: list[Revision] = getattr(rollout, "governing", [])
    by_state = {revision.state: revision for revision in reversed(revisions)}
    governs = next((by_state[state.value] for state in GOVERNING if state.value in by_state), None)
    if governs is None:
        return None
    return span(rollout, change.name, rollout.stages.all(), plans.plan_of(governs), now)


def on_service(change: Change, spans: list[Span], now: datetime) -> Collision:
    """What is said about rollouts that meet."""
    rollouts = list({each.rollout.pk: each for each in spans}.values())
    begun = all(each.begun for each in spans)
    start = max(each.start for each in spans)
    words = {"environment": change.environment.name, "at": wording.moment(start, now=now)}
    sentence = _("They are to move it in %(environment)s at the same time, from %(at)s.")
    if begun:
        sentence = _("All of them move it in %(environment)s now. What is measured of it may come from each.")
    return Collision(
        title=change.service.name,
        word=counted(len(rollouts)),
        sentence=sentence % words,
        at=min(start, now) if begun else start,
        links=tuple(link(each.rollout, each.stage) for each in rollouts),
    )


def in_freezes(glance: Glance) -> list[Collision]:
    """Freezes into which stages of the reader's rollouts are planned."""
    found: dict[Freeze, list[Stage]] = defaultdict(list)
    for freeze, stage in plans.planned_into_freezes(glance.open.filter(state__in=PLANNED), glance.now):
        found[freeze].append(stage)
    return [in_freeze(freeze, stages, glance.now) for freeze, stages in found.items()]


def in_freeze(freeze: Freeze, stages: list[Stage], now: datetime) -> Collision:
    """What is said about stages that a freeze will keep back."""
    rollouts = {stage.rollout_id for stage in stages}
    sentence = _("These stages are planned inside it. Nothing is promoted before %(until)s.")
    return Collision(
        title=freeze.name,
        word=counted(len(rollouts)),
        sentence=sentence % {"until": wording.moment(freeze.ends_at, now=now)},
        at=stages[0].planned_start_at or freeze.starts_at,
        links=tuple(link(stage.rollout, stage.number) for stage in stages),
    )


def counted(many: int) -> str:
    """How many rollouts, as far as they were looked at."""
    if many >= ABREAST:
        return _("%(n)s rollouts or more") % {"n": many}
    return ngettext("%(n)s rollout", "%(n)s rollouts", many) % {"n": many}


def link(rollout: Rollout, stage: int) -> tuple[str, str]:
    """What to call a rollout at a stage, and its address."""
    return _("%(title)s, stage %(n)s") % {"title": rollout.title, "n": stage}, rollout.get_absolute_url()
