"""When a source that does not answer is left alone. Django-free.

Three windows without any answer open the circuit: one window is let pass, then two, then four, and after
each only one question is asked until it is answered. The owner is told when it opens, once for an outage.
"""

from datetime import datetime, timedelta

OPEN_AFTER = 3
MOST_RESTED = 4


def rests(failed_windows: int, window: timedelta, due_at: datetime) -> datetime | None:
    """Until when a source is left alone after so many failures, the last of a round due at `due_at`."""
    if failed_windows < OPEN_AFTER:
        return None
    # Ends between two rounds, so that a round a little early or late is not counted otherwise.
    return due_at + window * (min(1 << (failed_windows - OPEN_AFTER), MOST_RESTED) + 0.5)


def probing(failed_windows: int) -> bool:
    """Whether one question is to be asked before the others."""
    return failed_windows >= OPEN_AFTER
