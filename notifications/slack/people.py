"""Who clicked: the person whose account is linked, never one guessed from an e-mail."""

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.messages.facts import address
from rollouts.accounts.models import Identity, Person

SALT = "notifications.slack.link"
LINK_AGE_S = 900


class Stranger(Exception):
    """Nobody may act for this user of Slack; `str` says what to do."""


def person_of(workspace: str, user: str) -> Person:
    """The linked person. Raises Stranger: another workspace, not linked, or an account that is closed."""
    if settings.SLACK_TEAM_ID and workspace != settings.SLACK_TEAM_ID:
        raise Stranger(_("Only members of the workspace that Gatehouse is installed in can decide here."))
    rows = Identity.objects.filter(provider="slack", workspace=workspace, external_id=user)
    found = rows.select_related("person").first()
    if found is None:
        raise Stranger(how_to_link(workspace, user))
    if not found.person.is_active:
        raise Stranger(_("Your account in Gatehouse is closed. An administrator can open it."))
    return found.person


def how_to_link(workspace: str, user: str) -> str:
    """The way to link, for this user's eyes only."""
    return _(
        "Gatehouse does not know yet who you are, so nothing was done. <%(url)s|Link your account>: sign in "
        "and confirm, then press the button again. The link works for 15 minutes."
    ) % {"url": link_url(workspace, user)}


def link_url(workspace: str, user: str) -> str:
    """The page that links, for this user of Slack."""
    token = signing.dumps({"workspace": workspace, "user": user}, salt=SALT)
    return f"{address(reverse('notifications:slack_link'))}?{urlencode({'token': token})}"


def read_token(token: str) -> tuple[str, str]:
    """Workspace and user of a link. Raises django.core.signing.BadSignature."""
    names = signing.loads(token, salt=SALT, max_age=LINK_AGE_S)
    return names["workspace"], names["user"]
