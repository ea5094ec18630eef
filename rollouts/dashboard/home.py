"""The first page: what needs the reader, and the rollouts that are theirs."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from rollouts.accounts.models import Membership, Person
from rollouts.accounts.queries import on_call_teams
from rollouts.dashboard import portfolio, wording
from rollouts.dashboard.parts.head import Fact
from rollouts.dashboard.standing import person_of
from rollouts.lib import inbox
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Freeze, Rollout
from rollouts.plans.values import RolloutState

MOST = 50
ENDED = [state.value for state in RolloutState if state.ended]


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs the person, and what is under way: in their teams, or everywhere with `?show=all`."""
    person, now = person_of(request), database_now()
    items = inbox.items_for(person, now)
    everything = request.GET.get("show") == "all"
    open_ones = Rollout.objects.accessible_to(person).exclude(state__in=ENDED)
    found = open_ones if everything else open_ones.filter(mine(person))
    listed = portfolio.with_parts(found.order_by("-state_since_at", "-pk")[:MOST])
    context = {
        "items": items,
        "needs_you": len(items),
        "headline": headline(len(items)),
        "facts": facts(person, now),
        "portfolio": portfolio.rows(listed, now),
        "everything": everything,
        "total": open_ones.count(),
        "now": now,
        "nav": "now",
    }
    return render(request, "dashboard/home.html", context)


def mine(person: Person) -> Q:
    """Rollouts whose owner the person is, or in which a team of theirs plans or has a service.

    Asked row by row, newest first: the page ends the search, not the number of rollouts.
    """
    teams = Membership.objects.filter(person=person).values("team")
    inside = Change.objects.filter(rollout=OuterRef("pk"), service__team__in=teams)
    return Q(owner=person) | Q(team__in=teams) | Q(Exists(inside))


def headline(count: int) -> str:
    """How many things need the reader."""
    if not count:
        return _("Nothing needs you")
    return ngettext("%(n)s thing needs you", "%(n)s things need you", count) % {"n": count}


def facts(person: Person, now: datetime) -> list[Fact]:
    """The time, the next freeze, and whether the reader is on call."""
    own = wording.in_own_zone(now, person.timezone)
    found = [Fact("clock", wording.moment(now, now=now), after=f" ({own})" if own else "")]
    ahead = Freeze.objects.filter(lifted_at__isnull=True, ends_at__gt=now).order_by("starts_at", "pk").first()
    if ahead:
        begins = ahead.starts_at > now
        word = _("%(name)s begins %(at)s") if begins else _("%(name)s ends %(at)s")
        at = ahead.starts_at if begins else ahead.ends_at
        words = {"name": ahead.name, "at": wording.moment(at, now=now)}
        found.append(Fact("schedule", word % words, after=f", {wording.relative(at, now)}"))
    teams = sorted(on_call_teams(person.pk))
    if teams:
        found.append(Fact("phone", _("You are on call for %(teams)s") % {"teams": ", ".join(teams)}))
    return found
