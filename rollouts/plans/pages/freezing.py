"""Freezes by page: the calendar as a list, and a form for one."""

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
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment
from rollouts.catalog.queries import administers, teams_described_by
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.editing import Editing, Ending
from rollouts.lib.refusals import Refusal
from rollouts.plans import freezes, queries
from rollouts.plans.freezes import Given
from rollouts.plans.models import Freeze
from rollouts.plans.pages.asking import person_of

LOCAL = {"type": "datetime-local"}


class FreezeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, widget=forms.Textarea)
    team = forms.ChoiceField(
        label=gettext_lazy("Owning team"), help_text=gettext_lazy("It yields to this team's approvers.")
    )
    environment = forms.ChoiceField(label=gettext_lazy("Environment"), required=False)
    services = forms.CharField(
        label=gettext_lazy("Services"),
        required=False,
        help_text=gettext_lazy("Their names as in addresses, with commas. Empty: all of the environment."),
    )
    max_tier = forms.TypedChoiceField(
        label=gettext_lazy("Only services up to tier"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", gettext_lazy("All")), *((str(n), str(n)) for n in range(5))],
    )
    # Text, not times: a time that a change of clocks skips or repeats is refused with both choices.
    starts = forms.CharField(label=gettext_lazy("Begins"), widget=forms.TextInput(attrs=LOCAL))
    ends = forms.CharField(label=gettext_lazy("Ends"), widget=forms.TextInput(attrs=LOCAL))
    zone = forms.CharField(label=gettext_lazy("Time zone"), help_text=gettext_lazy("Such as Europe/Berlin."))
    absolute = forms.BooleanField(
        label=gettext_lazy("Absolute: no override passes it either"), required=False
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["team"].choices = teams  # type: ignore[attr-defined]
        places = Environment.objects.order_by("order", "slug").values_list("slug", "name")
        self.fields["environment"].choices = [("", _("All")), *places]  # type: ignore[attr-defined]

    def given(self) -> Given:
        data = {**self.cleaned_data}
        services = data.pop("services").replace(",", " ").split()
        return Given(**data, services=tuple(dict.fromkeys(services)))


@login_required
def listing(request: HttpRequest) -> HttpResponse:
    """Freezes in force and ahead, and the last that ended."""
    person, now = person_of(request), database_now()
    present, past = queries.calendar(now)
    context = {
        "present": present,
        "past": past,
        "at": now,
        "may": administers(person) or teams_described_by(person).exists(),
        "nav": "rollouts",
    }
    return render(request, "plans/freezes.html", context)


def _initial(row: Freeze | None, person: Person) -> dict[str, Any]:
    if row is None:
        return {"zone": person.timezone or "UTC"}
    zone = ZoneInfo(row.zone)
    return {
        "name": row.name,
        "reason": row.reason,
        "team": row.team.slug,
        "environment": row.environment.slug if row.environment else "",
        "services": ", ".join(row.services.order_by("slug").values_list("slug", flat=True)),
        "max_tier": row.max_tier,
        "starts": f"{row.starts_at.astimezone(zone):%Y-%m-%dT%H:%M}",
        "ends": f"{row.ends_at.astimezone(zone):%Y-%m-%dT%H:%M}",
        "zone": row.zone,
        "absolute": row.absolute,
    }


@login_required
def freeze(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Declares a freeze, or changes one."""
    person = person_of(request)
    rows = Freeze.objects.select_related("team", "environment").prefetch_related("services")
    row = get_object_or_404(rows, pk=pk) if pk else None
    teams = [(one.slug, one.name) for one in (Team.objects.order_by("name", "pk"))]
    form = FreezeForm(request.POST or None, initial=_initial(row, person), teams=teams)
    if request.method == "POST" and form.is_valid():
        try:
            saved = freezes.save_freeze(given=form.given(), by=person, face=Face.PAGE, freeze_id=pk)
        except freezes.Senseless as senseless:
            form.add_error(senseless.field, str(senseless))
        except Refusal as refused:
            editing.blame(form, str(refused))
        else:
            messages.info(request, _("Saved the freeze %(name)s.") % {"name": saved.name})
            return redirect("plans:freezes")
    may = freezes.may_change(row, list(row.services.all()), person) if row else True
    shown = Editing(
        title=row.name if row else _("New freeze"),
        form=form,
        crumbs=((reverse("catalog:home"), _("Catalog")), (reverse("plans:freezes"), _("Freezes"))),
        nav="rollouts",
        lead=_("No stage is entered while it lasts. Hold, halt and roll back work."),
        barred="" if may else _("Only its owning team, or an administrator, changes this freeze."),
        ending=_lifting(row) if row and row.lifted_at is None else None,
    )
    return editing.page(request, shown)


def _lifting(row: Freeze) -> Ending:
    sentence = _("Stages may be entered again at once. The log keeps who lifted it.")
    return Ending(reverse("plans:freeze-lift", args=[row.pk]), _("Lift"), sentence)


@login_required
@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a freeze now, or takes it off the calendar."""
    try:
        row = freezes.lift_freeze(freeze_id=pk, by=person_of(request), face=Face.PAGE)
    except Freeze.DoesNotExist:
        raise Http404 from None
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("Lifted the freeze %(name)s.") % {"name": row.name})
    return redirect("plans:freezes")
