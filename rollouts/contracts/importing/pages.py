"""Imports on pages: how each goes, declared, changed, previewed, asked now and stopped."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from rollouts.accounts.models import Team
from rollouts.audit.values import Face
from rollouts.catalog.queries import administers
from rollouts.catalog.services import Unsound
from rollouts.contracts.importing import services
from rollouts.contracts.importing.models import Import
from rollouts.contracts.pages.reading import person_of
from rollouts.lib import editing
from rollouts.lib.editing import Editing, Ending, SlugField
from rollouts.lib.refusals import Refusal

SHOWN = 100
"""Entries of a report on the page."""


class ImportForm(forms.Form):
    """An address and how often it is asked."""

    name = SlugField()
    address = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Of catalog.yaml or catalog-info.yaml; its page at a Git host will do."),
    )
    team = forms.ChoiceField(label=gettext_lazy("Told when it fails"))
    every_minutes = forms.IntegerField(
        label=gettext_lazy("Asked every so many minutes"), min_value=5, max_value=10_080, initial=60
    )
    enabled = forms.BooleanField(label=gettext_lazy("Asked on this schedule"), required=False, initial=True)
    token = forms.CharField(
        label=gettext_lazy("Bearer token"),
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("For a private repository. Never shown again; empty: the one that is kept."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        teams = Team.objects.order_by("name", "pk")
        self.fields["team"].choices = [(one.slug, one.name) for one in teams]  # type: ignore[attr-defined]


@login_required
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """All imports: when each was asked last, and what went wrong."""
    context = {
        "imports": Import.objects.select_related("team").order_by("slug"),
        "administers": administers(person_of(request)),
        "nav": "services",
    }
    return render(request, "contracts/imports.html", context)


@login_required
def one(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """How an import goes; declares one, or changes it."""
    row = get_object_or_404(Import.objects.select_related("team"), slug=slug) if slug else None
    person = person_of(request)
    form = ImportForm(request.POST or None, initial=_initial(row))
    if row is not None:
        form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        return redirect("contracts:import", slug or form.cleaned_data["name"])
    return _page(request, row, form, barred="" if administers(person) else _BARRED)


_BARRED = gettext_lazy("Only administrators of the installation import catalog files.")


def _initial(row: Import | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "name": row.slug,
        "address": row.address,
        "team": row.team.slug,
        "every_minutes": row.every_minutes,
        "enabled": row.enabled,
    }


def _saved(request: HttpRequest, form: forms.Form) -> bool:
    try:
        services.save_import(entry=editing.entry_of(form), by=person_of(request), face=Face.PAGE)
    except Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved. It is asked within moments."))
    return True


def _page(
    request: HttpRequest, row: Import | None, form: forms.Form, *, barred: Any, **more: Any
) -> HttpResponse:
    ending = None
    if row is not None and row.enabled:
        sentence = _("It is not asked any more. What it listed stays as it is.")
        ending = Ending(reverse("contracts:import-stop", args=[row.slug]), _("Stop asking"), sentence)
    shown = Editing(
        title=_("Import %(name)s") % {"name": row.slug} if row else _("New import"),
        form=form,
        crumbs=((reverse("contracts:imports"), _("Imports")),),
        nav="services",
        lead=_("What a file no longer lists is marked as gone, with the import's name and the time."),
        barred=str(barred),
        ending=ending,
        template="contracts/import.html",
        more={"row": row, "report": _cut(row.report) if row else None, "shown": SHOWN, **more},
    )
    return editing.page(request, shown)


def _cut(report: dict[str, Any]) -> dict[str, Any] | None:
    """What is shown of a report; None before there is one."""
    if not report:
        return None
    moved = [each for each in report["outcomes"] if each["what"] != "unchanged"]
    return {"count": report["count"], "outcomes": moved[:SHOWN], "more": max(0, len(moved) - SHOWN)}


@login_required
@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks now; with `preview` only shows what the file would change."""
    row = get_object_or_404(Import.objects.select_related("team"), slug=slug)
    dry_run = "preview" in request.POST
    try:
        found = services.ask_now(slug=slug, by=person_of(request), face=Face.PAGE, dry_run=dry_run)
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("contracts:import", slug)
    if not dry_run:
        moved = len(found.report.moved) if found.report else 0
        messages.info(request, _("The catalog is as the file says; %(n)s entries changed.") % {"n": moved})
        return redirect("contracts:import", slug)
    preview = _cut(found.report.as_json()) if found.report else None
    return _page(request, row, ImportForm(initial=_initial(row)), barred="", preview=preview)


@login_required
@require_POST
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    """It is not asked any more."""
    try:
        services.stop_import(slug=slug, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    return redirect("contracts:import", slug)
