"""How a program of the demo runs: until it is told to stop."""

import logging
import signal
import sys
import threading
from types import FrameType


def say(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    told.wait()


def prepare() -> None:
    """Logs to standard error; small stacks, since every connection has a thread."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    threading.stack_size(512 * 1024)
