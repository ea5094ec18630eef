"""Linking a user of Slack with an account: signed in as oneself, with a signed link, confirmed by a click."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature, SignatureExpired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.slack.people import read_token
from rollouts.accounts import services
from rollouts.accounts.models import Person
from rollouts.audit.values import Face


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def slack_link(request: HttpRequest) -> HttpResponse:
    """GET asks, POST links."""
    token = request.POST.get("token") or request.GET.get("token") or ""
    try:
        workspace, user = read_token(token)
    except SignatureExpired:
        problem = _("This link is older than 15 minutes. Press the button in Slack again for a new one.")
        return _page(request, problem=problem, status=410)
    except (BadSignature, KeyError, TypeError):
        problem = _("This link is not whole. Press the button in Slack again for a new one.")
        return _page(request, problem=problem, status=400)
    if request.method == "GET":
        return _page(request, token=token, user=user, workspace=workspace)
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before
    try:
        services.link_identity(
            person=request.user, provider="slack", workspace=workspace, external_id=user, face=Face.PAGE
        )
    except services.Linked as linked:
        return _page(request, problem=str(linked), status=409)
    messages.success(request, _("Linked. In Slack you now decide as %s.") % request.user.name)
    return redirect("accounts:profile")


def _page(request: HttpRequest, *, status: int = 200, **context: str) -> HttpResponse:
    return render(request, "notifications/slack_link.html", context, status=status)
