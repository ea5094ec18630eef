"""What was sent, what waits, and what was given up and can be tried again by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from notifications import queries
from notifications.delivery import outcomes
from notifications.queries import Show
from notifications.values import Way
from rollouts.accounts.models import Person

PAGE = 50


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; every view asks for sign-in first."""
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


@login_required
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """Deliveries of rollouts that the person may see; `?show=` as in `Show`, `?rollout=` a slug."""
    person, given = person_of(request), request.GET.get("show", Show.TROUBLED.value)
    show = Show(given) if given in {each.value for each in Show} else Show.TROUBLED
    rows = queries.deliveries(person, show)
    if rollout := request.GET.get("rollout", ""):
        rows = rows.filter(rollout=rollout)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    names = queries.names_of_webhooks()
    for row in page:
        row.aim = names.get(row.target, row.target) if row.way == Way.WEBHOOK else row.target
    context = {
        "page": page,
        "show": show,
        "shows": list(Show),
        "mine": set() if person.is_staff else set(queries.mine(person)),
        "all_mine": person.is_staff,
        "query": f"show={show}",
        "nav": "",
    }
    return render(request, "notifications/deliveries.html", context)


@login_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Another try of what was given up. Raises PermissionDenied for people outside the rollout's teams."""
    person = person_of(request)
    row = get_object_or_404(queries.deliveries(person), pk=pk)
    if not queries.may_retry(person, row):
        raise PermissionDenied(_("A member of a team in this rollout can try this again."))
    if outcomes.retry(row.pk):
        messages.success(request, _("It is tried again at the next tick."))
    else:
        messages.info(request, _("It was not given up any more. Nothing was changed."))
    if request.POST.get("back") == "rollout" and row.rollout:
        return redirect("dashboard:rollout", row.rollout)
    if request.POST.get("back") == "webhook" and row.way == Way.WEBHOOK:
        return redirect("notifications:webhook", int(row.target))
    return redirect("notifications:deliveries")
