"""Which endpoints outside get an event."""

from collections.abc import Iterator

from notifications.models import WebhookEndpoint
from notifications.values import Draft, Kind, Way
from rollouts.audit.values import EventView


def hooks(event: EventView) -> Iterator[Draft]:
    """One delivery for each endpoint that wants the event."""
    for endpoint in WebhookEndpoint.objects.filter(active=True).order_by("pk"):
        if endpoint.wants(event.kind):
            yield Draft(
                key=f"event:{event.id}:webhook:{endpoint.pk}",
                way=Way.WEBHOOK,
                target=str(endpoint.pk),
                thread=f"webhook:{endpoint.pk}:{event.stream}",
                kind=Kind.UPDATE,
                payload={
                    "id": event.id,
                    "kind": event.kind,
                    "stream": event.stream,
                    "seq": event.seq,
                    "at": event.at.isoformat(),
                    "actor": {"kind": event.actor.kind, "id": event.actor.id, "name": event.actor.name},
                    "face": event.face,
                    "content": event.content,
                },
                rollout=event.content.get("rollout") or "",
                event_id=event.id,
            )
