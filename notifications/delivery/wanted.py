"""Whether a message is still wanted, asked again right before it is sent."""

from notifications.models import Delivery
from notifications.values import Kind
from rollouts.escalations.models import Run


def unwanted(row: Delivery) -> str:
    """Why it must not be sent any more; empty when it is still wanted."""
    if row.kind == Kind.PAGE and row.run is not None:
        run = Run.objects.filter(pk=row.run).first()
        if run is None or run.answered:
            return "answered"
    return ""
