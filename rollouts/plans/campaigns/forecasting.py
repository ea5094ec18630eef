"""When the old version of a contract could retire, from how its share of calls has fallen. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from statistics import median

FEWEST_DAYS = 7
"""Days with calls without which nothing is said."""
QUIET_DAYS = 14
"""How long a version has to be without a call before it may retire."""
FARTHEST = timedelta(days=3 * 365)
METHOD = (
    f"The middle of the slopes between all pairs of days (Theil–Sen) of the old version's share of calls is "
    f"drawn on to nothing; then come {QUIET_DAYS} quiet days, and never before the sunset. Early and late: a "
    f"tenth and nine tenths of the slopes."
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days on which it could retire; None: not within three years, or not at all. `why`: in words."""

    middle: date | None
    early: date | None
    late: date | None
    why: str


def forecast(shares: Mapping[date, float], today: date, sunset: date | None = None) -> Forecast | None:
    """From the share of calls on the old version by day; None with too few days to say anything."""
    days = sorted(shares)
    if len(days) < FEWEST_DAYS:
        return None
    used = [day for day in days if shares[day] > 0]
    if not used or (today - used[-1]).days > QUIET_DAYS:
        at = max(today, sunset or today)
        return Forecast(at, at, at, "nobody has called it for as long as it has to be quiet")
    slopes = sorted((shares[b] - shares[a]) / (b - a).days for a, b in combinations(days, 2))
    level = median(shares[day] for day in days[-FEWEST_DAYS:])
    middle, steep, flat = median(slopes), slopes[len(slopes) // 10], slopes[-1 - len(slopes) // 10]
    found = [_ends(level, slope, used[-1], today, sunset) for slope in (middle, steep, flat)]
    if found[0] is None:
        return Forecast(None, found[1], None, "its share of calls does not fall")
    return Forecast(found[0], found[1], found[2], f"its share falls by {-middle * 100:.2g} points a day")


def _ends(level: float, slope: float, last: date, today: date, sunset: date | None) -> date | None:
    """When a share that falls so is nothing, and was for long enough."""
    if level <= 0:
        empty = last
    elif slope >= 0 or level / -slope > FARTHEST.days:
        return None
    else:
        empty = last + timedelta(days=level / -slope)
    return max(empty + timedelta(days=QUIET_DAYS), today, *([sunset] if sunset else []))


def moved_by(times: Sequence[date | None], days: Sequence[date]) -> list[int]:
    """How many had moved by the end of each day; of whom nobody knows when, had moved before the first."""
    return [sum(at is None or at <= day for at in times) for day in days]
