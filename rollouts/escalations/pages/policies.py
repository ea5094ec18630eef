"""Policies: who is asked in turn, for how long, and for which services."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import held_roles
from rollouts.audit.values import Face
from rollouts.escalations import queries, services
from rollouts.escalations.models import EscalationPolicy
from rollouts.escalations.naming import names_of
from rollouts.escalations.pages.runs import person_of
from rollouts.escalations.values import (
    MOST_LEVELS,
    MOST_REPEATS,
    Invalid,
    Refused,
    read_line,
    read_wait,
    wait_text,
)
from rollouts.lib import editing
from rollouts.lib.editing import Editing, Ending

SPARE = 2


class PolicyForm(forms.Form):
    """Two fields a level, and some empty levels to fill; what is left empty is no level."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    team = forms.ChoiceField(label=gettext_lazy("Owning team"))
    services = forms.CharField(
        label=gettext_lazy("Services that it covers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Their names in addresses, one a line. A service has one policy at most."),
    )
    repeat = forms.IntegerField(
        label=gettext_lazy("Begins again"),
        min_value=0,
        max_value=MOST_REPEATS,
        initial=0,
        help_text=gettext_lazy("How often it starts over at level 1 when nobody has answered."),
    )

    def __init__(self, *args: Any, levels: int, teams: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["team"].choices = teams  # type: ignore[attr-defined]
        self.count = min(levels + SPARE, MOST_LEVELS)
        for number in range(1, self.count + 1):
            self.fields[f"level_{number}_targets"] = forms.CharField(
                label=_("Level %(n)s: who is asked") % {"n": number},
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_(
                    "One a line: on-call orders, person a@b.example, role approver of orders, #channel."
                ),
            )
            self.fields[f"level_{number}_wait"] = forms.CharField(
                label=_("Level %(n)s: waits") % {"n": number},
                required=False,
                max_length=12,
                help_text=_("Such as 30 s, 10 min or 1 h, before the next level is asked."),
            )

    def read(self) -> list[dict[str, Any]] | None:
        """Levels in their JSON form; None when something is to be mended, which then stands at its field."""
        levels, sound = [], True
        for number in range(1, self.count + 1):
            targets = str(self.cleaned_data.get(f"level_{number}_targets", "")).splitlines()
            lines = [line for line in targets if line.strip()]
            wait = self.cleaned_data.get(f"level_{number}_wait", "")
            if not lines and not wait:
                continue
            try:
                seconds = int(read_wait(wait).total_seconds())
            except Invalid as invalid:
                self.add_error(f"level_{number}_wait", str(invalid))
                sound = False
                continue
            try:
                levels.append({"wait_s": seconds, "targets": [read_line(line) for line in lines]})
            except Invalid as invalid:
                self.add_error(f"level_{number}_targets", str(invalid))
                sound = False
        return levels if sound else None


@login_required
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """All policies: their levels and the services that they cover."""
    found = [(policy, policy.ladder.levels) for policy in queries.policies()]
    names = names_of(level for _policy, levels in found for level in levels)
    rows = [
        (policy, [(names.line(level), wait_text(level.wait)) for level in levels]) for policy, levels in found
    ]
    context = {"rows": rows, "may_add": bool(_teams(person_of(request), None)), "nav": "escalations"}
    return render(request, "escalations/policies.html", context)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A policy that there is not yet."""
    return _edit(request, None)


@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Edits a policy; runs under way keep theirs."""
    rows = EscalationPolicy.objects.select_related("team")
    return _edit(request, get_object_or_404(rows, slug=slug))


@login_required
@require_POST
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a policy away; its services fall back to their team's."""
    get_object_or_404(EscalationPolicy, slug=slug)
    try:
        services.delete_policy(slug=slug, actor=person_of(request).actor, face=Face.PAGE)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("escalations:policy", slug)
    messages.info(request, _("The policy is gone. Escalations under way keep it."))
    return redirect("escalations:policies")


def _teams(person: Person, row: EscalationPolicy | None) -> list[tuple[str, str]]:
    """Teams that the person may give a policy to; and the one that it has."""
    rows = Team.objects.order_by("name", "pk")
    if not person.is_staff:
        mine = [slug for slug, roles in held_roles(person.pk).items() if {"planner", "admin"} & roles]
        rows = rows.filter(slug__in=[*mine, row.team.slug] if row else mine)
    return list(rows.values_list("slug", "name"))


def _initial(row: EscalationPolicy | None) -> dict[str, Any]:
    if row is None:
        return {}
    covered = row.services.order_by("slug").values_list("slug", flat=True)
    first = {"name": row.name, "team": row.team.slug, "repeat": row.repeat, "services": "\n".join(covered)}
    for number, level in enumerate(row.ladder.levels, start=1):
        first[f"level_{number}_targets"] = "\n".join(target.line() for target in level.targets)
        first[f"level_{number}_wait"] = wait_text(level.wait)
    return first


def _edit(request: HttpRequest, row: EscalationPolicy | None) -> HttpResponse:
    person = person_of(request)
    teams = _teams(person, row)
    count = len(row.levels) if row else 1
    form = PolicyForm(request.POST or None, initial=_initial(row), teams=teams, levels=count)
    if request.method == "POST" and form.is_valid() and (saved := _save(form, row, person)):
        messages.success(
            request, _("“%(name)s” is saved. It holds for what begins from now on.") % {"name": saved}
        )
        return redirect("escalations:policies")
    return editing.page(request, _editing(form, row, _barred(row, person, teams)))


def _save(form: PolicyForm, row: EscalationPolicy | None, person: Person) -> str:
    """The name of what was saved; empty when something is to be mended."""
    levels, data = form.read(), form.cleaned_data
    if levels is None:
        return ""
    try:
        saved = services.save_policy(
            name=data["name"],
            slug=row.slug if row else "",
            team=data["team"],
            levels=levels,
            repeat=data["repeat"],
            services=[each for each in re.split(r"[\s,]+", data["services"]) if each],
            actor=person.actor,
            face=Face.PAGE,
        )
    except Invalid as invalid:
        for problem in invalid.problems:
            place = re.match(r"Level (\d+)", problem)
            name = f"level_{place[1]}_targets" if place else ""
            form.add_error(name if name in form.fields else None, problem)
        return ""
    except Refused as refused:
        form.add_error(None, str(refused))
        return ""
    return saved.name


def _barred(row: EscalationPolicy | None, person: Person, teams: list[tuple[str, str]]) -> str:
    if row is None:
        return "" if teams else _("Planners and admins of a team write its policies.")
    if services.may_edit(person.actor, {row.team}):
        return ""
    return _("Planners and admins of %(team)s edit this policy.") % {"team": row.team.name}


def _editing(form: PolicyForm, row: EscalationPolicy | None, barred: str) -> Editing:
    home, listed = reverse("escalations:runs"), reverse("escalations:policies")
    ending = None
    if row:
        ending = Ending(
            reverse("escalations:policy-remove", args=[row.slug]),
            _("Remove this policy"),
            _("Its services fall back to their team's policy. Runs under way keep this one."),
        )
    return Editing(
        title=row.name if row else _("New escalation policy"),
        form=form,
        crumbs=((home, _("Escalations")), (listed, _("Policies"))),
        nav="escalations",
        lead=_("Level 1 is asked first. A level that reaches nobody is passed at once."),
        barred=barred,
        ending=ending,
    )
