"""One rollout: the page that composes the panels, each panel alone, and the small forms in them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollouts.audit import queries as audit
from rollouts.audit import services as following
from rollouts.audit.values import Face
from rollouts.dashboard import live
from rollouts.dashboard.api_followups import may_retry
from rollouts.dashboard.parts.gates import check_items
from rollouts.dashboard.parts.log import by_day, log_row
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.gates import services as gates
from rollouts.lib.panels import in_place, panels
from rollouts.lib.refusals import Refusal

PLACES = ("top", "main", "aside", "below", "halves", "dock")
LOG_PAGE = 50
LOG_MOST = 5000


@login_required
@require_GET
def rollout(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a rollout; `?stage=2`, as requests for an approval link it, leads to that approval."""
    standing = standing_of(request, slug)
    if "stage" in request.GET:
        return redirect(f"{reverse('dashboard:approval', args=[slug])}?{request.GET.urlencode()}")
    drawn = {
        place: [live.draw(request, each, place_of(standing, each.name))[0] for each in in_place(place)]
        for place in PLACES
    }
    context = {**drawn, "title": standing.rollout.title, "slug": slug}
    return render(request, "dashboard/rollout.html", {**context, "now": standing.now, "nav": "rollouts"})


@login_required
@require_GET
def panel(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One panel alone, or 204 when nothing in it is newer. Raises Http404 for a name nobody registered."""
    standing = standing_of(request, slug)
    found = next((each for each in panels.values() if each.name == name), None)
    if found is None:
        raise Http404
    return live.answer(request, found, place_of(standing, name))


def place_of(standing: Standing, name: str) -> live.Place:
    """Where a panel of this rollout's page stands."""
    row = standing.rollout
    url = reverse("dashboard:panel", args=[row.slug, name])
    return live.Place(row, url, row.get_absolute_url(), standing.now)


@login_required
@require_GET
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole log of a rollout, page by page, newest first."""
    standing = standing_of(request, slug)
    events = audit.events(standing.rollout.stream, limit=LOG_MOST)
    page = Paginator(events, LOG_PAGE).get_page(request.GET.get("page"))
    days = by_day([log_row(event) for event in page], standing)
    context = {
        "days": days,
        "page": page,
        "rollout": standing.rollout,
        "now": standing.now,
        "nav": "rollouts",
    }
    return render(request, "dashboard/log.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def tick(request: HttpRequest, slug: str, gate: int) -> HttpResponse:
    """Asks once, then ticks one item of a checklist gate."""
    standing = standing_of(request, slug)
    found = next((each for each in standing.gates if each.pk == gate), None)
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("item", "")
    item = next((each for each in check_items(standing, found) if each.name == name), None) if found else None
    if found is None or item is None:
        raise Http404
    problem, status = None, 200
    if request.method == "POST":
        try:
            actor = standing.person.actor
            gates.tick(gate_id=gate, item=name, done=True, actor=actor, face=Face.PAGE)
        except Refusal as refused:
            problem, status = refused, 409
        else:
            messages.success(request, _("“%(item)s” is ticked.") % {"item": item.title})
            return redirect("dashboard:rollout", slug)
    context = {
        "rollout": standing.rollout,
        "gate": found,
        "item": item,
        "problem": problem,
        "now": standing.now,
    }
    return render(request, "dashboard/tick.html", {**context, "nav": "rollouts"}, status=status)


@login_required
@require_POST
def retry_followup(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Tries a follow-up that was given up again. Raises PermissionDenied for people outside the teams."""
    standing = standing_of(request, slug)
    if not may_retry(standing):
        raise PermissionDenied(_("A member of a team in this rollout can try this again."))
    if not any(row.pk == pk for row in audit.parked(standing.rollout.stream)):
        raise Http404
    following.retry_followup(pk=pk)
    messages.success(request, _("The follow-up will be tried again at the next tick."))
    return redirect("dashboard:rollout", slug)
