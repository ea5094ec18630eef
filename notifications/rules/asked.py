"""Approval requests that an event opened, and whom they mention."""

from notifications.audience import slack_users, voters
from rollouts.approvals.models import Request
from rollouts.audit.values import EventView
from rollouts.plans.models import Rollout

MOST_MENTIONS = 10


def asked_of(rollout: Rollout, event: EventView) -> dict[int, list[Request]]:
    """Requests opened in the event's transaction, by the stage entered (0: the plan)."""
    rows = Request.objects.filter(rollout=rollout, opened_at=event.at).select_related("revision")
    found: dict[int, list[Request]] = {}
    for row in rows.prefetch_related("votes__person").order_by("stage", "pk"):
        found.setdefault(row.stage, []).append(row)
    return found


def mentions_of(requests: list[Request], rollout: Rollout) -> str:
    """Linked Slack users of those who may vote, and the names of a few who are not linked."""
    people = {person.pk: person for request in requests for person in voters(request, rollout)}
    users = slack_users(people.values())
    linked = [f"<@{users[pk]}>" for pk in people if pk in users][:MOST_MENTIONS]
    if linked:
        return f"{', '.join(linked)}: your approval is asked for."
    return ""
