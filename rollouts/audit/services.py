"""The door's wrapper, appending to the log, and running what follows an event."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import rfc8785
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from rollouts.audit import chain
from rollouts.audit.keys import KeyReused as KeyReused
from rollouts.audit.keys import Repeated as Repeated
from rollouts.audit.keys import bind as bind
from rollouts.audit.keys import read as read
from rollouts.audit.keys import recall as recall
from rollouts.audit.keys import remember as remember
from rollouts.audit.keys import require_new as require_new
from rollouts.audit.models import Checkpoint, Content, Event, Followup, Stream
from rollouts.audit.registry import followers
from rollouts.audit.values import Actor, EventView, Face, plain
from rollouts.lib import faults
from rollouts.lib.clock import database_now

Row = TypeVar("Row")

PARK_AFTER_TRIES = 5
PARK_AFTER = timedelta(minutes=2)


@contextmanager
def door(lock: Callable[[], Row]) -> Iterator[tuple[Row, datetime]]:
    """One durable transaction: runs `lock` (a select_for_update), and only then reads the clock.

    What is checked inside is checked after the lock: of two simultaneous decisions one sees the other.
    """
    faults.reach("before_lock")
    with transaction.atomic(durable=True):
        row = lock()
        yield row, database_now()


def _head(stream: str) -> Stream:
    """The stream's row, locked; made at its first event."""
    found = Stream.objects.select_for_update().filter(key=stream).first()
    if found is None:
        Stream.objects.bulk_create([Stream(key=stream, head_hash=chain.GENESIS)], ignore_conflicts=True)
        found = Stream.objects.select_for_update().get(key=stream)
    return found


