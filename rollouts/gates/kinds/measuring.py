"""What the kinds that read windows share: since when they measure, and whether what they have is fresh."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context
from rollouts.gates.values import Word
from rollouts.health.queries import Clock, Key, Pair, clocks_of
from rollouts.health.readings import Grid
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState, StageState

# Silence of so many windows makes what was measured stale: one window that is open, and two to come late.
STALE_AFTER_WINDOWS = 3


def pair_of(change: Change) -> Pair:
    """The service and environment that a change is measured in."""
    return change.service_id, change.environment_id


def since(gate: Gate, rollout: Rollout) -> datetime:
    """From when windows tell of what the gate is about: the last change of exposure or restart of the stage.

    A halt changes the exposure, but a metric gate goes on from what made it fail until the stage is resumed.
    """
    before = (gate.state or {}).get("since")
    if rollout.state == RolloutState.HALTED and before and gate.kind != "exposure":
        return datetime.fromisoformat(before)
    if StageState(gate.stage.state).current:
        times = (gate.stage.bake_started_at, gate.stage.entered_at, rollout.granted_at)
    else:
        times = (rollout.granted_at, rollout.started_at, None)
    return max((at for at in times if at), default=rollout.state_since_at)


def resume_at(gate: Gate, begin: datetime) -> datetime:
    """From which window on windows are to be read: after the newest judged one, or from the beginning."""
    state = gate.state or {}
    if state.get("since") != begin.isoformat() or state.get("through") is None:
        return begin
    return max(begin, datetime.fromtimestamp(state["through"], begin.tzinfo))


def counts(start: int, grid: Grid, rollout: Rollout) -> bool:
    """Whether the window may count towards the bake: not while the rollout was held or halted."""
    moved = rollout.state_since_at.timestamp()
    if rollout.state == RolloutState.RUNNING:
        # What is judged only now, and began before, was measured in the hold that has ended.
        return start >= moved
    return start + grid.window_s <= moved


def stale(grid: Grid, begin: datetime, now: datetime) -> Opinion | None:
    """No data, when windows have stopped closing."""
    last = max(begin.timestamp(), grid.through or 0)
    if now.timestamp() < last + STALE_AFTER_WINDOWS * grid.window_s + 1:
        return None
    if grid.through is None:
        return Opinion(Word.NO_DATA, "Nothing is measured: no source closes windows of this service.")
    at = datetime.fromtimestamp(grid.through, now.tzinfo)
    return Opinion(
        Word.NO_DATA,
        f"Nothing was measured since {at:%H:%M:%S} UTC.",
        {"last_window": grid.through - grid.window_s},
    )


def stale_at(gate: Gate, rollout: Rollout, clock: Clock, now: datetime) -> datetime:
    """When the gate's data will be stale unless a window closes before."""
    last = max(since(gate, rollout), clock.through or since(gate, rollout))
    return last + timedelta(seconds=STALE_AFTER_WINDOWS * clock.window_s + 1)


def slowest(keys: Collection[Key]) -> Clock:
    """The clock that is closed least far."""
    found = list(clocks_of(keys).values())
    return min(found, key=lambda clock: (clock.through is not None, clock.through), default=Clock())


def due_times(gate: Gate, keys: Collection[Key], context: Context) -> list[datetime]:
    """When the gate may change by the clock alone: its data get stale, or its silence becomes too long."""
    rollout = context.rollout(gate)
    wanted = [stale_at(gate, rollout, slowest(keys), context.now)] if keys else []
    if gate.no_data_since_at is not None:
        wanted.append(gate.no_data_since_at + gate.no_data_after)
    return [at for at in wanted if at > context.now]


def canary_versions(change: Change) -> tuple[str, ...]:
    """The versions that the rollout brings; none where the change names no version."""
    return (change.to_version,) if change.to_version else ()


def carried(judged: Mapping[str, Any], begin: datetime, grid: Grid) -> dict[str, Any]:
    """The state of a gate: its judge's own, with since when and how far it was measured."""
    return {"since": begin.isoformat(), "through": grid.through, "window_s": grid.window_s, "judge": judged}


def kept(gate: Gate, begin: datetime) -> Mapping[str, Any] | None:
    """The judge's own state, unless it tells of an earlier exposure."""
    state = gate.state or {}
    return state["judge"] if state.get("since") == begin.isoformat() else None
