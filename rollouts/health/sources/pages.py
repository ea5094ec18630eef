"""Pages of Prometheus sources: credentials, and signals of one's own."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rollouts.audit.values import Face
from rollouts.catalog.queries import plans_for
from rollouts.health.declaring import person_of
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources import saving
from rollouts.health.sources.access import Access
from rollouts.health.sources.forms import AccessForm, SignalForm, way_of
from rollouts.health.sources.own import NAMED
from rollouts.health.values import SourceKind
from rollouts.lib import editing
from rollouts.lib.editing import Editing, Ending
from rollouts.lib.refusals import Refusal


def _source(slug: str) -> Source:
    rows = Source.objects.filter(kind=SourceKind.PROMETHEUS).select_related("team", "environment")
    return get_object_or_404(rows, slug=slug)


def _barred(request: HttpRequest, row: Source) -> str:
    if plans_for(person_of(request), row.team.slug):
        return ""
    return _("Planners and admins of %(team)s change it.") % {"team": row.team}


def _crumbs(row: Source) -> tuple[tuple[str, str], ...]:
    return (
        (reverse("health:sources"), _("Metric sources")),
        (reverse("health:source", args=[row.slug]), row.name),
    )


def blame(form: forms.Form, error: ValidationError) -> None:
    """Each sentence beside its field."""
    for field, said in error.message_dict.items():
        form.add_error(field if field in form.fields else None, " ".join(said))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets what a source is shown; what was entered before is never shown again."""
    row = _source(slug)
    barred = _barred(request, row)
    now = _opened(row)
    initial = {"way": way_of(now), "username": now.username}
    form = AccessForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and not barred and form.is_valid():
        try:
            given = saving.kept(row, form.given())
            saving.set_access(slug=slug, access=given, by=person_of(request), face=Face.PAGE)
        except ValidationError as error:
            blame(form, error)
        except Refusal as refused:
            editing.blame(form, str(refused))
        else:
            messages.info(request, _("Saved what %(name)s is shown.") % {"name": row.name})
            return redirect("health:source", slug)
    set_now = ", ".join(now.words())
    lead = (
        _("Kept encrypted: %(what)s. Nothing of it is shown again.") % {"what": set_now}
        if set_now
        else _("Nothing is kept. What you enter is encrypted and never shown again.")
    )
    forget = Ending(
        reverse("health:access-forget", args=[slug]),
        _("Forget all of it"),
        _("The source is then asked without any credentials."),
    )
    return editing.page(
        request,
        Editing(
            title=_("Credentials of %(name)s") % {"name": row.name},
            form=form,
            crumbs=_crumbs(row),
            nav="services",
            lead=lead,
            barred=barred,
            ending=forget if row.access else None,
        ),
    )


def _opened(row: Source) -> Access:
    """What is kept, or nothing where it cannot be read any more: it is then entered again."""
    try:
        return saving.opened(row)
    except Refusal:
        return Access()


@login_required
@require_POST
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    """Forgets a source's credentials."""
    row = _source(slug)
    try:
        saving.set_access(slug=slug, access=None, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("%(name)s is asked without credentials.") % {"name": row.name})
    return redirect("health:source", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def signal(request: HttpRequest, slug: str, name: str | None = None) -> HttpResponse:
    """Makes or changes a signal in PromQL of one's own."""
    row = _source(slug)
    found = get_object_or_404(row.own_signals, name=name) if name else None
    barred = _barred(request, row)
    form = SignalForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if found is not None:
        form.fields["name"].disabled = True
    if request.method == "POST" and not barred and form.is_valid() and _saved(request, row, found, form):
        return redirect("health:source", slug)
    ending = None
    if found is not None:
        address = reverse("health:signal-remove", args=[slug, found.name])
        ending = Ending(address, _("Remove it"), _("It is asked no more; what was measured stays."))
    return editing.page(
        request,
        Editing(
            title=found.name if found else _("New signal"),
            form=form,
            crumbs=_crumbs(row),
            nav="services",
            lead=_(
                "The source tries each query before it is saved. {service}, {environment}, {version} and "
                "{window} are filled in; give one series, or one by service and version."
            ),
            barred=barred,
            ending=ending,
        ),
    )


def _saved(request: HttpRequest, row: Source, found: OwnSignal | None, form: SignalForm) -> bool:
    name = found.name if found else form.cleaned_data["name"]
    if found is None and row.own_signals.filter(name=name).exists():
        form.add_error("name", _("There is a signal of this name. Open it, or choose another name."))
        return False
    try:
        saving.save_signal(slug=row.slug, given=form.given(name), by=person_of(request), face=Face.PAGE)
    except ValidationError as error:
        blame(form, error)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved %(name)s.") % {"name": name})
    return True


def _initial(found: OwnSignal | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "name": found.name,
        "signal": NAMED if found.named else found.signal,
        "unit": found.unit,
        "services": " ".join(found.services),
        "bound_s": found.bound_s,
        **found.parts,
    }


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Asks a signal no more."""
    row = _source(slug)
    get_object_or_404(row.own_signals, name=name)
    try:
        saving.remove_signal(slug=slug, name=name, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("Removed %(name)s.") % {"name": name})
    return redirect("health:source", slug)
