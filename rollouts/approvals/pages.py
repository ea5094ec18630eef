"""Approval policies, one for each environment, and who votes for whom."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts.models import Person, Team
from rollouts.accounts.values import Role
from rollouts.approvals import queries, services, values
from rollouts.approvals.models import Delegation, Policy
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment
from rollouts.catalog.queries import administers
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.documents import durations
from rollouts.lib.editing import Editing
from rollouts.lib.refusals import Refusal


def person_of(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


class PolicyForm(forms.Form):
    quorum = forms.IntegerField(
        label=gettext_lazy("How many must approve"), min_value=1, max_value=50, initial=1
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that may vote"),
        choices=[(role.value, role.label) for role in Role],
        widget=forms.CheckboxSelectMultiple,
    )
    teams = forms.MultipleChoiceField(
        label=gettext_lazy("Teams that may vote"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: every team that owns a service in the rollout."),
    )
    required_teams = forms.MultipleChoiceField(
        label=gettext_lazy("Teams that must be heard"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("At least one person of each must approve."),
    )
    expires = forms.CharField(
        label=gettext_lazy("A request expires after"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Such as 24h or 5d. Empty: never."),
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("teams", "required_teams"):
            self.fields[name].choices = teams  # type: ignore[attr-defined]


@login_required
def policies(request: HttpRequest) -> HttpResponse:
    """Who must approve, for each environment."""
    rows = [(one, row, row.value if row else values.Policy()) for one, row in queries.policies()]
    return render(request, "approvals/policies.html", {"rows": rows, "nav": "services"})


def _initial(row: Policy | None) -> dict[str, Any]:
    if row is None:
        return {"quorum": 1, "roles": [Role.APPROVER.value]}
    return {
        "quorum": row.quorum,
        "roles": row.roles or [Role.APPROVER.value],
        "teams": row.teams,
        "required_teams": row.required_teams,
        "expires": durations.words(row.expires_after) if row.expires_after else "",
    }


@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Edits the policy of an environment; requests that are open keep theirs."""
    environment = get_object_or_404(Environment, slug=slug)
    person = person_of(request)
    row = Policy.objects.filter(environment=environment).first()
    teams = list(Team.objects.order_by("name", "pk").values_list("slug", "name"))
    form = PolicyForm(request.POST or None, initial=_initial(row), teams=teams)
    if request.method == "POST" and form.is_valid():
        entry = editing.entry_of(form) | {"name": slug}
        try:
            outcome = catalog.save_entry(section="policies", entry=entry, by=person, face=Face.PAGE)
        except catalog.Unsound as unsound:
            editing.blame(form, unsound.sentence, unsound.problems)
        except Refusal as refused:
            editing.blame(form, str(refused))
        else:
            messages.info(request, _("Saved.") if outcome.what.moved else _("Nothing new."))
            return redirect("approvals:policies")
    barred = "" if administers(person) else _("Only administrators of the installation change policies.")
    shown = Editing(
        title=_("Approval policy of %(name)s") % {"name": environment.name},
        form=form,
        crumbs=((reverse("catalog:home"), _("Catalog")), (reverse("approvals:policies"), _("Policies"))),
        nav="services",
        lead=_("It holds for what is asked from now on. Requests that are open keep the policy they had."),
        barred=barred,
    )
    return editing.page(request, shown)


class DelegationForm(forms.Form):
    delegate = forms.EmailField(label=gettext_lazy("E-mail of the person who votes for you"))
    starts_at = forms.DateTimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("Empty: from now on. Times are in your own zone."),
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def clean_delegate(self) -> Person:
        email = self.cleaned_data["delegate"].lower()
        found = Person.objects.filter(email=email, is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("Nobody here has this e-mail."))
        return found


def _own(at: datetime | None, person: Person) -> datetime | None:
    """What was written, in the person's own zone."""
    return at.replace(tzinfo=ZoneInfo(person.timezone or "UTC")) if at else None


@login_required
def delegations(request: HttpRequest) -> HttpResponse:
    """Who votes for you, and for whom you vote; a new delegation."""
    person = person_of(request)
    now = database_now()
    form = DelegationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.delegate(
                delegator=person,
                delegate=data["delegate"],
                starts_at=_own(data["starts_at"], person) or now,
                ends_at=_own(data["ends_at"], person) or now,
                by=person,
                face=Face.PAGE,
            )
        except Refusal as refused:
            editing.blame(form, str(refused))
        else:
            messages.info(request, _("%(name)s may vote for you.") % {"name": data["delegate"].name})
            return redirect("approvals:delegations")
    rows = queries.delegations_of(person, now)
    context = {"rows": rows, "form": form, "person": person, "at": now, "nav": "services"}
    return render(request, "approvals/delegations.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a delegation now."""
    try:
        services.end_delegation(delegation_id=pk, by=person_of(request), face=Face.PAGE)
    except Delegation.DoesNotExist:
        raise Http404 from None
    except Refusal as refused:
        messages.error(request, str(refused))
    return redirect("approvals:delegations")
