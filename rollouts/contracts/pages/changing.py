"""Contracts, versions and consumers, changed one at a time."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Service
from rollouts.catalog.queries import services_described_by
from rollouts.contracts import queries, services
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.pages.forms import ConsumerForm, ContractForm, VersionForm
from rollouts.contracts.pages.reading import person_of
from rollouts.lib import editing
from rollouts.lib.editing import Editing, Ending
from rollouts.lib.refusals import Refusal


def _contract(slug: str) -> Contract:
    return get_object_or_404(Contract.objects.select_related("provider"), slug=slug)


def _crumbs(row: Contract | None = None) -> tuple[tuple[str, str], ...]:
    first = (reverse("contracts:contracts"), _("Contracts"))
    return (first, (reverse("contracts:contract", args=[row.slug]), row.name)) if row else (first,)


def _done(request: HttpRequest, form: forms.Form, change: Callable[[], object]) -> bool:
    """Whether the change was made; if not, the form says why."""
    try:
        change()
    except catalog.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.info(request, _("Saved."))
    return True


def _told(request: HttpRequest, change: Callable[[], object]) -> None:
    """Makes a change that has no form; a refusal is told on the next page."""
    try:
        change()
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None


def _barred(may: bool, *names: str) -> str:
    if may:
        return ""
    said = _("Only planners and admins of the team that owns %(names)s change this.")
    return said % {"names": _(" or ").join(dict.fromkeys(names))}


@login_required
def contract(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Declares a contract, or describes one."""
    row = _contract(slug) if slug else None
    person = person_of(request)
    mine = [(one.slug, one.name) for one in services_described_by(person)]
    may = bool(mine) if row is None else row.provider.slug in dict(mine)
    if row is not None and not may:
        mine = [(row.provider.slug, row.provider.name)]
    initial: dict[str, Any] = {"provider": request.GET.get("provider", "")}
    if row is not None:
        initial = {
            "name": row.slug, "title": row.name, "provider": row.provider.slug, "format": row.format
        }  # fmt: skip
    form = ContractForm(request.POST or None, initial=initial, services=mine)
    if row is not None:
        form.fields["name"].disabled = True

    def change() -> None:
        entry = editing.entry_of(form) | ({"name": row.slug} if row else {})
        catalog.save_entry(section="contracts", entry=entry, by=person, face=Face.PAGE, new=row is None)

    if request.method == "POST" and form.is_valid() and _done(request, form, change):
        return redirect("contracts:contract", slug or form.cleaned_data["name"])
    shown = Editing(
        title=_("Describe %(name)s") % {"name": row.name} if row else _("New contract"),
        form=form,
        crumbs=_crumbs(row),
        nav="services",
        barred=_barred(may, row.provider.name if row else _("the providing service")),
        ending=_ending_of(row) if row and row.gone_at is None else None,
    )
    return editing.page(request, shown)


def _ending_of(row: Contract) -> Ending:
    sentence = _("Its versions and consumers stay in the log. Plans can no longer name it.")
    return Ending(reverse("contracts:contract-retire", args=[row.slug]), _("Mark as gone"), sentence)


