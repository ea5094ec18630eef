"""The page about the end of a version: dates, who is left, calls, headers to copy; and retiring."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts.queries import held_roles
from rollouts.accounts.values import Role
from rollouts.audit.values import Face
from rollouts.catalog.services import Unsound
from rollouts.contracts import queries
from rollouts.contracts.deprecating import services
from rollouts.contracts.deprecating.api import version_of
from rollouts.contracts.deprecating.guard import against
from rollouts.contracts.deprecating.reading import Ending, ending
from rollouts.contracts.models import ContractVersion
from rollouts.contracts.pages.forms import day_input
from rollouts.contracts.pages.reading import person_of
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.markdown import render as render_markdown
from rollouts.lib.refusals import Refusal


def _date(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=day_input(), help_text=help_text)


class EndForm(forms.Form):
    """What is announced."""

    announced = _date(gettext_lazy("Announced on"), gettext_lazy("Empty: today."))
    deprecated = _date(gettext_lazy("Deprecated since"), gettext_lazy("It may be to come. Empty: today."))
    sunset = _date(gettext_lazy("Last day"), gettext_lazy("Empty: as the contract's rules say."))
    successor = forms.ChoiceField(label=gettext_lazy("What follows"), required=False)
    notes = forms.CharField(
        label=gettext_lazy("How to move"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Markdown."),
    )
    link = forms.URLField(
        label=gettext_lazy("A page about it elsewhere"), required=False, max_length=500, assume_scheme="https"
    )

    def __init__(self, *args: Any, successors: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["successor"].choices = [("", _("Nothing"))] + successors  # type: ignore[attr-defined]


@login_required
def end(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Reads what is known of the end of a version; planners of the provider announce it."""
    row, person = version_of(slug, version), person_of(request)
    may = queries.plans_for_service(person, row.contract.provider.slug)
    found = ending(row, database_now())
    form = EndForm(request.POST or None, successors=_successors(row), initial=_initial(found))
    if request.method == "POST" and form.is_valid() and _announced(request, form, slug, version):
        return redirect("contracts:version-end", slug, version)
    team = row.contract.provider.team.slug
    context = {
        "contract": row.contract,
        "version": row,
        "ending": found,
        "notes": render_markdown(found.deprecation.notes) if found.deprecation else "",
        "counts": [many for _at, many in found.daily],
        "called": any(many for _at, many in found.daily),
        "against": against(row) if row.state != "retired" else None,
        "form": form,
        "provides": may,
        "breaks": Role.BREAKER.value in held_roles(person.pk).get(team, set()),
        "nav": "services",
    }
    return render(request, "contracts/end.html", context, status=422 if form.errors else 200)


def _successors(row: ContractVersion) -> list[tuple[str, str]]:
    rows = row.contract.versions.filter(gone_at__isnull=True).exclude(pk=row.pk).exclude(state="retired")
    return [(one.version, one.version) for one in rows.order_by("version", "pk")]


def _initial(found: Ending) -> dict[str, Any]:
    end = found.deprecation
    return {
        "announced": end.announced_on if end else None,
        "deprecated": found.version.deprecated_on,
        "sunset": found.version.sunset_on,
        "successor": end.successor.version if end and end.successor else "",
        "notes": end.notes if end else "",
        "link": end.link if end else "",
    }


def _announced(request: HttpRequest, form: EndForm, slug: str, version: str) -> bool:
    given = editing.entry_of(form).items()
    entry = {name: value.isoformat() if isinstance(value, date) else value for name, value in given}
    try:
        services.deprecate(contract=slug, version=version, entry=entry, by=person_of(request), face=Face.PAGE)
    except Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved."))
    return True


@login_required
@require_POST
def retire(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Retires a version, or breaks the glass to do so."""
    try:
        services.retire(
            contract=slug,
            version=version,
            reason=request.POST.get("reason", ""),
            override=request.POST.get("override") == "yes",
            by=person_of(request),
            face=Face.PAGE,
        )
    except Unsound as unsound:
        messages.error(request, " ".join(f"{each.message} {each.remedy}" for each in unsound.problems))
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    else:
        messages.info(request, _("Version %(version)s is retired.") % {"version": version})
    return redirect("contracts:version-end", slug, version)
