"""Windows for tests of judges; nothing here needs Django."""

from typing import Any

from rollouts.gates.judges.protocol import JudgedWindow

LENGTH = 60


def window(number: int, bad: float = 0, total: float = 0, **fields: Any) -> JudgedWindow:
    """The window with this number, 60 s long."""
    return JudgedWindow(start=number * LENGTH, bad=bad, total=total, length=LENGTH, **fields)


def windows(*counts: tuple[float, float] | None, since: int = 0) -> list[JudgedWindow]:
    """Windows one after the other: (bad, total), or None for a gap."""
    return [
        window(since + number, gap=True) if count is None else window(since + number, *count)
        for number, count in enumerate(counts)
    ]
