"""How Slack is set up here: whether it answers, where messages go, and who is linked."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications.channels.base import Trouble
from notifications.channels.slack import call, client
from notifications.messages.facts import address
from notifications.pages.deliveries import person_of
from rollouts.accounts.models import Identity, Team


@dataclass(frozen=True)
class Answer:
    """What Slack said when it was asked who we are."""

    ok: bool
    sentence: str


@login_required
@require_http_methods(["GET", "POST"])
def slack(request: HttpRequest) -> HttpResponse:
    """GET shows, POST asks Slack whether the token works. For administrators of the installation."""
    if not person_of(request).is_staff:
        raise PermissionDenied(_("Administrators of the installation see how Slack is set up."))
    rows = Identity.objects.filter(provider="slack").select_related("person").order_by("person__name", "pk")
    context = {
        "settings": setup(),
        "answer": ask() if request.method == "POST" else None,
        "addresses": [address(f"/slack/{name}/") for name in ("interactions", "commands", "events")],
        "teams": list(Team.objects.order_by("name", "pk")),
        "linked": list(rows),
        "nav": "",
    }
    return render(request, "notifications/slack.html", context)


def setup() -> list[tuple[str, str]]:
    """What is set, never a secret itself."""
    set_, unset = _("set"), _("not set")
    return [
        (_("Address of Slack"), settings.SLACK_API_URL),
        (_("Token"), set_ if settings.SLACK_BOT_TOKEN else unset),
        (_("Signing secret"), set_ if settings.SLACK_SIGNING_SECRET else unset),
        (_("Workspace"), settings.SLACK_TEAM_ID or _("any")),
        (_("Default channel"), settings.SLACK_DEFAULT_CHANNEL or unset),
    ]


def ask() -> Answer:
    """One call of auth.test."""
    try:
        said = call(client().auth_test)
    except Trouble as trouble:
        return Answer(False, f"{trouble.text} ({trouble.code})")
    words = {"user": said.get("user", ""), "team": said.get("team", ""), "id": said.get("team_id", "")}
    return Answer(True, _("Slack knows us as %(user)s in %(team)s (%(id)s).") % words)
