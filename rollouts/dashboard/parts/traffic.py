"""How many requests flow to what changes, as it was measured just now."""

from dataclasses import dataclass
from datetime import timedelta

from rollouts.dashboard.standing import Standing
from rollouts.health import queries as health
from rollouts.health.readings import Grid
from rollouts.health.values import Perspective, Signal
from rollouts.plans.models import Change

WINDOWS = 10


@dataclass(frozen=True)
class Flow:
    """Requests a minute: to the new versions, and to new and old together."""

    new: float
    all: float


def flow_of(standing: Standing, changes: list[Change]) -> Flow | None:
    """The mean of the newest windows over these changes; None where nothing was counted."""
    pairs = {(change.service_id, change.environment_id): change for change in changes}
    if not pairs:
        return None
    longest = max(clock.window_s for clock in health.clocks(set(pairs)).values())
    since = standing.now - timedelta(seconds=longest * (WINDOWS + 2))
    grids = health.grids(set(pairs), since=since, signals=(Signal.TRAFFIC,))
    new = whole = 0.0
    for pair, change in pairs.items():
        new += rate(grids[pair], (change.to_version,))
        whole += rate(grids[pair], (change.to_version, change.from_version))
    return Flow(new, whole) if whole else None


def rate(grid: Grid, versions: tuple[str, ...]) -> float:
    """Requests a minute to these versions, by whoever counted more."""
    starts = list(grid.starts())[-WINDOWS:]
    sums = []
    for perspective in Perspective:
        sides = [grid.side(start, Signal.ERRORS, perspective, versions=versions) for start in starts]
        known = [side.total for side in sides if side is not None]
        sums.append(sum(known) / (len(known) * grid.window_s / 60) if known else 0.0)
    return float(max(sums))
