"""The head of the rollout page: title, state, who, where to talk, how big."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard.addresses import maybe
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.plans.models import Rollout
from rollouts.plans.values import Visibility


@dataclass(frozen=True)
class Fact:
    """One fact of the line below the title."""

    icon: str
    word: str
    strong: str = ""
    after: str = ""
    href: str = ""


@dataclass(frozen=True)
class Link:
    """A button beside the title."""

    icon: str
    word: str
    href: str


@dataclass(frozen=True)
class Head:
    """What the head shows."""

    title: str
    state: str
    word: str
    meta: tuple[Fact, ...]
    links: tuple[Link, ...]


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/rollout_head.html."""
    standing = standing_of(request, rollout.slug)
    row = standing.rollout
    said = _("%(title)s: %(state)s") % {"title": row.title, "state": standing.state.label.lower()}
    return {
        "head": Head(row.title, row.state, "", tuple(facts(standing)), tuple(links(standing))),
        "announce": said,
        "urgent": row.state in ("halted", "rollback_failed"),
    }


def facts(standing: Standing) -> list[Fact]:
    """Owner, on call, channel, tier and size, environment."""
    row = standing.rollout
    owner = row.owner.name if row.owner else _("nobody")
    found = [Fact("user", _("Owner"), owner, f", {row.team.name}")]
    on_call = row.team.on_call
    if on_call:
        found.append(Fact("phone", _("On call now"), on_call.name))
    else:
        found.append(Fact("phone", _("Nobody of %(team)s is on call") % {"team": row.team.name}))
    if row.team.slack_channel:
        found.append(Fact("chat", row.team.slack_channel))
    services = {change.service_id: change.service for change in standing.changes}
    if services:
        tier = min(service.tier for service in services.values())
        count = ngettext("%(n)s service changes", "%(n)s services change", len(services)) % {
            "n": len(services)
        }
        found.append(Fact("risk", _("Tier %(tier)s, %(count)s") % {"tier": tier, "count": count}))
    found.append(Fact("service", row.environment.name))
    if standing.seen.observe:
        found.append(Fact("search", _("Only observes: its gates bind nobody")))
    return found


def links(standing: Standing) -> list[Link]:
    """The public page, if there is one, the plan, and the agenda of its integration review."""
    row = standing.rollout
    found = []
    public = maybe("statuspages:rollout", "default", row.slug) if row.visibility == Visibility.PUBLIC else ""
    if public:
        found.append(Link("public", _("Public page"), public))
    plan = maybe("plans:plan", row.slug)
    if plan and standing.revision:
        found.append(Link("edit", _("Plan, revision %(n)s") % {"n": standing.revision.number}, plan))
    if standing.revision and not standing.state.ended:
        agenda = reverse("dashboard:agenda", args=[row.slug])
        found.append(Link("checklist", _("Integration review"), agenda))
    return found
