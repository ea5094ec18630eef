"""Durations as people write them: `30s`, `10m`, `12h`, `1h30m`."""

import re
from datetime import timedelta

PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def spelt(text: str) -> bool:
    """Whether `text` is written as a duration, of whatever length."""
    parts = PART.findall(text)
    return bool(parts) and "".join(number + unit for number, unit in parts) == text


def parse(text: str) -> timedelta:
    """The time that `text` says. Raises ValueError when it is no duration."""
    if not spelt(text):
        raise ValueError(f"{text!r} is no duration: write a number and ms, s, m, h or d.")
    total = sum(float(number) * MILLISECONDS[unit] for number, unit in PART.findall(text))
    if total > 3650 * MILLISECONDS["d"]:
        raise ValueError(f"{text!r} is longer than ten years.")
    return timedelta(milliseconds=total)


def words(length: timedelta) -> str:
    """The shortest exact spelling, as the document writes it: `1h30m`."""
    left = round(length / timedelta(milliseconds=1))
    if left == 0:
        return "0s"
    said = ""
    for unit, size in reversed(MILLISECONDS.items()):
        count, left = divmod(left, size)
        if count:
            said += f"{count}{unit}"
    return said


def spoken(length: timedelta) -> str:
    """For sentences: `1 h 30 min`."""
    said = words(length)
    units = {"d": "d", "h": "h", "m": "min", "s": "s", "ms": "ms"}
    return " ".join(f"{number} {units[unit]}" for number, unit in PART.findall(said))
