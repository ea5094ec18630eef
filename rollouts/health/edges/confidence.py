"""How sure it is that one service relies on another, by the calls that were seen. Django-free.

    confidence = min(1, log10(1 + calls in 7 days) / 3) * 0.5 ** (days since last seen / 7)

The seven days end with the day on which it was last seen. 999 calls make 1, 9 make a third, and a week of
silence halves it.
"""

import math
from datetime import datetime
from enum import StrEnum

ACTIVE = 0.5
"""From here on an edge counts as a dependency, declared or not."""
DORMANT = 0.1
"""Below, it is shown to nobody who does not ask for it."""
DAYS = 7
ENOUGH = 3
"""Powers of ten of calls in the seven days that leave no doubt."""


class Sureness(StrEnum):
    """What a confidence is worth."""

    ACTIVE = "active"
    WEAK = "weak"
    DORMANT = "dormant"


def confidence(calls: float, last_at: datetime, now: datetime) -> float:
    """From 0 to 1, of `calls` in the seven days up to `last_at`."""
    silent = max(0.0, (now - last_at).total_seconds() / 86_400)
    weight: float = min(1.0, math.log10(1 + max(0.0, calls)) / ENOUGH) * 0.5 ** (silent / DAYS)
    return weight


def sureness(value: float) -> Sureness:
    """The word for a confidence."""
    if value >= ACTIVE:
        return Sureness.ACTIVE
    return Sureness.DORMANT if value < DORMANT else Sureness.WEAK
