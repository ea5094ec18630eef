"""The list of runs, one run, and its two buttons."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from rollouts.accounts.models import Person
from rollouts.audit import queries as audit
from rollouts.audit.values import EventView, Face
from rollouts.escalations import queries, services
from rollouts.escalations.models import Run
from rollouts.escalations.services import Refused
from rollouts.lib.clock import database_now

PAGE = 50
LOG_MOST = 200


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; every view asks for sign-in first."""
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


@login_required
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """Open runs first named; `?show=all` gives the ended ones too."""
    person = person_of(request)
    everything = request.GET.get("show") == "all"
    rows = Run.objects.accessible_to(person).select_related("rollout__team")
    rows = rows if everything else rows.open()
    page = Paginator(rows.order_by("-started_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    lines = [(run, *queries.TONES[run.word], queries.word_of(run)) for run in page]
    context = {
        "lines": lines,
        "page": page,
        "everything": everything,
        "query": "show=all" if everything else "",
        "nav": "escalations",
    }
    return render(request, "escalations/runs.html", context)


@login_required
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened, who is asked, and the answer."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, problem: Refused | None = None) -> HttpResponse:
    person = person_of(request)
    try:
        found = queries.run_for(pk, person)
    except Run.DoesNotExist:
        raise Http404 from None
    context = {
        "shown": queries.all_shown([found], person)[0],
        "run": found,
        "log": [e for e in audit.events(found.rollout.stream, limit=LOG_MOST) if e.content.get("run") == pk],
        "problem": problem,
        "now": database_now(),
        "nav": "escalations",
    }
    return render(request, "escalations/run.html", context, status=409 if problem else 200)


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the run; nobody else is asked."""
    person, note = person_of(request), request.POST.get("note", "")[:2000]
    return _answer(
        request, pk, lambda: services.acknowledge(run=pk, actor=person.actor, face=Face.PAGE, note=note)
    )


@login_required
@require_POST
def call_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the level after the one that was seen."""
    person, level = person_of(request), request.POST.get("level", "")
    if not level.isdecimal() or len(level) > 4:
        raise Http404
    note = request.POST.get("note", "")[:2000]

    def call() -> EventView:
        return services.call_next(run=pk, level=int(level), actor=person.actor, face=Face.PAGE, note=note)

    return _answer(request, pk, call)


def _answer(request: HttpRequest, pk: int, verb: Callable[[], EventView]) -> HttpResponse:
    if not Run.objects.accessible_to(person_of(request)).filter(pk=pk).exists():
        raise Http404
    try:
        event = verb()
    except Refused as refused:
        return _page(request, pk, refused)
    messages.success(request, str(event.content["sentence"]))
    return redirect("escalations:run", pk)