@login_required
@require_POST
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Marks a contract as gone."""
    by = person_of(request)
    _told(request, lambda: services.retire_contract(contract=slug, by=by, face=Face.PAGE))
    return redirect("contracts:contract", slug)


def days_of(row: ContractVersion) -> dict[str, date | None]:
    """Its days, as the form names them."""
    return {
        "served": row.served_on,
        "deprecated": row.deprecated_on,
        "retired": row.retired_on,
        "sunset": row.sunset_on,
    }


@login_required
def version(request: HttpRequest, slug: str, version: str | None = None) -> HttpResponse:
    """Adds a version to a contract, or changes one's state."""
    row, person = _contract(slug), person_of(request)
    found = get_object_or_404(row.versions.all(), version=version) if version else None
    initial = {"version": found.version, "state": found.state, **days_of(found)} if found else {}
    form = VersionForm(request.POST or None, initial=initial)
    if found is not None:
        form.fields["version"].disabled = True

    def change() -> None:
        given = editing.entry_of(form).items()
        entry = {name: value.isoformat() if isinstance(value, date) else value for name, value in given}
        services.save_version(contract=slug, entry=entry, by=person, face=Face.PAGE)

    if request.method == "POST" and form.is_valid() and _done(request, form, change):
        return redirect("contracts:contract", slug)
    ending = None
    if found is not None and found.gone_at is None:
        address = reverse("contracts:version-remove", args=[slug, found.version])
        ending = Ending(address, _("Mark as gone"), _("Nobody serves it any more."))
    shown = Editing(
        title=_("Version %(version)s") % {"version": found.version} if found else _("New version"),
        form=form,
        crumbs=_crumbs(row),
        nav="services",
        barred=_barred(queries.plans_for_service(person, row.provider.slug), row.provider.name),
        ending=ending,
    )
    return editing.page(request, shown)


@login_required
@require_POST
def remove_version(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Marks a version as gone."""
    by = person_of(request)
    _told(request, lambda: services.remove_version(contract=slug, version=version, by=by, face=Face.PAGE))
    return redirect("contracts:contract", slug)


def _candidates(row: Contract, request: HttpRequest) -> list[tuple[str, str]]:
    """Services that the reader may declare as consumers: any for the provider's planners, else their own."""
    person = person_of(request)
    if queries.plans_for_service(person, row.provider.slug):
        rows = Service.objects.filter(gone_at__isnull=True).order_by("slug")
    else:
        rows = services_described_by(person)
    return [(one.slug, one.name) for one in rows if one.pk != row.provider_id]


@login_required
def consumer(request: HttpRequest, slug: str, service: str | None = None) -> HttpResponse:
    """Declares that a service relies on the contract, or how ready it is."""
    row, person = _contract(slug), person_of(request)
    found = (
        get_object_or_404(row.consumers.select_related("service"), service__slug=service) if service else None
    )
    candidates = _candidates(row, request)
    names = [row.provider.name]
    initial: dict[str, Any] = {"readiness": "unknown", "kind": "hard"}
    may = bool(candidates)
    if found is not None:
        may = found.service.slug in dict(candidates)
        candidates = [(found.service.slug, found.service.name)]
        names.append(found.service.name)
        initial = {
            "service": found.service.slug,
            "uses": found.uses,
            "reason": found.reason,
            "readiness": found.readiness,
            "kind": found.kind,
        }
    form = ConsumerForm(request.POST or None, initial=initial, services=candidates)
    if found is not None:
        form.fields["service"].disabled = True

    def change() -> None:
        services.save_consumer(contract=slug, entry=editing.entry_of(form), by=person, face=Face.PAGE)

    if request.method == "POST" and form.is_valid() and _done(request, form, change):
        return redirect("contracts:contract", slug)
    ending = None
    if found is not None and found.gone_at is None:
        address = reverse("contracts:consumer-remove", args=[slug, found.service.slug])
        ending = Ending(address, _("It relies on this no longer"), _("The past stays in the log."))
    shown = Editing(
        title=_("Consumer %(name)s") % {"name": found.service.name} if found else _("New consumer"),
        form=form,
        crumbs=_crumbs(row),
        nav="services",
        barred=_barred(may, *names),
        ending=ending,
    )
    return editing.page(request, shown)


@login_required
@require_POST
def remove_consumer(request: HttpRequest, slug: str, service: str) -> HttpResponse:
    """A service relies on the contract no longer."""
    by = person_of(request)
    _told(request, lambda: services.remove_consumer(contract=slug, service=service, by=by, face=Face.PAGE))
    return redirect("contracts:contract", slug)


@login_required
@require_POST
def remove_dependency(request: HttpRequest, service: str, calls: str) -> HttpResponse:
    """A service calls another no longer."""
    by = person_of(request)
    _told(request, lambda: services.remove_dependency(service=service, calls=calls, by=by, face=Face.PAGE))
    return redirect("contracts:dependencies")
