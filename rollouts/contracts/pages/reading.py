"""Contracts and dependencies, read: a list, one contract with its versions and consumers, who calls whom."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.queries import services_described_by
from rollouts.contracts import queries
from rollouts.contracts.models import Dependency, Use
from rollouts.contracts.pages.forms import DependencyForm
from rollouts.contracts.readiness.reading import behind, give_standing
from rollouts.contracts.versioning.reading import rules_of
from rollouts.lib import editing
from rollouts.lib.refusals import Refusal

PAGE = 50


def person_of(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


@login_required
def contracts(request: HttpRequest) -> HttpResponse:
    """All contracts, fifty a page, by provider or name."""
    provider, text = request.GET.get("provider", ""), request.GET.get("q", "").strip()
    rows = queries.contracts_listed(provider=provider, text=text)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "behind": behind(list(page)),
        "provider": provider,
        "text": text,
        "query": urlencode({"provider": provider, "q": text}),
        "describes": services_described_by(person_of(request)).exists(),
        "nav": "services",
    }
    return render(request, "contracts/contracts.html", context)


@login_required
def contract(request: HttpRequest, slug: str) -> HttpResponse:
    """One contract: versions, consumers, and what may be changed by the reader."""
    row = get_object_or_404(queries.contracts_with_all(), slug=slug)
    mine = set(services_described_by(person_of(request)).values_list("slug", flat=True))
    provides = row.provider.slug in mine
    parts: dict[int, list[Use]] = {}
    for use in row.used.all():
        parts.setdefault(use.service_id, []).append(use)
    give_standing(row.consumers.all())
    consumers = [
        (one, provides or one.service.slug in mine, parts.get(one.service_id, []))
        for one in row.consumers.all()
    ]
    context = {
        "contract": row,
        "versions": row.versions.all(),
        "consumers": consumers,
        "provides": provides,
        "consumes": bool(mine),
        "rules": rules_of(row),
        "documents": sum(hasattr(one, "documented") for one in row.versions.all()),
        "nav": "services",
    }
    return render(request, "contracts/contract.html", context)


@login_required
def dependencies(request: HttpRequest) -> HttpResponse:
    """Who calls whom without a declared contract; planners add what their services call."""
    mine = [(one.slug, one.name) for one in services_described_by(person_of(request))]
    form = DependencyForm(request.POST or None, services=mine)
    if request.method == "POST" and form.is_valid() and _declared(request, form):
        return redirect("contracts:dependencies")
    of = request.GET.get("service", "")
    rows = Dependency.objects.filter(gone_at__isnull=True).select_related("service", "on")
    if of:
        rows = rows.filter(service__slug=of) | rows.filter(on__slug=of)
    page = Paginator(rows.order_by("service__slug", "on__slug", "pk"), PAGE).get_page(request.GET.get("page"))
    names = {slug for slug, _name in mine}
    context = {
        "page": page,
        "rows": [(row, row.service.slug in names) for row in page],
        "of": of,
        "query": urlencode({"service": of}) if of else "",
        "form": form,
        "mine": mine,
        "nav": "services",
    }
    return render(request, "contracts/dependencies.html", context, status=422 if form.errors else 200)


def _declared(request: HttpRequest, form: DependencyForm) -> bool:
    entry = editing.entry_of(form)
    try:
        catalog.save_entry(section="dependencies", entry=entry, by=person_of(request), face=Face.PAGE)
    except catalog.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("%(service)s calls %(calls)s.") % entry)
    return True
