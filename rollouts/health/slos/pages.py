"""SLOs on pages: how each budget stands, declared, changed, imported and ended."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.queries import plans_for
from rollouts.health.declaring import (
    DeclaredForm,
    environments,
    filled,
    may_declare,
    person_of,
    saved,
    services_for,
)
from rollouts.health.models import Slo
from rollouts.health.slos import queries, saving
from rollouts.health.slos.telling import spoken_s
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.documents.forms import DocumentForm
from rollouts.lib.editing import Editing, Ending
from rollouts.lib.refusals import Refusal

EXAMPLE = """apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-answers
  displayName: Orders answers
  annotations:
    gatehouse/environment: production
spec:
  service: orders
  budgetingMethod: Occurrences
  timeWindow:
    - duration: 30d
      isRolling: true
  indicator:
    metadata:
      name: orders-answered
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: Gatehouse
        total:
          metricSource:
            type: Gatehouse
  objectives:
    - target: 0.999
"""


class SloForm(DeclaredForm):
    """An SLO as an entry of the catalog's file."""

    section = "slos"
    description = forms.CharField(
        label=gettext_lazy("What it promises, and to whom"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        required=False,
    )
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    environment = forms.ChoiceField(label=gettext_lazy("Environment"), choices=environments)
    signal = forms.ChoiceField(
        label=gettext_lazy("What is bad"),
        choices=[
            ("errors", gettext_lazy("Requests that fail")),
            ("latency", gettext_lazy("Answers slower than the bound below")),
        ],
    )
    slower_than = forms.RegexField(
        r"^[0-9.]+(ms|s)$",
        label=gettext_lazy("Slower than"),
        required=False,
        help_text=gettext_lazy(
            "For slow answers only, such as 300ms; the next bound of its histogram is taken."
        ),
    )
    target = forms.FloatField(
        label=gettext_lazy("Target, in percent"),
        min_value=0.0001,
        max_value=99.9999,
        initial=99.9,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    period = forms.IntegerField(
        label=gettext_lazy("Rolling period, in days"), min_value=1, max_value=90, initial=30
    )

    def clean(self) -> dict[str, Any]:
        """A bound belongs to latency, and latency needs one."""
        data = super().clean() or {}
        latency = data.get("signal") == "latency"
        if latency and not data.get("slower_than") and "slower_than" not in self.errors:
            self.add_error("slower_than", _("Say from when on an answer is slow, such as 300ms."))
        if not latency:
            data["slower_than"] = ""
        return data

    def entry(self) -> dict[str, Any]:
        """The entry of the file."""
        entry = super().entry()
        # Through the decimal text: 99.9 % must equal 0.999, not 0.9990000000000001.
        return {**entry, "target": float(f"{entry['target']:.12g}e-2"), "period": f"{entry['period']}d"}


@login_required
@require_safe
def slos(request: HttpRequest) -> HttpResponse:
    """All SLOs, and how each budget stands."""
    now = database_now()
    context = {
        "standings": [queries.standing(row, now) for row in queries.slos()],
        "describes": may_declare(person_of(request)),
        "nav": "services",
    }
    return render(request, "health/slos.html", context)


@login_required
@require_safe
def slo(request: HttpRequest, slug: str) -> HttpResponse:
    """One SLO: what is left of its budget, how fast it burns, and its days."""
    row = get_object_or_404(queries.slos(), slug=slug)
    now = database_now()
    days = queries.days(row, now)
    standing = queries.standing(row, now)
    context = {
        "slo": row,
        "standing": standing,
        "burns": [_burn(burn) for burn in standing.burns],
        "days": days[::-1],
        "line": [day.remaining for day in days],
        "describes": plans_for(person_of(request), row.service.team.slug),
        "nav": "services",
    }
    return render(request, "health/slo.html", context)


def _burn(burn: dict[str, Any]) -> dict[str, Any]:
    """A pair of windows in words."""
    return {
        "windows": _("%(long)s and %(short)s")
        % {"long": spoken_s(burn["long_s"]), "short": spoken_s(burn["short_s"])},
        "long": _rate(burn["long"]),
        "short": _rate(burn["short"]),
        "factor": f"{burn['factor']:g}",
        "fires": burn["fires"],
        "urgency": burn["urgency"],
    }


def _rate(rate: float | None) -> str:
    return _("no data") if rate is None else f"{rate:.2f}".rstrip("0").rstrip(".")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Declares an SLO, or changes one."""
    row = get_object_or_404(queries.slos(), slug=slug) if slug else None
    person = person_of(request)
    owners = services_for(person, row.service if row else None)
    may = owners and (row is None or plans_for(person, row.service.team.slug))
    barred = "" if may else _barred()
    form = filled(SloForm, request, _initial(row), owners)
    if saved(request, form, barred):
        return redirect("health:slo", form.cleaned_data["name"])
    return editing.page(request, _editing(row, form, barred))


def _barred() -> str:
    return _("Planners and admins of the team that owns the service declare its SLOs.")


def _initial(row: Slo | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "name": row.slug,
        "title": row.title,
        "description": row.description,
        "service": row.service.slug,
        "environment": row.environment.slug,
        "signal": row.signal,
        "slower_than": f"{row.slower_than_s * 1000:g}ms" if row.slower_than_s else "",
        "target": float(f"{row.target * 100:.10g}"),
        "period": row.period_days,
    }


def _editing(row: Slo | None, form: SloForm, barred: str) -> Editing:
    ending = None
    if row is not None:
        ending = Ending(
            reverse("health:slo-end", args=[row.slug]),
            _("End this SLO"),
            _("Gates that rest on it then say that there is no data. What was logged stays."),
        )
    return Editing(
        title=row.title if row else _("New SLO"),
        form=form,
        crumbs=((reverse("health:slos"), _("SLOs")),),
        nav="services",
        lead=_("What share of a service's requests is to be good. Changing what is counted counts anew."),
        barred=barred,
        ending=ending,
    )


@login_required
@require_POST
def end(request: HttpRequest, slug: str) -> HttpResponse:
    """Ends an SLO."""
    row = get_object_or_404(queries.slos(), slug=slug)
    try:
        saving.end_slo(slug=slug, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("health:slo", slug)
    messages.info(request, _("%(name)s is promised no longer.") % {"name": row.title})
    return redirect("health:slos")


class OpenSloForm(DocumentForm):
    """An OpenSLO file, and the environment of what names none."""

    environment = forms.ChoiceField(
        label=gettext_lazy("Environment, where the file names none"), choices=environments
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["source"].widget.attrs["rows"] = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_openslo(request: HttpRequest) -> HttpResponse:
    """Imports OpenSLO v1: all of a file or nothing of it, with every obstacle named."""
    barred = "" if may_declare(person_of(request)) else _barred()
    form = OpenSloForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"source": EXAMPLE},
    )
    if request.method == "POST" and not barred and form.is_valid():
        source, media_type = form.document()
        try:
            done = saving.import_openslo(
                source=source,
                media_type=media_type,
                environment=form.cleaned_data["environment"],
                by=person_of(request),
                face=Face.PAGE,
            )
        except catalog.Unsound as unsound:
            for problem in unsound.problems:
                form.add_error("source", f"{problem.path}: {problem.message} {problem.remedy}")
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            names = ", ".join(outcome.name for outcome in done.outcomes)
            messages.info(request, _("Imported %(names)s.") % {"names": names})
            for note in done.notes:
                messages.warning(request, note)
            return redirect("health:slos")
    return editing.page(
        request,
        Editing(
            title=_("Import OpenSLO"),
            form=form,
            crumbs=((reverse("health:slos"), _("SLOs")),),
            nav="services",
            lead=_(
                "OpenSLO v1, several documents too. Occurrences over one rolling window are taken; "
                "what is not supported is named, and nothing is imported then."
            ),
            barred=barred,
        ),
    )
