"""Messages of a rollout that were given up, on its page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from notifications import queries
from notifications.models import Delivery
from rollouts.accounts.models import Person
from rollouts.lib.panels import Panel
from rollouts.plans.models import Rollout

MOST = 10


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/notifications/panel.html."""
    person = request.user
    if not isinstance(person, Person):
        return {"undelivered": []}
    found = list(Delivery.objects.troubled().filter(rollout=rollout.slug).order_by("-pk")[:MOST])
    may = bool(found) and queries.may_retry(person, found[0])
    said = _("A message could not be delivered.") if found else ""
    return {"undelivered": found, "may_retry": may, "announce": said}


PANEL = Panel("undelivered", "aside", 25, "notifications/panel.html", context)
