"""What a client asked under an Idempotency-Key is done once: the key is bound to the event that it made."""

import hashlib
from datetime import datetime
from typing import Any

import rfc8785
from django.db import IntegrityError, connection, transaction

from rollouts.audit import models
from rollouts.audit.values import Actor, EventView, plain
from rollouts.lib.idempotency import ClientKey


class KeyReused(ValueError):
    """An Idempotency-Key came again with another request."""


class Repeated(Exception):
    """The key did this before: nothing is done again. `event` is what it made then."""

    def __init__(self, event: EventView) -> None:
        super().__init__(event.id)
        self.event = event


def require_new(key: ClientKey | None, *, actor: Actor, now: datetime) -> None:
    """Raises Repeated when the key did the same before, KeyReused when it did something else.

    In the verb's transaction, before anything is written: a second request under the key waits here.
    """
    if key is None:
        return
    with connection.cursor() as cursor:
        name = f"{actor.kind}:{actor.id}:{key.text}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    if before := recall(actor=actor, key=key.text, request=key.request, now=now):
        raise Repeated(before)


def bind(key: ClientKey | None, *, actor: Actor, event: EventView, now: datetime) -> None:
    """Binds the key to what it made, in the event's transaction."""
    if key is not None:
        remember(actor=actor, key=key.text, request=key.request, event=event, now=now)


def recall(*, actor: Actor, key: str, request: Any, now: datetime) -> EventView | None:
    """The event that this key made before, or None. Call under the aggregate's lock.

    Raises KeyReused when the key came with a different request.
    """
    found = models.ClientKey.objects.filter(actor=f"{actor.kind}:{actor.id}", key=key).first()
    if found is None:
        return None
    if found.request_digest != _request_digest(request):
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return read(found.event_id)


def remember(*, actor: Actor, key: str, request: Any, event: EventView, now: datetime) -> None:
    """Binds the key to the event, in the event's transaction."""
    try:
        with transaction.atomic():
            models.ClientKey.objects.create(
                actor=f"{actor.kind}:{actor.id}",
                key=key,
                request_digest=_request_digest(request),
                event_id=event.id,
                created_at=now,
            )
    except IntegrityError:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key.") from None


def _request_digest(request: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(plain(request))).hexdigest()


def read(event_id: int) -> EventView:
    """One event with its content."""
    return models.Content.objects.get(pk=event_id).view(models.Event.objects.get(pk=event_id))
