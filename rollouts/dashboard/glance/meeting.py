"""When a rollout moves a service, and which of them meet there. Pure: rows in, spans out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Rollout, Stage
from rollouts.plans.values import StageState

PASSED = (StageState.PROMOTED, StageState.SKIPPED, StageState.ROLLED_BACK)


@dataclass(frozen=True)
class Span:
    """From when until when a rollout moves a service, and the number of the stage that it is at there."""

    rollout: Rollout
    stage: int
    start: datetime
    end: datetime
    begun: bool


def span(rollout: Rollout, change: str, stages: Iterable[Stage], plan: Plan, now: datetime) -> Span | None:
    """From the first stage that targets the change to the end of the last, by plan and as it went.

    What was entered and has no planned end, or is late, lasts until now. None: nothing says when.
    """
    targeting = {stage.number for stage in plan.stages if change in stage.targets}
    rows = [row for row in stages if row.number in targeting and row.state != StageState.SKIPPED]
    ahead = [row for row in rows if StageState(row.state) not in PASSED]
    if not ahead:
        return None
    begun = any(row.entered_at for row in rows)
    starts = [at for row in rows if (at := row.entered_at or row.planned_start_at)]
    ends = [at for row in ahead if (at := row.planned_end_at or row.planned_start_at)]
    if not starts:
        return None
    end = max([*ends, now] if begun else ends, default=None)
    return None if end is None else Span(rollout, ahead[0].number, min(starts), end, begun)


def meeting(spans: Sequence[Span]) -> list[Span]:
    """Those that meet another rollout's, the earliest first."""
    found = [
        one
        for one in spans
        if any(
            one.rollout.pk != other.rollout.pk and one.start <= other.end and other.start <= one.end
            for other in spans
        )
    ]
    return sorted(found, key=lambda each: (not each.begun, each.start, each.rollout.pk))
