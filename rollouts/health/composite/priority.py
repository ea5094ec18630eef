"""How much a root matters: what suffers most above it, and how many suffer.

    p = max over the root and its transitive callers of weight * (1 - h), times 1 + log2(1 + D)

D counts those callers with h below 0.9. P1 from 8, P2 from 4, P3 from 1.5, else P4.

`h` is the health that the root alone would leave: `spread` from its own signal and its victims'. With the
health of all roots together a broken side service would be P1 whenever something else broke its caller.
Django-free.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rollouts.health.composite.rollup import DEGRADED_BELOW, PLACES, above, weight


class Priority(StrEnum):
    """By business impact, the greatest first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


STEPS = ((8.0, Priority.P1), (4.0, Priority.P2), (1.5, Priority.P3))


@dataclass(frozen=True)
class Impact:
    """The number behind a priority, and the callers that suffer."""

    points: float
    priority: Priority
    suffering: tuple[str, ...]


def impact(
    root: Collection[str],
    health: Mapping[str, float],
    tiers: Mapping[str, int],
    callers: Mapping[str, Collection[str]],
) -> Impact:
    """The impact of a root, named by the services it consists of.

    One without health, such as somebody else's service, has no weight itself; its callers have.
    """
    reached = sorted(name for name in above(root, callers) if name in health)
    suffering = tuple(
        name for name in reached if name not in root and round(health[name], PLACES) < DEGRADED_BELOW
    )
    most = max((weight(tiers[name]) * (1 - health[name]) for name in reached), default=0.0)
    points = round(most * (1 + math.log2(1 + len(suffering))), PLACES)
    found = next((priority for least, priority in STEPS if points >= least), Priority.P4)
    return Impact(points, found, suffering)


def callers_of(pairs: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    """Who calls each, from pairs of caller and callee."""
    found: dict[str, set[str]] = {}
    for caller, callee in pairs:
        found.setdefault(callee, set()).add(caller)
    return found
