"""Writing deliveries, and claiming the one that may be sent now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from notifications.channels.base import Parcel, channels
from notifications.models import Delivery, Pace, Thread
from notifications.values import OPEN, Card, Draft, Kind, State, Way
from rollouts.lib.clock import database_now

ORIGINAL_FIRST = timedelta(seconds=2)
"""How long a redraw waits before it looks again whether its original was sent."""


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process sends: nobody else does until the lease ends.

    `doubtful`: an earlier try may have arrived. `late`: something newer of the thread went out before.
    """

    row: Delivery
    parcel: Parcel
    doubtful: bool
    late: bool


def write(drafts: Iterable[Draft]) -> list[int]:
    """Adds deliveries in the caller's transaction, each once by its key; answers with their numbers."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Deliveries are written with the event they tell of.")
    now = database_now()
    wanted = list(drafts)
    for draft in wanted:
        if draft.of is not None:
            _coalesce(draft)
    Delivery.objects.bulk_create([_row(draft, now) for draft in wanted], ignore_conflicts=True)
    keys = [draft.key for draft in wanted]
    pks = list(Delivery.objects.open().filter(key__in=keys).values_list("pk", flat=True))
    if pks:
        transaction.on_commit(lambda: _hint(pks), robust=True)
    return pks


def _coalesce(draft: Draft) -> None:
    """Of several redraws of one message only the newest is sent."""
    waiting = Delivery.objects.filter(of_id=draft.of, state=State.PENDING).exclude(key=draft.key)
    waiting.update(state=State.SUPERSEDED, due_at=None, parked_at=None, code="newer")


def _row(draft: Draft, now: datetime) -> Delivery:
    return Delivery(
        key=draft.key,
        way=draft.way,
        target=draft.target,
        thread=draft.thread,
        kind=draft.kind,
        priority=draft.kind.priority,
        rollout=draft.rollout,
        event_id=draft.event_id,
        run=draft.run,
        payload=draft.payload,
        in_thread=draft.in_thread,
        card=draft.card,
        refs=draft.refs,
        of_id=draft.of,
        created_at=now,
        due_at=now,
    )


def _hint(pks: list[int]) -> None:
    """Tells a worker to look now; the ticker looks anyway."""
    from notifications.tasks import deliver

    deliver.apply_async(kwargs={"pks": pks}, ignore_result=True, retry=False, expires=30)


def due(now: datetime, limit: int) -> list[int]:
    """What may be sent now, most urgent first."""
    return list(Delivery.objects.due(now).values_list("pk", flat=True)[:limit])


def next_in(thread: str, now: datetime) -> int | None:
    """The head of a thread, if it is due."""
    return Delivery.objects.due(now).filter(thread=thread).values_list("pk", flat=True).first()


def claim(pk: int) -> Claimed | None:
    """Marks the delivery as being sent, with a lease, and commits that before anything is sent."""
    with transaction.atomic(durable=True):
        row = Delivery.objects.select_for_update(skip_locked=True).open().filter(pk=pk).first()
        now = database_now()
        if row is None or row.due_at is None or row.due_at > now or _waits(row):
            return None
        if row.of_id is not None and not _original_stands(row, now):
            return None
        if row.card != Card.NONE and row.of_id is None:
            _as_it_stands(row)
        if not _free(row, now):
            return None
        doubtful = row.state in (State.SENDING, State.UNKNOWN)
        row.state = State.SENDING
        row.attempts += 1
        row.tried_at = row.tried_at or now
        row.lease_until_at = row.due_at = now + timedelta(seconds=settings.GATEHOUSE_LEASE_S)
        row.save()
        return Claimed(row, _parcel(row), doubtful, _late(row))


def _waits(row: Delivery) -> bool:
    """Something older of the thread is still open."""
    if Kind(row.kind).jumps:
        return False
    return Delivery.objects.open().filter(thread=row.thread, pk__lt=row.pk).exists()


def _original_stands(row: Delivery, now: datetime) -> bool:
    """A redraw follows its original: it waits for it, and is dropped when it never appeared."""
    original = Delivery.objects.get(redraws=row.pk)
    if original.state == State.SENT:
        return True
    if original.state in OPEN and original.parked_at is None:
        row.due_at = now + ORIGINAL_FIRST
    else:
        row.state, row.due_at, row.code = State.SUPERSEDED, None, "not_sent"
    row.save(update_fields=["state", "due_at", "code"])
    return False


def _as_it_stands(row: Delivery) -> None:
    """A card that was not sent yet is sent as it would have been drawn anew."""
    newest = row.redraws.order_by("-pk").first()
    if newest is None:
        return
    row.payload = newest.payload
    row.redraws.filter(state=State.PENDING).update(state=State.SUPERSEDED, due_at=None, code="with_original")


def _free(row: Delivery, now: datetime) -> bool:
    """Takes the target's next free instant, or puts the delivery off until then.

    Pages and halts heed a pause that the other side asked for, and not our own pace.
    """
    pace_s = 0.0 if row.of_id or "response_url" in row.payload else channels[row.way].pace_s
    place = f"{row.way}:{row.target}"
    if pace_s:
        Pace.objects.bulk_create([Pace(place=place)], ignore_conflicts=True)
    pace = Pace.objects.select_for_update().filter(place=place).first()
    if pace is None:
        return True
    paced = None if Kind(row.kind).jumps or not pace_s else pace.free_at
    times = [at for at in (pace.paused_until_at, paced) if at and at > now]
    if times:
        row.due_at = max(times)
        row.save(update_fields=["due_at", "payload"])
        return False
    if pace_s:
        pace.free_at = now + timedelta(seconds=pace_s)
        pace.save(update_fields=["free_at"])
    return True


def _late(row: Delivery) -> bool:
    newer = Delivery.objects.filter(thread=row.thread, pk__gt=row.pk, state=State.SENT, of__isnull=True)
    return row.way == Way.SLACK and row.of_id is None and not Kind(row.kind).jumps and newer.exists()


def _parcel(row: Delivery) -> Parcel:
    original = Delivery.objects.get(redraws=row.pk) if row.of_id else None
    if original is not None:
        place = {"external_channel": original.external_channel, "update_ts": original.external_ts}
    else:
        place = _below(row)
    return Parcel(
        key=original.key if original else row.key,
        target=row.target,
        kind=Kind(row.kind),
        payload=row.payload,
        tried_at=row.tried_at or row.created_at,
        metadata={"redraw": row.key} if original else {},
        **place,
    )


def _below(row: Delivery) -> dict[str, str]:
    """Below which message it goes, if there is one yet."""
    if row.way != Way.SLACK or not row.rollout:
        return {}
    thread = Thread.objects.filter(rollout=row.rollout, channel=row.target).first()
    if thread is None:
        return {}
    found = {"external_channel": thread.external_channel}
    return found | {"reply_ts": thread.head_ts} if row.in_thread else found
