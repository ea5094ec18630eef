"""One try: claim, look again whether it is wanted, send outside of any transaction, mark."""

import logging
from dataclasses import replace

from notifications.channels.base import Doubtful, Limited, Receipt, Transient, Trouble, channels
from notifications.delivery import outcomes, queue
from notifications.delivery.outcomes import Held
from notifications.delivery.queue import Claimed
from notifications.delivery.wanted import unwanted
from notifications.messages.late import marked_late, marked_repeat
from notifications.values import Kind
from rollouts.lib import faults
from rollouts.lib.clock import database_now

logger = logging.getLogger(__name__)

MOST_IN_A_ROW = 20
REPEATED = frozenset({Kind.PAGE, Kind.HALT, Kind.REQUEST})
"""What is rather sent twice than not at all."""


def run(pk: int) -> None:
    """Sends a delivery if it may be sent now, and what then stands at the head of its thread."""
    following: int | None = pk
    for _ in range(MOST_IN_A_ROW):
        if following is None:
            return
        claimed = queue.claim(following)
        if claimed is None:
            return
        _try(claimed)
        following = queue.next_in(claimed.row.thread, database_now())


def _try(claimed: Claimed) -> None:
    if why := unwanted(claimed.row):
        outcomes.superseded(claimed, why)
        return
    try:
        receipt = _deliver(claimed)
    except Trouble as trouble:
        outcomes.failed(claimed, trouble)
    except _HoldBack as held:
        outcomes.failed(claimed, Held(held.trouble))
    except Exception as error:
        logger.exception("notifications.broken")
        outcomes.failed(claimed, Transient("broken", f"{type(error).__name__}: {error}"))
    else:
        faults.reach("after_send_before_mark")
        outcomes.sent(claimed, receipt)


class _HoldBack(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


def _deliver(claimed: Claimed) -> Receipt:
    parcel, row = claimed.parcel, claimed.row
    way = channels[row.way]
    payload = parcel.payload
    if claimed.doubtful and not way.repeats_safely(parcel):
        found = _look_for(claimed)
        if found is not None:
            return found
        payload = marked_repeat(payload) if row.possible_repeat else payload
    if claimed.late:
        payload = marked_late(payload, row.created_at)
    return way.send(replace(parcel, payload=payload))


def _look_for(claimed: Claimed) -> Receipt | None:
    """What an earlier try left outside, None when nothing is there.

    Where that cannot be told, urgent messages are sent again, marked, and others wait for a person.
    """
    try:
        return channels[claimed.row.way].find(claimed.parcel)
    except (Doubtful, Transient, Limited) as trouble:
        # Not "limited" even when the search was: the message itself is still in doubt.
        raise Doubtful(trouble.code, f"Whether it arrived could not be told yet. {trouble.text}") from trouble
    except Trouble as trouble:
        if claimed.row.kind not in REPEATED:
            raise _HoldBack(trouble) from trouble
        claimed.row.possible_repeat = True
        return None
