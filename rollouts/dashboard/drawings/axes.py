"""Round values for the levels of a picture."""

import math
from datetime import timedelta


def ticks(low: float, high: float) -> tuple[list[float], int]:
    """Three to six round values between the two, and how many decimals they need."""
    raw = (high - low) / 5
    size = 10 ** math.floor(math.log10(raw))
    factor = next(each for each in (1, 2, 2.5, 5, 10) if each * size >= raw * 0.999)
    step = factor * size
    places = max(0, -math.floor(math.log10(step)) + (1 if factor == 2.5 else 0))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, places) for number in range(first, last + 1)], places


def shape_of(length: timedelta) -> str:
    """How the times on an axis of this length are written: see `wording.moment`."""
    if length < timedelta(minutes=20):
        return "second"
    return "clock" if length < timedelta(days=2) else "short"
