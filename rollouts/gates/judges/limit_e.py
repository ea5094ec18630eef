"""The judge `limit-e`: fails when "the share is above the limit" is proven. Django-free.

That holds however often one looks.

For each factor r of the grid a window of `bad` of `total` adds the logarithm of the binomial likelihood
ratio of min(limit * r, .99) against the limit. See `mixture` for the sources and `sequential` for the words.
"""

import math
from collections.abc import Mapping
from typing import Any

from rollouts.gates.judges import mixture
from rollouts.gates.judges.protocol import JudgedWindow, State
from rollouts.gates.judges.sequential import Sequential
from rollouts.gates.judges.words import percent

MOST_SHARE = 0.99


class LimitE(Sequential):
    """J2: a share of requests (errors, slow answers) against an absolute `limit` between 0 and 1."""

    def silent(self, window: JudgedWindow) -> str:
        return "no data" if window.gap or window.total <= 0 else ""

    def weigh(self, state: State, window: JudgedWindow) -> None:
        settings = state["settings"]
        found = increments(window.bad, window.total, settings["limit"])
        most = mixture.cap(settings["alpha"])
        state["process"], state["log_e"] = mixture.begin_any_time(
            state["process"], found, state["measured"], most
        )

    def normal(self, settings: Mapping[str, Any], window: JudgedWindow) -> float:
        return float(settings["limit"])

    def worse(self, settings: Mapping[str, Any], window: JudgedWindow) -> bool:
        return bool(window.bad / window.total > settings["limit"])

    def allowed(self, state: Mapping[str, Any]) -> str:
        return percent(state["settings"]["limit"])


def increments(bad: float, total: float, limit: float) -> list[float]:
    """What a window adds for each factor."""
    below = math.log1p(-limit)
    found = []
    for factor in mixture.FACTORS:
        share = min(limit * factor, MOST_SHARE)
        found.append(bad * math.log(share / limit) + (total - bad) * (math.log1p(-share) - below))
    return found
