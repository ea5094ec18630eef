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
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import plans_for, teams_described_by
from rollouts.health.models import Probe
from rollouts.health.probes import queries, services
from rollouts.health.probes.forms import SecretsForm
from rollouts.health.probes.showing import bars, traced
from rollouts.lib import editing, secrets
from rollouts.lib.clock import database_now
from rollouts.lib.documents.source import YAML, parse
from rollouts.lib.editing import Editing, Ending, SlugField
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


class ProbeForm(forms.Form):
    """A check as an entry of the catalog's file; its steps are YAML."""

    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    environment = forms.ChoiceField(label=gettext_lazy("Environment"))
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

    def __init__(self, *args: Any, services: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        environments = Environment.objects.order_by("order", "slug").values_list("slug", "name")
        self.fields["environment"].choices = list(environments)  # type: ignore[attr-defined]
        self.fields["service"].choices = services  # type: ignore[attr-defined]

    def clean_steps(self) -> Any:
        """The list that the YAML is."""
        read = parse(self.cleaned_data["steps"].encode(), YAML)
        for problem in read.problems:
            self.add_error("steps", f"{problem.message} {problem.remedy}")
        return read.value

    def entry(self) -> dict[str, Any]:
        """The entry of the file."""
        entry = editing.entry_of(self)
        entry["enabled"] = self.cleaned_data["enabled"]
        if "locations" in entry:
            entry["locations"] = entry["locations"].split()
        return entry


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


@login_required
@require_safe
def probes(request: HttpRequest) -> HttpResponse:
    """All checks, and how each stands."""
    context = {
        "stands": queries.stands(list(queries.probes()), database_now()),
        "describes": teams_described_by(_person(request)).exists(),
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
        "describes": plans_for(_person(request), row.service.team.slug),
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
    person = _person(request)
    barred = "" if _may(person, row) else _barred()
    form = ProbeForm(
        request.POST if request.method == "POST" else None, initial=_initial(row), services=_of(person, row)
    )
    if row is not None:
        form.fields["name"].disabled = True
    if request.method == "POST" and not barred and form.is_valid() and _save(request, form, row):
        return redirect("health:probe", row.slug if row else form.cleaned_data["name"])
    return editing.page(request, _editing(row, form, barred))


def _may(person: Person, row: Probe | None) -> bool:
    if row is not None:
        return plans_for(person, row.service.team.slug)
    return teams_described_by(person).exists()


def _barred() -> str:
    return _("Planners and admins of the team that owns the service declare its checks.")


def _of(person: Person, row: Probe | None) -> list[tuple[str, str]]:
    """Services of the teams that the person describes, and the one that it is."""
    rows = Service.objects.filter(gone_at__isnull=True, team__in=teams_described_by(person))
    found = list(rows.order_by("name", "slug").values_list("slug", "name"))
    if row is not None and row.service.slug not in dict(found):
        found.append((row.service.slug, row.service.name))
    return found


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


def _save(request: HttpRequest, form: ProbeForm, row: Probe | None) -> bool:
    entry = form.entry() | ({"name": row.slug} if row else {})
    try:
        catalog.save_entry(
            section="probes", entry=entry, by=_person(request), face=Face.PAGE, new=row is None
        )
    except catalog.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved %(name)s.") % {"name": entry["title"]})
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_secrets(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets the secrets of a check; they are never shown again."""
    row = get_object_or_404(queries.probes(), slug=slug)
    barred = "" if _may(_person(request), row) else _barred()
    form = SecretsForm(
        request.POST if request.method == "POST" else None, initial={"values": "\n".join(_names(row))}
    )
    if request.method == "POST" and not barred and form.is_valid():
        try:
            services.set_secrets(
                slug=slug, values=form.cleaned_data["values"], by=_person(request), face=Face.PAGE
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
        row = services.ask_run(slug=slug, by=_person(request), face=Face.PAGE)
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
        services.end(slug=slug, by=_person(request), face=Face.PAGE)
    except Probe.DoesNotExist:
        raise Http404 from None
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("health:probe", slug)
    messages.info(request, _("The check runs no more."))
    return redirect("health:probes")
