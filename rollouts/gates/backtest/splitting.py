"""Past traffic of one version as a canary and a baseline, equal or as different as one says. Django-free.

Every request falls into the canary's arm with the share that a stage grants, so that both arms have the same
share of bad ones but for chance: what a healthy canary would have looked like. Whatever makes instances
differ from each other is not in it, since windows hold no instances. Chance is seeded by the window's start:
a window falls apart the same way in every back-test, whichever days are looked at with it.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rollouts.gates.judges.protocol import JudgedWindow

# Above this variance the normal distribution is close enough to draw from, and takes no loop.
NORMAL_FROM = 25.0


def draw(chance: random.Random, n: int, p: float) -> int:
    """How many of `n` fall in with probability `p`."""
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p > 0.5:
        return n - draw(chance, n, 1 - p)
    if n * p * (1 - p) > NORMAL_FROM:
        found = round(chance.gauss(n * p, math.sqrt(n * p * (1 - p))))
        return min(max(found, 0), n)
    # Lengths of runs that do not fall in are geometric.
    count, seen, log_q = 0, 0, math.log1p(-p)
    while True:
        seen += int(math.log(1 - chance.random()) / log_q) + 1
        if seen > n:
            return count
        count += 1


def _chance(seed: int, window: JudgedWindow) -> random.Random:
    """The dice of one window."""
    return random.Random(f"{seed} {window.start}")  # noqa: S311 - the same arms can be had again


def arms(windows: Sequence[JudgedWindow], share: float, *, seed: int = 7) -> list[JudgedWindow]:
    """The windows with `share` of their requests as the canary's, and the others as the baseline's."""
    found = []
    for window in windows:
        chance = _chance(seed, window)
        bad, good = round(window.bad), round(window.total - window.bad)
        ours_bad, ours_good = draw(chance, bad, share), draw(chance, good, share)
        found.append(
            replace(
                window,
                bad=ours_bad,
                total=ours_bad + ours_good,
                # A rate is shared out as well; a load that is no count of requests is not.
                value=window.value * share if window.value is not None and window.total else window.value,
                baseline_bad=bad - ours_bad,
                baseline_total=bad + good - ours_bad - ours_good,
            )
        )
    return found


def thinned(windows: Sequence[JudgedWindow], share: float, *, seed: int = 11) -> list[JudgedWindow]:
    """The windows with only `share` of their traffic in both arms."""
    found = []
    for window in windows:
        chance = _chance(seed, window)
        bad, good = (
            draw(chance, round(window.bad), share),
            draw(chance, round(window.total - window.bad), share),
        )
        other_bad = draw(chance, round(window.baseline_bad), share)
        other_good = draw(chance, round(window.baseline_total - window.baseline_bad), share)
        found.append(
            replace(
                window,
                bad=bad,
                total=bad + good,
                baseline_bad=other_bad,
                baseline_total=other_bad + other_good,
            )
        )
    return found


@dataclass(frozen=True)
class Shift:
    """An effect that is tried: so many `times` worse, or so many percentage `points` more."""

    times: float = 2.0
    points: float | None = None

    @property
    def name(self) -> str:
        """As reports call it: "2", or "+0.5" for points."""
        return f"{self.times:g}" if self.points is None else f"+{self.points:g}"

    @property
    def words(self) -> str:
        """As sentences call it."""
        if self.points is not None:
            return f"{self.points:g} points more bad requests"
        return "a doubling" if self.times == 2 else f"{self.times:g} times as many bad requests"


def worsened(
    windows: Sequence[JudgedWindow], shift: Shift, *, least: float = 0.0, seed: int = 13
) -> list[JudgedWindow]:
    """The canary's share of bad requests made worse by `shift` over all windows; by times, `least` at least.

    The same surplus falls on every window: a new version that fails more, whatever the hour.
    """
    total = sum(window.total for window in windows)
    share = sum(window.bad for window in windows) / total if total else 0.0
    wanted = share + shift.points / 100 if shift.points is not None else max(share * shift.times, least)
    wanted = min(wanted, 0.99)
    if wanted <= share:
        return list(windows)
    extra = (wanted - share) / (1 - share)
    return [
        replace(window, bad=window.bad + draw(_chance(seed, window), round(window.total - window.bad), extra))
        for window in windows
    ]
