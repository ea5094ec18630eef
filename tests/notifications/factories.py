"""Deliveries, and the hand on their clock."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from notifications.delivery import queue, sending
from notifications.models import Delivery, Pace
from notifications.values import Card, Draft, Kind, Way
from rollouts.accounts.models import Identity, Person
from rollouts.lib.clock import database_now

TEAM_ID = "T01GATE"


def draft(key: str, **fields: Any) -> Draft:
    """An update of orders-v3 for #rollouts."""
    target = fields.pop("target", "#rollouts")
    way = fields.pop("way", Way.SLACK)
    said = fields.pop("text", key)
    payload = {"text": said, "blocks": []}
    if way is Way.EMAIL:
        payload = {"subject": said, "text": said, "html": f"<p>{said}</p>"}
    return Draft(
        key=key,
        way=way,
        target=target,
        thread=fields.pop("thread", f"{way.value}:{target}:orders-v3"),
        kind=fields.pop("kind", Kind.UPDATE),
        payload=fields.pop("payload", payload),
        rollout=fields.pop("rollout", "orders-v3"),
        **fields,
    )


def write(*drafts: Draft) -> list[Delivery]:
    with transaction.atomic():
        queue.write(drafts)
    return list(Delivery.objects.filter(key__in=[d.key for d in drafts]).order_by("pk"))


def redraw(original: Delivery, key: str, text: str) -> Delivery:
    return write(
        draft(
            key,
            text=text,
            kind=Kind.REDRAW,
            of=original.pk,
            thread=f"redraw:{original.pk}",
            target=original.target,
        )
    )[0]


def card(key: str, **fields: Any) -> Delivery:
    return write(draft(key, kind=Kind.REQUEST, card=Card.READY, **fields))[0]


def pump(rounds: int = 30) -> None:
    """Sends everything that is due, as the ticker does."""
    for _ in range(rounds):
        due = queue.due(database_now(), 50)
        if not due:
            return
        for pk in due:
            sending.run(pk)


def pass_time(seconds: float = 3600, *, paces: bool = True) -> None:
    """Moves the clock: what waits has waited."""
    ago = database_now() - timedelta(seconds=seconds)
    Delivery.objects.open().update(due_at=ago)
    if paces:
        Pace.objects.update(free_at=None, paused_until_at=None)


def link(person: Person, user: str) -> Identity:
    return Identity.objects.create(person=person, provider="slack", workspace=TEAM_ID, external_id=user)


def pump_all(rounds: int = 12) -> None:
    """Sends everything, however long it would have to wait."""
    for _ in range(rounds):
        pass_time()
        pump()
        if not Delivery.objects.open().exists():
            return
