"""How deliveries of each way are made: keys, threads, places."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from notifications import wishes
from notifications.messages.direct import direct
from notifications.messages.mail import Notice
from notifications.values import Card, Draft, Kind, Message, Topic, Way
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
    """A message in a channel: the rollout's, or that of the service that the event is about."""
    slug, place = _place(event)
    return Draft(
        key=f"event:{event.id}:slack:{channel}:{role}",
        way=Way.SLACK,
        target=channel,
        thread=f"slack:{channel}:{place}",
        kind=kind,
        payload=message.as_json(),
        rollout=slug,
        event_id=event.id,
        in_thread=in_thread,
        card=card,
        refs=refs or {},
    )


def personal(
    event: EventView,
    told: Iterable[tuple[Person, Notice]],
    *,
    topic: Topic,
    kind: Kind,
    role: str,
    surely: Collection[int] = (),
) -> Iterator[Draft]:
    """Messages to people, each by the ways that they chose; those in `surely` by one at least."""
    pairs = list(told)
    chosen = wishes.ways([person for person, _ in pairs], topic, surely=surely)
    for person, notice in pairs:
        found = chosen[person.pk]
        if found.mail:
            yield mail(event, person, notice, kind=kind, role=role)
        if found.slack_user:
            yield _direct(event, person, found.slack_user, notice, kind=kind, role=role)


def _place(event: EventView) -> tuple[str, str]:
    """The event's rollout, if it is about one, and what its messages hang together by."""
    slug = event.content.get("rollout") or ""
    return slug, slug or event.stream


def _direct(event: EventView, person: Person, user: str, notice: Notice, *, kind: Kind, role: str) -> Draft:
    """A Slack message to one person; the mail that takes its place when Slack refuses is kept beside it."""
    slug, place = _place(event)
    instead = mail(event, person, notice, kind=kind, role=role)
    return Draft(
        key=f"event:{event.id}:slack:{person.pk}:{role}",
        way=Way.SLACK,
        target=user,
        thread=f"slack:{user}:{place}",
        kind=kind,
        payload=direct(notice).as_json(),
        rollout=slug,
        event_id=event.id,
        refs={"mail": {"key": instead.key, "target": instead.target, "payload": instead.payload}},
    )


def mail(event: EventView, person: Person, notice: Notice, *, kind: Kind, role: str) -> Draft:
    """An e-mail to one person; ordered by address and what it is about."""
    slug, place = _place(event)
    return Draft(
        key=f"event:{event.id}:email:{person.pk}:{role}",
        way=Way.EMAIL,
        target=person.email,
        thread=f"email:{person.email}:{place}",
        kind=kind,
        payload=notice.payload(),
        rollout=slug,
        event_id=event.id,
    )
