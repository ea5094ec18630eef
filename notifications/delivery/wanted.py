"""Whether a message is still wanted, asked again right before it is sent."""

from notifications.models import Delivery, WebhookEndpoint
from notifications.values import Kind, Way
from rollouts.escalations.models import Run


def unwanted(row: Delivery) -> str:
    """Why it must not be sent any more; empty when it is still wanted."""
    if row.kind == Kind.PAGE and row.run is not None:
        run = Run.objects.filter(pk=row.run).first()
        if run is None or run.answered:
            return "answered"
    if row.way == Way.WEBHOOK and not WebhookEndpoint.objects.filter(pk=row.target, active=True).exists():
        return "switched_off"
    return ""
