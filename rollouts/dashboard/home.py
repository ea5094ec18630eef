"""The first page: what needs the reader, and the rollouts that are theirs; the page and each panel alone."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from rollouts.accounts.models import Person
from rollouts.accounts.queries import on_call_teams
from rollouts.dashboard import live, portfolio, wording
from rollouts.dashboard.glance.looking import ENDED, Glance, glance_of
from rollouts.dashboard.parts.head import Fact
from rollouts.lib.panels import first_page, in_place
from rollouts.plans.models import Freeze, Rollout

PLACES = ("top", "main", "below")
MOST = 50


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs the person, and what is under way: in their teams, or everywhere with `?show=all`."""
    glance = glance_of(request, arriving=True)
    drawn = {
        place: [
            live.draw(request, each, place_of(glance, each.name))[0] for each in in_place(place, first_page)
        ]
        for place in PLACES
    }
    context = {**drawn, "needs_you": glance.counted, "now": glance.now, "nav": "now"}
    return render(request, "dashboard/home.html", context)


@login_required
@require_GET
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """One panel alone, or 204 when nothing in it is newer. Raises Http404 for a name nobody registered."""
    found = first_page.get(name)
    if found is None:
        raise Http404
    return live.answer(request, found, place_of(glance_of(request), name))


def place_of(glance: Glance, name: str) -> live.Place:
    """Where a panel of the first page stands."""
    query = "?show=all" if glance.everything else ""
    home_url, url = reverse("dashboard:home"), reverse("dashboard:home_panel", args=[name])
    return live.Place(glance, f"{url}{query}", f"{home_url}{query}", glance.now)


def needs_context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/needs.html."""
    said = headline(len(glance.items))
    return {
        "items": glance.items,
        "headline": said,
        "facts": facts(glance.person, glance.now),
        "announce": said,
        "urgent": any(not item.urgency for item in glance.items),
    }


def portfolio_context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/portfolio.html."""
    listed = portfolio.with_parts(glance.open.order_by("-state_since_at", "-pk")[:MOST])
    total = Rollout.objects.accessible_to(glance.person).exclude(state__in=ENDED).count()
    return {
        "portfolio": portfolio.rows(listed, glance.now),
        "everything": glance.everything,
        "total": total,
    }


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
