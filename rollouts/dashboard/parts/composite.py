"""Health with dependencies: what the changed services can hurt, and what they call, judged together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import wording
from rollouts.dashboard.addresses import maybe
from rollouts.dashboard.standing import standing_of
from rollouts.health import queries as health
from rollouts.health.composite.rollup import Judgement, Status
from rollouts.plans.models import Change, Rollout

SHOWN = 6
TONES = {
    Judgement.FAIL: ("stop", "halt"),
    Judgement.INCONCLUSIVE: ("wait", "incon"),
    Judgement.WARN: ("wait", "wait"),
    Judgement.PASS: ("pass", "pass"),
}


@dataclass(frozen=True)
class Member:
    """One service of the scope that is not well; `before`: it failed before the stage was entered."""

    name: str
    href: str
    tone: str
    icon: str
    word: str
    decides: bool
    before: bool


@dataclass(frozen=True)
class Composite:
    """What is said in one environment, in words, with the services that are not well."""

    environment: str
    map: str
    tone: str
    icon: str
    word: str
    sentence: str
    members: tuple[Member, ...]
    further: int
    through_at: datetime


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/composite.html. Nothing is drawn before anything was measured."""
    standing = standing_of(request, rollout.slug)
    since = standing.current.entered_at if standing.current else None
    found = [
        said
        for slug, changes in by_environment(standing.changes).items()
        if (said := told(slug, changes, since)) is not None
    ]
    return {"composites": found}


def by_environment(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes by the slug of their environment."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.environment.slug, []).append(change)
    return found


def told(environment: str, changes: list[Change], since: datetime | None) -> Composite | None:
    """What is said of the services that change in one environment."""
    standing = health.composite([each.service.slug for each in changes], environment, since=since)
    if standing is None:
        return None
    said = standing.said
    names = health.names([node.service for node in standing.nodes])
    ill = [node for node in standing.nodes if node.status is not Status.HEALTHY]
    ill.sort(key=lambda node: (node.service not in said.because, choice.rank(node)))
    before = set(standing.before or ())
    members = tuple(
        Member(
            name=names.get(node.service, node.service),
            href=maybe("dashboard:service", node.service),
            tone=choice.LOOKS[node.status][0],
            icon=choice.LOOKS[node.status][1],
            word=choice.word_of(node.status),
            decides=node.service in said.because,
            before=node.service in before,
        )
        for node in ill[:SHOWN]
    )
    tone, icon = TONES[said.judgement]
    return Composite(
        environment=changes[0].environment.name,
        map=f"{maybe('dashboard:graph')}?environment={environment}&focus={changes[0].service.slug}",
        tone=tone,
        icon=icon,
        word=word_of(said.judgement),
        sentence=sentence(said.score, said.coverage, len(standing.nodes)),
        members=members,
        further=max(0, len(ill) - SHOWN),
        through_at=standing.through_at,
    )


def word_of(judgement: Judgement) -> str:
    """The judgement in words."""
    return {
        Judgement.FAIL: _("Fails"),
        Judgement.INCONCLUSIVE: _("Inconclusive"),
        Judgement.WARN: _("Passes with a warning"),
        Judgement.PASS: _("Passes"),
    }[judgement]


def sentence(score: float | None, coverage: float, many: int) -> str:
    """The numbers behind it."""
    words = {
        "many": many,
        "coverage": wording.percent(coverage, 0),
        "score": "–" if score is None else wording.number(score, 2),
    }
    return (
        _(
            "%(many)s services: those that change, all that call them, and what they call."
            " Weighted health %(score)s of 1; %(coverage)s of the weight is measured."
        )
        % words
    )
