"""Environments, teams and services, each described on a page of its own."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts.models import Person, Team
from rollouts.audit.values import Face
from rollouts.catalog import queries, services
from rollouts.catalog.models import Environment, Service
from rollouts.lib import editing
from rollouts.lib.editing import Editing, SlugField
from rollouts.lib.refusals import Refusal

CHANNEL = gettext_lazy("Such as #orders.")


def person_of(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


class EnvironmentForm(forms.Form):
    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    order = forms.IntegerField(
        label=gettext_lazy("Place in the order"),
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("Versions go from small numbers to large ones."),
    )
    production = forms.BooleanField(label=gettext_lazy("Customers use it"), required=False)


class TeamForm(forms.Form):
    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    slack_channel = forms.CharField(
        label=gettext_lazy("Slack channel"), max_length=80, required=False, help_text=CHANNEL
    )


class ServiceForm(forms.Form):
    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it does"), max_length=4000, required=False, widget=forms.Textarea
    )
    team = forms.ChoiceField(
        label=gettext_lazy("Owning team"),
        help_text=gettext_lazy("Its members may halt what rolls out here; its planners describe it."),
    )
    tier = forms.TypedChoiceField(
        label=gettext_lazy("Tier"),
        coerce=int,
        choices=[
            (0, gettext_lazy("0: everything stands on it")),
            (1, gettext_lazy("1: most business impact")),
            (2, gettext_lazy("2: noticed within hours")),
            (3, gettext_lazy("3: noticed within days")),
            (4, gettext_lazy("4: a convenience")),
        ],
        initial=3,
    )
    runbook = forms.URLField(
        label=gettext_lazy("Runbook"), max_length=200, required=False, assume_scheme="https"
    )
    repository = forms.URLField(
        label=gettext_lazy("Repository"), max_length=200, required=False, assume_scheme="https"
    )
    slack_channel = forms.CharField(
        label=gettext_lazy("Slack channel"), max_length=80, required=False, help_text=CHANNEL
    )
    public_name = forms.CharField(
        label=gettext_lazy("Public name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Without one, it is not named on public pages."),
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["team"].choices = teams  # type: ignore[attr-defined]


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What the catalog holds, and the way to each part."""
    person = person_of(request)
    context = {
        "contents": queries.contents(),
        "administers": queries.administers(person),
        "describes": queries.teams_described_by(person).exists(),
        "nav": "services",
    }
    return render(request, "catalog/home.html", context)


def crumbs() -> tuple[tuple[str, str], ...]:
    return ((reverse("catalog:home"), _("Catalog")),)


def only_administrators(person: Person) -> str:
    if queries.administers(person):
        return ""
    return _("Only administrators of the installation change this. The page shows how it stands.")


def save(request: HttpRequest, section: str, form: forms.Form, name: str | None) -> bool:
    """Saves the form as one entry; on refusal the form says why."""
    entry = editing.entry_of(form)
    if name is not None:
        entry["name"] = name
    try:
        outcome = services.save_entry(
            section=section, entry=entry, by=person_of(request), face=Face.PAGE, new=name is None
        )
    except services.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    said = _("Saved %(name)s.") if outcome.what.moved else _("Nothing new about %(name)s.")
    messages.info(request, said % {"name": entry.get("title") or entry.get("name", "")})
    return True


def keep_name(form: forms.Form, name: str | None) -> None:
    """The slug of what exists is shown and never changed."""
    if name is not None:
        form.fields["name"].disabled = True


@login_required
def environment(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Adds or describes an environment."""
    row = get_object_or_404(Environment, slug=slug) if slug else None
    initial = (
        {"name": row.slug, "title": row.name, "order": row.order, "production": row.production}
        if row
        else {"order": Environment.objects.count()}
    )
    form = EnvironmentForm(request.POST or None, initial=initial)
    keep_name(form, slug)
    if request.method == "POST" and form.is_valid() and save(request, "environments", form, slug):
        return redirect("catalog:home")
    barred = only_administrators(person_of(request))
    title = row.name if row else _("New environment")
    return editing.page(request, Editing(title, form, crumbs(), nav="services", barred=barred))


@login_required
def team(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Adds or describes a team; people and roles are given on the team's own page."""
    row = get_object_or_404(Team, slug=slug) if slug else None
    initial = {"name": row.slug, "title": row.name, "slack_channel": row.slack_channel} if row else {}
    form = TeamForm(request.POST or None, initial=initial)
    keep_name(form, slug)
    if request.method == "POST" and form.is_valid() and save(request, "teams", form, slug):
        return redirect("catalog:home")
    barred = only_administrators(person_of(request))
    title = row.name if row else _("New team")
    return editing.page(request, Editing(title, form, crumbs(), nav="services", barred=barred))


def _service_initial(row: Service) -> dict[str, Any]:
    return {
        "name": row.slug,
        "title": row.name,
        "description": row.description,
        "team": row.team.slug,
        "tier": row.tier,
        "runbook": row.runbook,
        "repository": row.repository,
        "slack_channel": row.slack_channel,
        "public_name": row.public_name,
    }


@login_required
def service(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Adds a service, describes it, or gives it to another team."""
    row = get_object_or_404(Service.objects.select_related("team"), slug=slug) if slug else None
    person = person_of(request)
    teams = [(one.slug, one.name) for one in queries.teams_described_by(person)]
    barred = ""
    if not teams or (row is not None and row.team.slug not in dict(teams)):
        barred = _("Only planners and admins of %(team)s describe this.") % {
            "team": row.team.name if row else _("the owning team")
        }
        teams = [(row.team.slug, row.team.name)] if row else []
    initial = _service_initial(row) if row else {"team": request.GET.get("team", "")}
    form = ServiceForm(request.POST or None, initial=initial, teams=teams)
    keep_name(form, slug)
    if request.method == "POST" and form.is_valid() and save(request, "services", form, slug):
        return redirect(_page_of(slug or form.cleaned_data["name"]))
    way = (*crumbs(), (_page_of(row.slug), row.name)) if row else crumbs()
    shown = Editing(
        title=_("Describe %(name)s") % {"name": row.name} if row else _("New service"),
        form=form,
        crumbs=way,
        nav="services",
        lead=_("It is marked as gone; saving it brings it back.") if row and row.gone_at else "",
        barred=barred,
        ending=_retiring(row) if row else None,
    )
    return editing.page(request, shown)


def _page_of(slug: str) -> str:
    """The service's own page, which a higher package draws."""
    return f"/services/{slug}/"


def _retiring(row: Service) -> editing.Ending | None:
    if row.gone_at is not None:
        return None
    sentence = _("It stays in the log and in old rollouts, and no new plan can change it.")
    return editing.Ending(reverse("catalog:service-retire", args=[row.slug]), _("Mark as gone"), sentence)


@login_required
@require_POST
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Marks a service as gone."""
    row = get_object_or_404(Service, slug=slug)
    try:
        services.retire_service(slug=slug, by=person_of(request), face=Face.PAGE)
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("catalog:service", slug)
    messages.info(request, _("%(name)s is marked as gone.") % {"name": row.name})
    return redirect("catalog:service", slug)
