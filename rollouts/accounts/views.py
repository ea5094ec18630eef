"""Your account: profile, tokens and linked accounts; and teams with their roles."""

import zoneinfo
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts import services
from rollouts.accounts.models import Person, Team, Token
from rollouts.accounts.values import Role, Scope
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now


def _me(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


if TYPE_CHECKING:
    PersonForm = forms.ModelForm[Person]
else:
    PersonForm = forms.ModelForm


class ProfileForm(PersonForm):
    class Meta:
        model = Person
        fields = ("name", "timezone")

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in zoneinfo.available_timezones():
            raise forms.ValidationError(_("Write a zone such as Europe/Berlin or UTC."))
        return zone


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=80)
    scope = forms.ChoiceField(
        label=gettext_lazy("It may"),
        choices=[
            (Scope.READ.value, gettext_lazy("read")),
            (Scope.WRITE.value, gettext_lazy("read and decide")),
        ],
    )
    days = forms.IntegerField(label=gettext_lazy("Days it lasts"), min_value=1, max_value=366, initial=90)


class RoleForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail of the person"))
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[(role.value, role.label) for role in Role])

    def clean_email(self) -> Person:
        person = Person.objects.filter(email=self.cleaned_data["email"].lower(), is_active=True).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this e-mail. An administrator makes accounts."))
        return person


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Your name, zone, tokens and linked accounts."""
    form = ProfileForm(request.POST or None, instance=_me(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.info(request, _("Saved."))
        return redirect("accounts:profile")
    return _profile(request, form, TokenForm(), status=422 if form.errors else 200)


def _profile(
    request: HttpRequest, form: ProfileForm, tokens: TokenForm, *, plain: str = "", status: int = 200
) -> HttpResponse:
    person = _me(request)
    context = {
        "form": form,
        "token_form": tokens,
        "plain": plain,
        "tokens": Token.objects.filter(person=person, revoked_at__isnull=True).order_by("-created_at", "-pk"),
        "identities": person.identities.order_by("provider", "pk"),
        "memberships": person.memberships.select_related("team").order_by("team__name", "role", "pk"),
        "at": database_now(),
    }
    return render(request, "accounts/profile.html", context, status=status)


@login_required
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Makes a token and shows its text this once."""
    form = TokenForm(request.POST)
    profile_form = ProfileForm(instance=_me(request))
    if not form.is_valid():
        return _profile(request, profile_form, form, status=422)
    data = form.cleaned_data
    _token, plain = services.issue_token(
        person=_me(request), name=data["name"], scope=Scope(data["scope"]), days=data["days"], face=Face.PAGE
    )
    response = _profile(request, profile_form, TokenForm(), plain=plain)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one of your tokens."""
    token = get_object_or_404(Token, pk=pk, person=_me(request))
    services.revoke_token(person=_me(request), token_id=token.pk, face=Face.PAGE)
    messages.info(request, _("Revoked “%(name)s”.") % {"name": token.name})
    return redirect("accounts:profile")


@login_required
def teams(request: HttpRequest) -> HttpResponse:
    """All teams, with who is on call."""
    rows = (
        Team.objects.select_related("on_call").prefetch_related("memberships__person").order_by("name", "pk")
    )
    return render(request, "accounts/teams.html", {"teams": rows})


@login_required
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """One team: people, their roles, and who is on call."""
    return _team(request, slug, RoleForm())


def _team(request: HttpRequest, slug: str, form: RoleForm, status: int = 200) -> HttpResponse:
    row = get_object_or_404(Team.objects.select_related("on_call"), slug=slug)
    held: dict[Person, list[Role]] = {}
    for membership in row.memberships.select_related("person").order_by("person__name", "role", "pk"):
        held.setdefault(membership.person, []).append(Role(membership.role))
    context = {
        "team": row,
        "held": held.items(),
        "form": form,
        "manages": services.may_manage(_me(request), row),
        "member": _me(request) in held or _me(request).is_staff,
        "services": row.services.filter(gone_at__isnull=True).order_by("name", "pk"),
    }
    return render(request, "accounts/team.html", context, status=status)


@login_required
@require_POST
def give_role(request: HttpRequest, slug: str) -> HttpResponse:
    """Gives a person a role in the team."""
    row = get_object_or_404(Team, slug=slug)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            role = Role(form.cleaned_data["role"])
            services.give_role(
                team=row, person=form.cleaned_data["email"], role=role, by=_me(request), face=Face.PAGE
            )
            return redirect("accounts:team", slug)
        except services.NotAllowed as refused:
            form.add_error(None, str(refused))
    return _team(request, slug, form, status=422)


@login_required
@require_POST
def take_role(request: HttpRequest, slug: str, person: int, role: str) -> HttpResponse:
    """Takes a role from a person."""
    row = get_object_or_404(Team, slug=slug)
    try:
        services.take_role(
            team=row,
            person=get_object_or_404(Person, pk=person),
            role=Role(role),
            by=_me(request),
            face=Face.PAGE,
        )
    except services.NotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("accounts:team", slug)


@login_required
@require_POST
def set_on_call(request: HttpRequest, slug: str) -> HttpResponse:
    """Says who is on call."""
    row = get_object_or_404(Team, slug=slug)
    chosen = request.POST.get("person", "")
    person = row.members.filter(pk=chosen).first() if chosen.isdecimal() else None
    try:
        services.set_on_call(team=row, person=person, by=_me(request), face=Face.PAGE)
    except services.NotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("accounts:team", slug)