def append(
    *, stream: str, kind: str, actor: Actor, face: Face, content: dict[str, Any], at: datetime
) -> EventView:
    """Writes an event, its content and its follow-ups; only inside the transaction of what it tells of."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An event is appended in the transaction it tells of.")
    head = _head(stream)
    body = plain(
        {
            "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name},
            "face": face.value,
            "content": content,
        }
    )
    salt = secrets.token_hex(16)
    digest = chain.content_digest(salt=salt, canonical=rfc8785.dumps(body))
    seq, previous = head.head_seq + 1, head.head_hash
    hash_ = chain.link_hash(stream=stream, seq=seq, kind=kind, at=at, digest=digest, previous=previous)
    event = Event.objects.create(
        stream=stream, seq=seq, kind=kind, at=at, digest=digest, previous=previous, hash=hash_
    )
    stored = Content.objects.create(event_id=event.pk, salt=salt, body=body)
    Stream.objects.filter(pk=head.pk).update(head_seq=seq, head_hash=hash_)
    _write_followups(event, at)
    return stored.view(event)


def _write_followups(event: Event, at: datetime) -> None:
    wanted = [follower.name for follower in followers.values() if follower.wants(event.kind)]
    Followup.objects.bulk_create(
        Followup(
            follower=name, stream=event.stream, seq=event.seq, event_id=event.pk, created_at=at, due_at=at
        )
        for name in wanted
    )
    if wanted:
        transaction.on_commit(lambda: _hint(event.pk), robust=True)


def _hint(event_id: int) -> None:
    """Tells a worker to look now; the ticker looks anyway."""
    from rollouts.audit.tasks import follow_event

    faults.reach("after_commit")
    follow_event.apply_async(kwargs={"event_id": event_id}, ignore_result=True)


# --- following -----------------------------------------------------------------------------------


def due_followups(now: datetime, limit: int) -> list[int]:
    """Due heads: the oldest open follow-up of each follower and stream; parked ones are passed."""
    earlier = Followup.objects.filter(
        follower=OuterRef("follower"),
        stream=OuterRef("stream"),
        seq__lt=OuterRef("seq"),
        done_at__isnull=True,
        parked_at__isnull=True,
    )
    heads = Followup.objects.due(now).filter(~Exists(earlier))
    return list(heads.values_list("pk", flat=True)[:limit])


def run_followup(pk: int) -> None:
    """Claims one follow-up if it heads its stream, does it, and marks it done, in one transaction."""
    try:
        with transaction.atomic(durable=True):
            claimed = _claim(pk)
            if claimed is None:
                return
            faults.reach("followup_claimed")
            followers[claimed.follower].follow(read(claimed.event_id))
            claimed.done_at = database_now()
            claimed.error = ""
            claimed.save(update_fields=["done_at", "error"])
    except Exception as error:  # noqa: BLE001 - one follower's failure is reported and never stops the others
        _failed(pk, error)


def catch_up(pk: int) -> None:
    """Runs one follow-up and then what waits behind it: after an outage a stream is not one event a tick."""
    run_followup(pk)
    done = Followup.objects.filter(pk=pk, done_at__isnull=False).first()
    if done is not None:
        _drain(done.follower, done.stream)


def _claim(pk: int) -> Followup | None:
    """The row, locked, if it is due and nothing older of its stream is open; its queue is locked too."""
    row = Followup.objects.filter(pk=pk).first()
    if row is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"{row.follower}|{row.stream}"])
        if not cursor.fetchone()[0]:
            return None
    claimed = Followup.objects.select_for_update(skip_locked=True).filter(pk=pk).due(database_now()).first()
    if claimed is None:
        return None
    older = Followup.objects.open().filter(
        follower=claimed.follower, stream=claimed.stream, seq__lt=claimed.seq, parked_at__isnull=True
    )
    return None if older.exists() else claimed


def _failed(pk: int, error: Exception) -> None:
    """Backs off; after five tries or two minutes the head is parked, shown, and passed."""
    with transaction.atomic(durable=True):
        row = Followup.objects.select_for_update().get(pk=pk)
        now = database_now()
        row.attempts += 1
        row.error = f"{type(error).__name__}: {error}"[:2000]
        row.due_at = now + timedelta(seconds=2**row.attempts)
        if row.attempts >= PARK_AFTER_TRIES or now - row.created_at > PARK_AFTER:
            row.parked_at = now
        row.save(update_fields=["attempts", "error", "due_at", "parked_at"])


def retry_followup(*, pk: int) -> None:
    """A person asks for another try of a parked follow-up."""
    with transaction.atomic(durable=True):
        now = database_now()
        Followup.objects.open().filter(pk=pk).update(
            parked_at=None, attempts=0, due_at=now, created_at=now, error=""
        )


def follow_now(event_id: int) -> None:
    """Runs each follow-up of an event that may run now, and what then becomes the head behind it."""
    for stream in Event.objects.filter(pk=event_id).values_list("stream", flat=True):
        for follower in followers.values():
            _drain(follower.name, stream)


def _drain(follower: str, stream: str, limit: int = 50) -> None:
    for _ in range(limit):
        now = database_now()
        head = (
            Followup.objects.open()
            .filter(follower=follower, stream=stream, parked_at__isnull=True)
            .order_by("seq", "pk")
            .first()
        )
        if head is None or head.due_at > now:
            return
        run_followup(head.pk)
        if Followup.objects.open().filter(pk=head.pk).exists():
            return


# --- checkpoints and erasure ---------------------------------------------------------------------


def checkpoint() -> Checkpoint:
    """Signs the heads of all streams: one query reads them as they are at one instant."""
    from rollouts.audit.verify import sign_heads

    with transaction.atomic():
        rows = list(Stream.objects.order_by("key"))
        heads = {row.key: [row.head_seq, row.head_hash] for row in rows}
        events = sum(row.head_seq for row in rows)
        now = database_now()
        return Checkpoint.objects.create(
            at=now, heads=heads, events=events, signature=sign_heads(at=now, heads=heads, events=events)
        )


def due_checkpoint(now: datetime, limit: int) -> list[int]:
    """One when the newest checkpoint is a day old."""
    newest = Checkpoint.objects.order_by("-at", "-pk").values_list("at", flat=True).first()
    if newest is not None and now - newest < timedelta(days=1):
        return []
    return [0] if Event.objects.exists() else []


def run_checkpoint(_pk: int) -> None:
    """Makes the daily checkpoint, once however many tickers look."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit.checkpoint'))")
        if not cursor.fetchone()[0] or not due_checkpoint(database_now(), 1):
            return
        checkpoint()


KEPT = ("rollout", "action", "stage", "revision", "event", "left")


def left_digest(stored: Content) -> str:
    """What the log says of content whose words were erased, so that what is left cannot be changed either."""
    return chain.content_digest(salt=stored.salt, canonical=rfc8785.dumps(stored.body))


def _without_words(content: dict[str, Any]) -> dict[str, Any]:
    """What must stay so that states can still be rebuilt: where things moved, and nobody's words."""
    left: dict[str, Any] = {name: content[name] for name in KEPT if name in content}
    if isinstance(moved := content.get("moved"), dict):
        left |= {"moved": {**moved, "remaining": ""}, "reason": "", "sentence": ""}
    return left


def erase(*, event_id: int, actor: Actor, face: Face, reason: str) -> EventView:
    """Erases a person's words in one event's content; the chain stays whole and says that it was done."""
    with transaction.atomic(durable=True):
        now = database_now()
        event = Event.objects.get(pk=event_id)
        stored = Content.objects.select_for_update().get(pk=event_id)
        kept = {"actor": {"kind": "erased", "id": "", "name": "erased"}, "face": stored.body.get("face", "")}
        stored.body = {**kept, "content": _without_words(stored.body.get("content", {}))}
        stored.erased_at = now
        stored.save(update_fields=["body", "erased_at"])
        return append(
            stream=event.stream,
            kind="audit.erased",
            actor=actor,
            face=face,
            content={
                "event": event.seq,
                "left": left_digest(stored),
                "reason": reason,
                "sentence": f"The words of event {event.seq} were erased.",
            },
            at=now,
        )
