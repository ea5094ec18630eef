"""How deliveries of each way are made: keys, threads, places."""

from typing import Any

from notifications.messages.mail import Notice
from notifications.values import Card, Draft, Kind, Message, Way
from rollouts.accounts.models import Person
from rollouts.audit.values import EventView


def slack(
    event: EventView,
    message: Message,
    *,
    channel: str,
    kind: Kind,
    role: str,
    in_thread: bool = False,
    card: Card = Card.NONE,
    refs: dict[str, Any] | None = None,
) -> Draft:
    """A message in the rollout's channel."""
    slug = event.content["rollout"]
    return Draft(
        key=f"event:{event.id}:slack:{channel}:{role}",
        way=Way.SLACK,
        target=channel,
        thread=f"slack:{channel}:{slug}",
        kind=kind,
        payload=message.as_json(),
        rollout=slug,
        event_id=event.id,
        in_thread=in_thread,
        card=card,
        refs=refs or {},
    )


def mail(event: EventView, person: Person, notice: Notice, *, kind: Kind, role: str) -> Draft:
    """An e-mail to one person; ordered by address and rollout."""
    slug = event.content["rollout"]
    return Draft(
        key=f"event:{event.id}:email:{person.pk}:{role}",
        way=Way.EMAIL,
        target=person.email,
        thread=f"email:{person.email}:{slug}",
        kind=kind,
        payload=notice.payload(),
        rollout=slug,
        event_id=event.id,
    )
