"""Which parts of a contract a consumer uses: read, declared and removed on one page."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.contracts import queries, services
from rollouts.contracts.models import Consumer
from rollouts.contracts.pages.reading import person_of
from rollouts.lib import editing
from rollouts.lib.refusals import Refusal


class PartForm(forms.Form):
    """One part: an operation, a field, a type, or several of these."""

    operation = forms.CharField(
        label=gettext_lazy("Operation or channel"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("GET /orders/{id}, a topic, Query.order."),
    )
    type = forms.CharField(
        label=gettext_lazy("Named type"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("A schema, message or record, such as Address."),
    )
    field = forms.CharField(
        label=gettext_lazy("Field"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("With dots into objects: address.street."),
    )
    versions = forms.CharField(
        label=gettext_lazy("Versions"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("A range, such as >=2 <4. Empty: as the consumer."),
    )
    reason = forms.CharField(label=gettext_lazy("What for"), max_length=300, required=False)


@login_required
def parts(request: HttpRequest, slug: str, service: str) -> HttpResponse:
    """What is declared and what was seen; planners of either team add to it."""
    rows = Consumer.objects.select_related("contract__provider", "service")
    row = get_object_or_404(rows, contract__slug=slug, service__slug=service)
    person = person_of(request)
    owners = (row.service.slug, row.contract.provider.slug)
    mine = row.gone_at is None and any(queries.plans_for_service(person, owner) for owner in owners)
    form = PartForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _declared(request, form, row):
        return redirect("contracts:consumer-parts", slug, service)
    context = {
        "consumer": row,
        "contract": row.contract,
        "parts": queries.uses_of(slug, [service]).get(service, []),
        "mine": mine,
        "form": form,
        "nav": "services",
    }
    return render(request, "contracts/parts.html", context, status=422 if form.errors else 200)


def _declared(request: HttpRequest, form: PartForm, row: Consumer) -> bool:
    try:
        services.save_use(
            contract=row.contract.slug,
            service=row.service.slug,
            entry=editing.entry_of(form),
            by=person_of(request),
            face=Face.PAGE,
        )
    except catalog.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved."))
    return True


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, service: str, pk: int) -> HttpResponse:
    """The service uses the part no longer."""
    try:
        services.remove_use(contract=slug, service=service, use=pk, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    return redirect("contracts:consumer-parts", slug, service)
