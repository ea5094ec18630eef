"""The page of both questions about a version: the word, why, and a row for each consumer."""

import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.questions.values import Question, Unanswerable
from rollouts.gates.questions import badges
from rollouts.gates.questions.answering import Answered, answers
from rollouts.gates.questions.asking import asked
from rollouts.gates.questions.showing import shown
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


@login_required
@require_GET
def version(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Both answers at once. Documents that nobody compared are compared now, which takes seconds once."""
    rows = ContractVersion.objects.select_related("contract__provider__team")
    row = get_object_or_404(rows, contract__slug=slug, version=version)
    given = {name: request.GET.get(name, "").strip() for name in ("environment", "consumers", "old_stays")}
    now = database_now()
    promote = asked(Question.PROMOTE, slug, version, given)
    retire = asked(Question.RETIRE, slug, version, {"environment": given["environment"]})
    found = answers([promote, retire], now=now, make=True)
    faults = [each for each in found if isinstance(each, Unanswerable)]
    if faults and not any(given.values()):
        raise Http404
    told = [shown(each) for each in found if isinstance(each, Answered)]
    may = plans_for_service(_person(request), row.contract.provider.slug)
    context: dict[str, Any] = {
        "contract": row.contract,
        "version": row,
        "answers": told,
        "fault": faults[0] if faults else None,
        "given": given,
        "environments": list(Environment.objects.order_by("order", "slug", "pk")),
        "badge": badges.key_of(row.contract),
        "examples": badges.examples(row) if may else [],
        "may": may,
        "now": now,
        "nav": "services",
    }
    return render(request, "gates/answers.html", context, status=422 if faults else 200)


@login_required
@require_POST
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Lets badges be seen without signing in, or no more."""
    contract = get_object_or_404(Contract.objects.all(), slug=slug)
    opens = request.POST.get("share") == "yes"
    try:
        badges.share(contract=slug, shared=opens, by=_person(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.info(
            request,
            _("Badges can be seen by whoever has their address.") if opens else _("Badges are closed."),
        )
    version = request.POST.get("version", "")
    if contract.versions.filter(version=version).exists():
        return redirect("gates:answers", slug, version)
    return redirect("contracts:contract", slug)


@require_safe
def badge(request: HttpRequest, slug: str, version: str, question: str) -> HttpResponse:
    """The answer as a small picture for READMEs: for who is signed in, or has the key of the contract.

    Nothing is compared for it. It may be kept for a minute.
    """
    key = request.GET.get("key", "")
    public = bool(key) and badges.fits(slug, key)
    if not public and not isinstance(request.user, Person):
        return HttpResponse(status=403)
    if question not in badges.QUESTIONS:
        raise Http404
    told = badges.read(question, slug, version)
    body = render_to_string("gates/badge.svg", {"badge": told})
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    reply = HttpResponse(status=304) if tag in known else HttpResponse(body, content_type="image/svg+xml")
    reply["ETag"] = tag
    reply["Cache-Control"] = f"{'public' if public else 'private'}, max-age={badges.FRESH_S}"
    if not public:
        patch_vary_headers(reply, ["Cookie"])
    return reply
