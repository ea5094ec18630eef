"""Pages about the tokens of a service."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment, Service
from rollouts.engines import queries, services
from rollouts.engines.models import ServiceToken


class TokenForm(forms.Form):
    """Where the holder of a new token runs."""

    environment = forms.ModelChoiceField(
        Environment.objects.order_by("order", "pk"),
        required=False,
        label=gettext_lazy("Where the service runs"),
        empty_label=gettext_lazy("Anywhere"),
        help_text=gettext_lazy("With an environment, only rollouts in it answer this token."),
    )


def _person(request: HttpRequest) -> Person:
    return cast("Person", request.user)


def _forbidden(request: HttpRequest, service: Service) -> HttpResponse:
    words = _("Planners and admins of %(team)s manage these tokens.") % {"team": service.team}
    context = {"service": service, "tokens": [], "form": None, "words": words}
    return render(request, "engines/tokens.html", context, status=403)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest, service: str) -> HttpResponse:
    """The tokens of a service, and a form for a new one; the plain text is shown in the answer only."""
    found = get_object_or_404(Service.objects.select_related("team"), slug=service)
    person = _person(request)
    if not queries.may_manage(person, team_id=found.team_id):
        return _forbidden(request, found)
    form = TokenForm(request.POST if request.method == "POST" else None)
    plain = ""
    if request.method == "POST" and form.is_valid():
        _token, plain = services.issue_token(
            service=found, actor=person.actor, face=Face.PAGE, environment=form.cleaned_data["environment"]
        )
        form = TokenForm()
    context = {"service": found, "tokens": queries.tokens_of(found.slug), "form": form, "plain": plain}
    response = render(request, "engines/tokens.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke(request: HttpRequest, service: str, pk: int) -> HttpResponse:
    """Closes one token at once."""
    found = get_object_or_404(Service.objects.select_related("team"), slug=service)
    person = _person(request)
    if not queries.may_manage(person, team_id=found.team_id):
        return _forbidden(request, found)
    if not ServiceToken.objects.filter(pk=pk, service=found).exists():
        raise Http404
    try:
        token = services.revoke_token(pk=pk, actor=person.actor, face=Face.PAGE)
    except services.AlreadyRevoked as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The token %(hint)s… opens nothing any more.") % {"hint": token.hint})
    return redirect("engines:tokens", found.slug)
