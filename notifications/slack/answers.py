"""What the one who clicked is told: a delivery like any other, so that it survives a restart."""

from django.db import transaction

from notifications.delivery import queue
from notifications.messages import blocks
from notifications.models import SlackReceipt
from notifications.slack import receipts
from notifications.slack.clicks import Click
from notifications.values import Draft, Kind, Way


def answer(receipt: SlackReceipt, click: Click, text: str) -> None:
    """Writes the answer, seen by the one who clicked only, and closes the receipt."""
    with transaction.atomic():
        if click.response_url:
            queue.write([_draft(receipt, click, text)])
        receipts.handled(receipt)


def _draft(receipt: SlackReceipt, click: Click, text: str) -> Draft:
    return Draft(
        key=f"answer:{receipt.key}",
        way=Way.SLACK,
        target=click.user,
        thread=f"answer:{receipt.key}",
        kind=Kind.REQUEST,
        payload={"text": blocks.text(text), "response_url": click.response_url},
    )
