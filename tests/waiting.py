"""Waiting on a condition, never for a time: the one place of the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    ask: Callable[[], T],
    what: str | Callable[[], str] = "it did not come true",
    patience_s: float = 60,
    every_s: float = 0.05,
) -> T:
    """Asks until the answer is truthy, and returns it; fails with `what` when it never is."""
    until = time.monotonic() + patience_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > until:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"Not within {patience_s:g} s: {said}")
        time.sleep(every_s)
