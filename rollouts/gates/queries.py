"""What is read of gates and verdicts.

NOTE FOR THE AUTHOR OF THIS PACKAGE: rollouts/decisions (written) calls exactly these; fill them in.
"""

from datetime import datetime

from rollouts.plans.models import Rollout, Stage


def measured_exposure(rollout: Rollout, *, now: datetime) -> str:
    """zero, not_zero or no_data: traffic on the new versions in full windows since rolling_back_at."""
    raise NotImplementedError


def bake_progress(stage: Stage) -> tuple[int, int]:
    """Windows since bake_started_at in which every required metric gate had enough data, and how many are needed.

    Needed is ceil(bake / window); (0, 0) where the stage has no binding metric gate. Held, no-data and warm-up
    windows do not count.
    """
    raise NotImplementedError


def warm_until(rollout: Rollout, stage: int) -> datetime:
    """When the warm-up of the stage ends: bake_started_at plus its gates' longest warm-up (in windows)."""
    raise NotImplementedError


def due_times(rollout: Rollout, now: datetime) -> list[datetime]:
    """Later instants at which a gate's word may change by the clock alone: not-before, freezes, no_data.after."""
    raise NotImplementedError
