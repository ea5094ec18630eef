"""Who is how ready for a version, since when, from what and until when; and the sign-off."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit.values import Face
from rollouts.catalog.queries import administers
from rollouts.contracts.models import Consumer, Contract
from rollouts.contracts.pages.forms import day_input
from rollouts.contracts.pages.reading import person_of
from rollouts.contracts.readiness import services
from rollouts.contracts.readiness.reading import Ready, next_version, ready_consumers
from rollouts.contracts.readiness.services import SIGNING
from rollouts.contracts.values import Readiness
from rollouts.lib import editing
from rollouts.lib.editing import Editing
from rollouts.lib.panels import in_place, readiness_page
from rollouts.lib.refusals import Refusal

SAYS = [
    (Readiness.NOT_READY, gettext_lazy("Not ready: it would break, or cannot move yet")),
    (Readiness.TESTING, gettext_lazy("Testing")),
    (Readiness.READY, gettext_lazy("Ready: the version may come")),
    (Readiness.MIGRATED, gettext_lazy("Migrated: it speaks the version, and nothing older")),
    (Readiness.UNKNOWN, gettext_lazy("Unknown: I take back what was said")),
]


class SignForm(forms.Form):
    """What a person of the consumer's team says."""

    readiness = forms.ChoiceField(
        label=gettext_lazy("How ready is it?"),
        widget=forms.RadioSelect,
        choices=[(one.value, word) for one, word in SAYS],
    )
    until = forms.DateField(
        label=gettext_lazy("Counts until"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("The last day. Empty: for 90 days."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you looked at, or what is missing."),
    )
    url = forms.URLField(label=gettext_lazy("Link"), required=False, max_length=500, assume_scheme="https")


def _contract(slug: str) -> Contract:
    return get_object_or_404(Contract.objects.select_related("provider__team"), slug=slug)


def _versions(row: Contract) -> list[str]:
    return list(
        row.versions.filter(gone_at__isnull=True)
        .exclude(state="retired")
        .order_by("version", "pk")
        .values_list("version", flat=True)
    )


@login_required
def readiness(request: HttpRequest, slug: str) -> HttpResponse:
    """All consumers for one version, the next one unless another is asked for."""
    row, person = _contract(slug), person_of(request)
    version = request.GET.get("version") or next_version(row.versions.all())
    found = ready_consumers(row, version)
    mine = _signs_for(person)
    context = {
        "contract": row,
        "version": version,
        "versions": _versions(row),
        "consumers": [(each, mine is None or each.consumer.service.team.slug in mine) for each in found],
        "sentence": _sentence(found, version),
        "panels": _panels(request, row, version),
        "nav": "services",
    }
    return render(request, "contracts/readiness.html", context)


def _signs_for(person: Person) -> set[str] | None:
    """The teams for which the reader may sign; None: any."""
    if administers(person):
        return None
    return {team for team, roles in held_roles(person.pk).items() if SIGNING & roles}


def _sentence(found: list[Ready], version: str) -> str:
    """The answer in one sentence, who is not ready by name."""
    if not version:
        return _("No version is declared that anybody could get ready for.")
    if not found:
        return _("Nobody relies on it.")
    behind = [each.consumer.service.name for each in found if not each.standing.readiness.ready]
    if not behind:
        told = ngettext("Its %(n)s consumer is ready.", "All %(n)s consumers are ready.", len(found))
        return told % {"n": len(found)}
    told = ngettext(
        "%(n)s of %(all)s is not ready: %(names)s.", "%(n)s of %(all)s are not ready: %(names)s.", len(behind)
    )
    return told % {"n": len(behind), "all": len(found), "names": ", ".join(behind)}


def _panels(request: HttpRequest, row: Contract, version: str) -> list[SafeString]:
    """What higher packages know of the version."""
    return [
        render_to_string(panel.template, panel.context(request, (row, version)), request=request)
        for panel in in_place("below", readiness_page)
    ]


@login_required
def sign(request: HttpRequest, slug: str, service: str) -> HttpResponse:
    """Signs off how ready one consumer is."""
    row, person = _contract(slug), person_of(request)
    version = request.GET.get("version") or next_version(row.versions.all())
    found = next((one for one in ready_consumers(row, version) if one.consumer.service.slug == service), None)
    if found is None:
        raise Http404
    form = SignForm(request.POST or None, initial={"readiness": found.standing.readiness.value})
    back = f"{reverse('contracts:readiness', args=[slug])}?version={version}"
    if request.method == "POST" and form.is_valid() and _signed(request, form, found.consumer, version):
        return redirect(back)
    team = found.consumer.service.team
    barred = ""
    if not services.signs_for(person, team.slug):
        barred = _("Only planners, approvers and admins of %(team)s say how ready %(service)s is.") % {
            "team": team.name, "service": found.consumer.service.name
        }  # fmt: skip
    shown = Editing(
        title=_("How ready is %(service)s?") % {"service": found.consumer.service.name},
        form=form,
        crumbs=(
            (reverse("contracts:contracts"), _("Contracts")),
            (reverse("contracts:contract", args=[slug]), row.name),
            (back, _("Readiness for %(version)s") % {"version": version}),
        ),
        nav="services",
        lead=_("For %(contract)s %(version)s. Your name and the time are kept with it.")
        % {"contract": row.name, "version": version},
        barred=barred,
        template="contracts/sign.html",
        more={"found": found, "contract": row, "version": version},
    )
    return editing.page(request, shown)


def _signed(request: HttpRequest, form: SignForm, consumer: Consumer, version: str) -> bool:
    given: dict[str, Any] = form.cleaned_data
    try:
        services.sign_off(
            contract=consumer.contract.slug,
            service=consumer.service.slug,
            version=version,
            readiness=Readiness(given["readiness"]),
            until=given["until"],
            note=given["note"],
            url=given["url"],
            by=person_of(request),
            face=Face.PAGE,
        )
    except Refusal as refused:
        place = "until" if refused.code.startswith("until") else None
        form.add_error(place, str(refused))
        return False
    messages.info(request, _("Signed off."))
    return True
