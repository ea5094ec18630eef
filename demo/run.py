"""How a program of the demo runs: until it is told to stop."""

import logging
import signal
import sys
import threading
from types import FrameType

_told = threading.Event()


def prepare() -> None:
    """Listen to SIGTERM and SIGINT from now on, log to standard error, and keep the threads' stacks small."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        _told.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    # Every connection has a thread.
    threading.stack_size(512 * 1024)


def say(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT, also when it came since `prepare`."""
    _told.wait()
