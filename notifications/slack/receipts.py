"""Which requests of Slack were carried out: a replay inside the five minutes of a signature does nothing."""

import hashlib
from datetime import datetime, timedelta

from django.utils import timezone

from notifications.models import SlackReceipt

KEPT = timedelta(days=1)


def key_of(kind: str, *parts: object) -> str:
    """A key of bounded length."""
    joined = "\x1f".join(str(part) for part in parts)
    return f"{kind}:{hashlib.sha256(joined.encode()).hexdigest()[:40]}"


def take(key: str) -> SlackReceipt | None:
    """The receipt of a request that is to be carried out; None when that was done.

    A request that was begun and not finished (a process died) is carried out again: the door knows its key.
    """
    SlackReceipt.objects.bulk_create([SlackReceipt(key=key)], ignore_conflicts=True)
    receipt = SlackReceipt.objects.get(key=key)
    return receipt if receipt.handled_at is None else None


def handled(receipt: SlackReceipt) -> None:
    """The request needs nothing more."""
    receipt.handled_at = timezone.now()
    receipt.save(update_fields=["handled_at"])


def due(now: datetime, limit: int) -> list[int]:
    """Receipts that nobody can replay any more."""
    rows = SlackReceipt.objects.filter(received_at__lt=now - KEPT).order_by("received_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def forget(pk: int) -> None:
    SlackReceipt.objects.filter(pk=pk).delete()
