"""Synthetic checks on pages: how each stands, its runs step by step, declared, changed, run and ended."""

from typing import Any

import yaml
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
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
from rollouts.health.models import Probe
from rollouts.health.probes import queries, services
from rollouts.health.probes.forms import SecretsForm
from rollouts.health.probes.showing import bars, traced
from rollouts.lib import editing, secrets
from rollouts.lib.clock import database_now
from rollouts.lib.documents.source import YAML, parse
from rollouts.lib.editing import Editing, Ending
from rollouts.lib.refusals import Refusal

EXAMPLE = """- name: List orders
  url: https://orders.example.com/orders
  extract:
    first: {json: "items[0].id"}
- name: Read one
  url: https://orders.example.com/orders/{{first}}
  expect: {status: [200], body_matches: "total", within_s: 1}
"""
OPTIONAL = ("version", "version_header", "connect_to")


class ProbeForm(DeclaredForm):
    """A check as an entry of the catalog's file; its steps are YAML."""

    section = "probes"
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    environment = forms.ChoiceField(label=gettext_lazy("Environment"), choices=environments)
    steps = forms.CharField(
        label=gettext_lazy("Steps"),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=gettext_lazy("YAML, as in the catalog's file. What a step extracts, later ones may name."),
    )
    interval_s = forms.IntegerField(
        label=gettext_lazy("Seconds between runs"), min_value=5, max_value=86_400, initial=60
    )
    timeout_s = forms.FloatField(
        label=gettext_lazy("Seconds for all steps"), min_value=0.1, max_value=120, required=False
    )
    in_a_row = forms.IntegerField(
        label=gettext_lazy("Runs that have to fail in a row"), min_value=1, max_value=10, initial=2
    )
    locations = forms.CharField(
        label=gettext_lazy("Locations"),
        required=False,
        help_text=gettext_lazy("Names of probers, with spaces between. With two or more, two have to fail."),
    )
    version = forms.CharField(label=gettext_lazy("Version"), max_length=60, required=False)
    version_header = forms.CharField(
        label=gettext_lazy("Header that says the version"), max_length=60, required=False
    )
    connect_to = forms.CharField(
        label=gettext_lazy("Host to go to instead"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Host and certificate stay those of the address."),
    )
    enabled = forms.BooleanField(label=gettext_lazy("Run it"), required=False, initial=True)

    def clean_steps(self) -> Any:
        """The list that the YAML is."""
        read = parse(self.cleaned_data["steps"].encode(), YAML)
        for problem in read.problems:
            self.add_error("steps", f"{problem.message} {problem.remedy}")
        return read.value

    def entry(self) -> dict[str, Any]:
        """The entry of the file."""
        entry = super().entry()
        entry["enabled"] = self.cleaned_data["enabled"]
        if "locations" in entry:
            entry["locations"] = entry["locations"].split()
        return entry


@login_required
@require_safe
def probes(request: HttpRequest) -> HttpResponse:
    """All checks, and how each stands."""
    context = {
        "stands": queries.stands(list(queries.probes()), database_now()),
        "describes": may_declare(person_of(request)),
        "nav": "services",
    }
    return render(request, "health/probes.html", context)


@login_required
@require_safe
def probe(request: HttpRequest, slug: str) -> HttpResponse:
    """One check: how it stands with real users, and its last runs step by step."""
    row = get_object_or_404(queries.probes(), slug=slug)
    now = database_now()
    (stand,) = queries.stands([row], now)
    context = {
        "probe": row,
        "stand": stand,
        "runs": [(run, bars(run), traced(row, run)) for run in queries.last_runs(row, now)],
        "secrets": _names(row),
        "describes": plans_for(person_of(request), row.service.team.slug),
        "nav": "services",
    }
    return render(request, "health/probe.html", context)


def _names(row: Probe) -> list[str]:
    try:
        return sorted(services.opened(row))
    except secrets.Unreadable:
        return []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Declares a check, or changes one."""
    row = get_object_or_404(queries.probes(), slug=slug) if slug else None
    person = person_of(request)
    barred = "" if _may(person, row) else _barred()
    owners = services_for(person, row.service if row else None)
    form = filled(ProbeForm, request, _initial(row), owners)
    if saved(request, form, barred):
        return redirect("health:probe", form.cleaned_data["name"])
    return editing.page(request, _editing(row, form, barred))


def _may(person: Person, row: Probe | None) -> bool:
    if row is not None:
        return plans_for(person, row.service.team.slug)
    return may_declare(person)


def _barred() -> str:
    return _("Planners and admins of the team that owns the service declare its checks.")


def _initial(row: Probe | None) -> dict[str, Any]:
    if row is None:
        return {"steps": EXAMPLE, "locations": services.location()}
    return {
        "name": row.slug,
        "title": row.title,
        "service": row.service.slug,
        "environment": row.environment.slug,
        "steps": yaml.safe_dump(row.steps, sort_keys=False, allow_unicode=True),
        "interval_s": row.interval_s,
        "timeout_s": row.timeout_s,
        "in_a_row": row.in_a_row,
        "locations": " ".join(row.locations),
        "enabled": row.enabled,
        **{name: getattr(row, name) for name in OPTIONAL},
    }


def _editing(row: Probe | None, form: ProbeForm, barred: str) -> Editing:
    ending = None
    if row is not None:
        ending = Ending(
            reverse("health:probe-end", args=[row.slug]),
            _("End this check"),
            _("It runs no more, and its secrets are forgotten. What was logged stays."),
        )
    return Editing(
        title=row.title if row else _("New synthetic check"),
        form=form,
        crumbs=((reverse("health:probes"), _("Synthetic checks")),),
        nav="services",
        lead=_("Ordered HTTP steps. The first that fails ends the run."),
        barred=barred,
        ending=ending,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_secrets(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets the secrets of a check; they are never shown again."""
    row = get_object_or_404(queries.probes(), slug=slug)
    barred = "" if _may(person_of(request), row) else _barred()
    form = SecretsForm(
        request.POST if request.method == "POST" else None, initial={"values": "\n".join(_names(row))}
    )
    if request.method == "POST" and not barred and form.is_valid():
        try:
            services.set_secrets(
                slug=slug, values=form.cleaned_data["values"], by=person_of(request), face=Face.PAGE
            )
        except Refusal as refused:
            form.add_error("values", str(refused))
        else:
            messages.info(request, _("Saved the secrets of %(name)s.") % {"name": row.title})
            return redirect("health:probe", slug)
    return editing.page(
        request,
        Editing(
            title=_("Secrets of %(name)s") % {"name": row.title},
            form=form,
            crumbs=(
                (reverse("health:probes"), _("Synthetic checks")),
                (reverse("health:probe", args=[slug]), row.title),
            ),
            nav="services",
            lead=_(
                "Steps name them as variables in headers and bodies. They are encrypted, and never shown."
            ),
            barred=barred,
        ),
    )


@login_required
@require_POST
def run(request: HttpRequest, slug: str) -> HttpResponse:
    """Has a check run at once."""
    try:
        row = services.ask_run(slug=slug, by=person_of(request), face=Face.PAGE)
    except Probe.DoesNotExist:
        raise Http404 from None
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("%(name)s runs now; look again in a moment.") % {"name": row.title})
    return redirect("health:probe", slug)


@login_required
@require_POST
def end(request: HttpRequest, slug: str) -> HttpResponse:
    """Ends a check."""
    try:
        services.end(slug=slug, by=person_of(request), face=Face.PAGE)
    except Probe.DoesNotExist:
        raise Http404 from None
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("health:probe", slug)
    messages.info(request, _("The check runs no more."))
    return redirect("health:probes")
