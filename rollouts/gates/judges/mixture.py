"""Always-valid evidence: a mixture of likelihood ratios over how much worse it may be, and since when.

Django-free. Each of 24 factors r from 1.1 to 16 has a process of its own, in logarithms. A process that may
begin in any window (weight 1/(t(t+1)) for window t, 1/(t+1) kept for those to come) finds late regressions
without a horizon; the cap on one window's increment demands at least three windows of evidence. The
mixture is a test supermartingale under the null, so P(ever >= 1/alpha) <= alpha however often one looks.

Sources: Ville's inequality; Robbins, *Statistical methods related to the law of the iterated logarithm*
(1970); Johari, Pekelis and Walsh, *Always valid inference* (2015) for its use under continuous looking.
"""

import math
from collections.abc import Sequence

GRID_SIZE = 24
_LOW, _HIGH = math.log(1.1), math.log(16)
FACTORS = tuple(math.exp(_LOW + (_HIGH - _LOW) * j / (GRID_SIZE - 1)) for j in range(GRID_SIZE))
"""How many times worse than allowed, evenly in logarithms."""
LOG_SIZE = math.log(GRID_SIZE)

MOST_WINDOWS = 20_000
"""Two weeks of minutes: further ahead nothing is foretold."""

LEAST = 1e-6
"""What adds less to a process in a window gets it nowhere in MOST_WINDOWS."""

ROUNDED = 1e-9
"""More than what sums of 24 logarithms are rounded by."""

Process = list[float | None]
"""The logarithms of the 24 processes; None is minus infinity (JSON has no infinity)."""

NOT_BEGUN: Process = [None] * GRID_SIZE
FROM_ONE: Process = [0.0] * GRID_SIZE


def bar(alpha: float) -> float:
    """The logarithm that evidence has to reach: ln(1/alpha)."""
    return -math.log(alpha)


def cap(alpha: float) -> float:
    """The most that one window may add."""
    return bar(alpha) / 3


def begin_any_time(
    process: Process, increments: Sequence[float], t: int, most: float
) -> tuple[Process, float]:
    """Takes in window `t` (from 1) and gives the processes and the logarithm of the evidence."""
    start = -math.log(t * (t + 1))
    new: Process = [
        (start if log is None else _add(log, start)) + (increment if increment < most else most)
        for log, increment in zip(process, increments, strict=True)
    ]
    return new, _add(_total(new) - LOG_SIZE, -math.log(t + 1))


def begun(process: Process, increments: Sequence[float], most: float) -> tuple[Process, float]:
    """The same for processes that all began with the first window."""
    new: Process = [
        (log or 0.0) + (increment if increment < most else most)
        for log, increment in zip(process, increments, strict=True)
    ]
    return new, _total(new) - LOG_SIZE


def windows_to(process: Process, increments: Sequence[float], alpha: float) -> int | None:
    """How many more windows with these increments bring begun processes to the bar; None: too many to say."""
    most, wanted = cap(alpha), bar(alpha)
    steps = [(log or 0.0, min(each, most)) for log, each in zip(process, increments, strict=True)]
    rising = [(wanted - log, each) for log, each in steps if each > LEAST]
    if not rising:
        return None
    # Their mean is at most the largest of them, and at least a 24th of it: between these two it gets there.
    low = max(min(math.ceil((left - ROUNDED) / each) for left, each in rising), 1) - 1
    high = max(min(math.ceil((left + LOG_SIZE) / each) for left, each in rising), low + 1)
    if low >= MOST_WINDOWS:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        reached = _total([log + middle * each for log, each in steps]) - LOG_SIZE >= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high if high <= MOST_WINDOWS else None


def _add(one: float, other: float) -> float:
    if one < other:
        one, other = other, one
    return one + math.log1p(math.exp(other - one))


def _total(logs: Sequence[float | None]) -> float:
    known = [log for log in logs if log is not None]
    high = max(known)
    return high + math.log(sum([math.exp(log - high) for log in known]))
