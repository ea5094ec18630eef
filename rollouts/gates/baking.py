"""How far the bakes of many stages have come, counted where their gates are judged."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import connection

from rollouts.gates.judges import spans
from rollouts.gates.models import Gate
from rollouts.gates.values import Position
from rollouts.plans.models import Stage
from rollouts.plans.values import StageState

BAKES = (StageState.WAITING, StageState.BAKING, StageState.READY)


def counts(gate: Gate) -> bool:
    """Whether the bake of its stage is counted in the gate's data."""
    return (
        gate.kind == "metric" and gate.required and not gate.observe and gate.position == Position.EXIT.value
    )


def enough(state: Mapping[str, Any] | None) -> list[list[int]]:
    """The windows in which a gate had enough data."""
    judged = (state or {}).get("judge")
    found: list[list[int]] = judged.get("enough", []) if isinstance(judged, dict) else []
    return found


def needed(stage: Stage, window_s: int) -> int:
    """Windows that a bake takes: so many as fill it with its extensions, and one at least."""
    return max(1, math.ceil(((stage.bake or timedelta()) + stage.extended).total_seconds() / window_s))


def may_end(gate: Gate, state: Mapping[str, Any] | None) -> bool:
    """Whether more data of the gate may move its stage: a bake begins, or this gate alone has enough for it.

    Until then the other gates cannot have it either: a window counts that every gate had data in.
    """
    if not counts(gate) or not state:
        return False
    if gate.stage.state != StageState.BAKING:
        return bool(gate.stage.state == StageState.WAITING)
    window_s = state["window_s"]
    return bool(spans.length(enough(state)) // window_s >= needed(gate.stage, window_s))


def count(gates: Collection[Gate]) -> None:
    """Keeps beside their stages how many windows the bakes have, for pages; all gates of a stage are given.

    A stage that somebody decides on is locked, and left out: the door counts it itself.
    """
    by_stage: defaultdict[int, list[Gate]] = defaultdict(list)
    for gate in gates:
        if counts(gate) and gate.state and gate.stage.state in BAKES:
            by_stage[gate.stage_id].append(gate)
    found = []
    for pk, inside in by_stage.items():
        stage = inside[0].stage
        window_s = max(gate.state["window_s"] for gate in inside if gate.state)
        have = spans.length(spans.everywhere(enough(gate.state) for gate in inside)) // window_s
        wanted = needed(stage, window_s)
        if (have, wanted) != (stage.baked_windows, stage.needed_windows):
            found.append((pk, have, wanted))
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE plans_stage AS stage SET baked_windows = free.baked, needed_windows = free.needed FROM ("
            "SELECT plans_stage.id, given.baked, given.needed FROM plans_stage "
            "JOIN unnest(%s::bigint[], %s::int[], %s::int[]) AS given(id, baked, needed) USING (id) "
            "FOR UPDATE OF plans_stage SKIP LOCKED) AS free WHERE stage.id = free.id",
            [list(each) for each in zip(*found, strict=True)],
        )
