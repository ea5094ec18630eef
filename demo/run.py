"""How a program of the demo runs: until it is told to stop."""

import logging
import os
import signal
import sys
import threading
from types import FrameType

_told, _tell = os.pipe()


def prepare() -> None:
    """Listen to SIGTERM and SIGINT from now on, log to standard error, and keep the threads' stacks small."""

    def hear(_number: int, _frame: FrameType | None) -> None:
        """The byte that the signal itself writes is what tells."""

    # A handler in Python runs once the main thread goes on, and that may have begun to wait just then.
    os.set_blocking(_tell, False)
    signal.set_wakeup_fd(_tell)
    signal.signal(signal.SIGTERM, hear)
    signal.signal(signal.SIGINT, hear)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    # Every connection has a thread.
    threading.stack_size(512 * 1024)


def say(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT, also when it came since `prepare`."""
    os.read(_told, 1)
