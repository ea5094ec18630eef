"""What became of a try: sent, to be tried again, parked, failed; and what is sent in its place."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from notifications.channels.base import Doubtful, Limited, Permanent, Receipt, Trouble
from notifications.delivery.queue import Claimed, write
from notifications.models import Delivery, Pace, Thread
from notifications.rules.fallback import fallback
from notifications.values import Card, Kind, State, Way
from rollouts.lib.clock import database_now

logger = logging.getLogger(__name__)

MOST_TRIES = 5
LONGEST = timedelta(minutes=2)


@dataclass(frozen=True)
class Held:
    """Whether it arrived cannot be told, and a repetition would be worse than a gap: a person looks."""

    trouble: Trouble


def sent(claimed: Claimed, receipt: Receipt) -> None:
    """It stands outside. The first message of a rollout in a channel is the head of its thread."""

    def mark(row: Delivery, now: datetime) -> None:
        row.state, row.sent_at, row.due_at, row.lease_until_at = State.SENT, now, None, None
        row.code, row.error = "", ""
        row.external_channel, row.external_ts = receipt.channel, receipt.ts
        if row.way == Way.SLACK and row.rollout and receipt.ts and row.of_id is None:
            _remember_head(row, receipt)

    _settle(claimed, mark)


def _remember_head(row: Delivery, receipt: Receipt) -> None:
    if row.kind == Kind.PAGE:
        return
    thread, _ = Thread.objects.select_for_update().get_or_create(rollout=row.rollout, channel=row.target)
    if not thread.head_ts:
        thread.external_channel, thread.head_ts = receipt.channel, receipt.ts
        thread.save(update_fields=["external_channel", "head_ts"])


def superseded(claimed: Claimed, code: str) -> None:
    """It is not wanted any more."""

    def mark(row: Delivery, now: datetime) -> None:
        row.state, row.due_at, row.lease_until_at, row.code = State.SUPERSEDED, None, None, code
        row.settled = True

    _settle(claimed, mark)


def failed(claimed: Claimed, trouble: Trouble | Held) -> None:
    """Decides by the class of the trouble, and writes the fallback when the message is given up."""

    def mark(row: Delivery, now: datetime) -> None:
        row.lease_until_at = None
        found = trouble.trouble if isinstance(trouble, Held) else trouble
        row.code, row.error = found.code, found.text
        if isinstance(trouble, Held):
            row.state, row.due_at, row.parked_at = State.UNKNOWN, None, now
        elif isinstance(trouble, Limited):
            _pause(row, now, trouble.retry_after_s)
        elif isinstance(trouble, Permanent):
            row.state, row.due_at = State.FAILED, None
        else:
            _again(row, now, doubtful=isinstance(trouble, Doubtful))
        given_up = row.due_at is None
        first_page = row.kind == Kind.PAGE and not isinstance(trouble, Limited)
        if given_up or first_page:
            write(fallback(row))
        if given_up:
            logger.warning("notifications.given_up: %s %s", row.key, row.code)

    _settle(claimed, mark)


def _pause(row: Delivery, now: datetime, seconds: float) -> None:
    """The other side is busy, which says nothing about the message: it is no try, and makes no message."""
    until = now + timedelta(seconds=max(seconds, 0.1))
    row.state, row.due_at = State.PENDING, until
    row.attempts -= 1
    Pace.objects.update_or_create(place=f"{row.way}:{row.target}", defaults={"paused_until_at": until})


def _again(row: Delivery, now: datetime, *, doubtful: bool) -> None:
    row.state = State.UNKNOWN if doubtful else State.PENDING
    row.due_at = now + timedelta(seconds=2**row.attempts)
    began = row.tried_at or now
    if row.attempts >= MOST_TRIES or now - began > LONGEST:
        row.due_at, row.parked_at = None, now


def _settle(claimed: Claimed, mark: Callable[[Delivery, datetime], None]) -> None:
    """Writes the outcome, unless the lease ended and somebody else took the delivery meanwhile."""
    with transaction.atomic(durable=True):
        row = Delivery.objects.select_for_update().filter(pk=claimed.row.pk, state=State.SENDING).first()
        if row is None or row.attempts != claimed.row.attempts:
            return
        row.possible_repeat = claimed.row.possible_repeat
        mark(row, database_now())
        row.save()


def retry(pk: int) -> bool:
    """A person asks for another try of what was given up. False when it is not given up (any more)."""
    with transaction.atomic(durable=True):
        row = Delivery.objects.select_for_update().troubled().filter(pk=pk).first()
        if row is None:
            return False
        now = database_now()
        if row.state != State.UNKNOWN:
            row.state = State.PENDING
        row.attempts, row.tried_at = 0, row.tried_at if row.state == State.UNKNOWN else None
        row.due_at, row.parked_at = now, None
        row.save()
        if row.card != Card.NONE and row.of_id is None:
            row.redraws.filter(code="not_sent").update(code="with_original")
        return True
