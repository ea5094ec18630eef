"""Declared and seen, on one page: what agrees, what does not, and what to do about it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from rollouts.accounts.models import Team
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment
from rollouts.catalog.queries import services_described_by, teams_described_by
from rollouts.health.declaring import person_of
from rollouts.health.edges import answering, listing
from rollouts.health.edges.answering import About
from rollouts.health.edges.listing import Which
from rollouts.health.edges.models import EdgeAnswer
from rollouts.health.edges.reading import edges
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

PAGE = 30
TITLES = {
    Which.UNDECLARED: gettext_lazy("Seen, not declared"),
    Which.SILENT: gettext_lazy("Declared, not seen"),
    Which.OUTDATED: gettext_lazy("On an old version"),
    Which.CONFIRMED: gettext_lazy("Declared and seen"),
}
SAID = 20
"""Answers that can be taken back, the newest; older ones over the API."""


@login_required
@require_safe
def seen(request: HttpRequest) -> HttpResponse:
    """One of the lists, thirty entries a page."""
    environments = list(Environment.objects.order_by("-production", "order", "pk"))
    here = next((one for one in environments if one.slug == request.GET.get("environment")), None)
    here = here or (environments[0] if environments else None)
    given = request.GET.get("list", "")
    which = Which(given) if given in {one.value for one in Which} else Which.UNDECLARED
    asked = {name: request.GET.get(name, "").strip()[:60] for name in ("team", "service")}
    context: dict[str, Any] = {
        "environments": environments,
        "environment": here,
        "which": which,
        "asked": asked,
        "teams": Team.objects.order_by("name", "pk"),
        "nav": "services",
    }
    if here is not None:
        context |= _lists(request, here, which, asked)
    return render(request, "health/edges.html", context)


def _lists(request: HttpRequest, here: Environment, which: Which, asked: dict[str, str]) -> dict[str, Any]:
    person, now = person_of(request), database_now()
    found = edges(here.slug, now)
    many = listing.counts(found)
    rows = listing.rows(found, which, now, **asked)
    filters = urlencode({"environment": here.slug, **{k: v for k, v in asked.items() if v}})
    mine = set(services_described_by(person).values_list("slug", flat=True))
    answers = [one for one in found.answers.values() if one.said == EdgeAnswer.Said.NONE]
    return {
        "tabs": [(one, TITLES[one], many[one], f"?{filters}&list={one}") for one in Which],
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "query": f"{filters}&list={which}",
        "mine": mine,
        "asks": teams_described_by(person).exists(),
        "dismissed": sorted(answers, key=lambda one: one.at, reverse=True)[:SAID],
    }


def _back(request: HttpRequest) -> HttpResponse:
    """To the list from which it came."""
    query = request.POST.get("back", "")[:400]
    return redirect(f"{reverse('health:edges')}?{query}")


@login_required
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Does what a list offers about one of its entries."""
    given = {
        name: request.POST.get(name, "").strip()[:80] for name in ("caller", "callee", "contract", "version")
    }
    try:
        said = answering.answer(
            action=request.POST.get("action", ""),
            about=About(**given),
            reason=request.POST.get("reason", "").strip(),
            by=person_of(request),
            face=Face.PAGE,
        )
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        messages.error(request, _("There is no such service or contract any more."))
    else:
        messages.info(request, said)
    return _back(request)


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said of an edge holds no longer."""
    try:
        messages.info(request, answering.take_back(pk=pk, by=person_of(request), face=Face.PAGE))
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    return _back(request)
