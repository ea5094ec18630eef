"""The page that says what a version would take; it changes nothing."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.lib.clock import database_now
from rollouts.plans.whatif.asking import ask
from rollouts.plans.whatif.form import WhatIfForm

OFFERED = 200
"""Services that the field proposes while one types; others can be typed as well."""


@login_required
@require_safe
def what_if(request: HttpRequest) -> HttpResponse:
    """The question as a form, and its answer once a service is named."""
    asked = bool(request.GET.get("service"))
    form = WhatIfForm(request.GET if asked else None)
    context: dict[str, Any] = {
        "form": form,
        "services": Service.objects.filter(gone_at__isnull=True).order_by("slug", "pk")[:OFFERED],
        "environments": Environment.objects.order_by("-production", "order", "pk"),
        "contracts": _contracts(request.GET.get("service", "")),
        "nav": "services",
    }
    if asked and form.is_valid():
        context |= {"question": form.question, "answer": ask(form.question, database_now())}
    return render(request, "plans/what_if.html", context, status=422 if asked and form.errors else 200)


def _contracts(service: str) -> list[Contract]:
    """What the service provides, with the versions that can be asked for."""
    rows = Contract.objects.filter(provider__slug=service, gone_at__isnull=True)
    return list(rows.prefetch_related("versions").order_by("slug", "pk"))
