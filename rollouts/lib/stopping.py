"""Being told by a signal to stop."""

import os
import select


class Stop:
    """What a handler of signals may set: an Event may not be set by the thread that is about to wait for it.

    The handler runs in the middle of whatever that thread does. Where that is `Event.wait`, which holds the
    event's lock for a moment, `Event.set` would wait for that lock for ever.
    """

    def __init__(self) -> None:
        self._here, self._there = os.pipe()
        self._told = False

    def set(self, *_: object) -> None:
        """Takes what a handler is given."""
        self._told = True
        os.write(self._there, b".")

    def is_set(self) -> bool:
        return self._told

    def wait(self, timeout: float) -> bool:
        """Until it is told, `timeout` seconds at most."""
        select.select([self._here], [], [], timeout)
        return self._told
