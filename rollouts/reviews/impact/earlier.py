"""The same hours of the day and the week before a rollout began, beside what was measured during it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rollouts.gates import queries as gates
from rollouts.gates.models import Baseline, Gate
from rollouts.plans.models import Change


def earlier(
    rollout_id: int, measured: Iterable[tuple[Gate, Change]], begin: datetime, end: datetime
) -> dict[int, list[dict[str, Any]]]:
    """What was recorded at the start of what each gate looks at, by the gates' ids; all versions together."""
    recorded = gates.recorded_baselines({rollout_id})
    return {
        gate.pk: [_told(row, begin, end) for row in recorded.get(gates.baseline_key(gate, change), ())]
        for gate, change in measured
    }


def _told(row: Baseline, begin: datetime, end: datetime) -> dict[str, Any]:
    found = gates.baseline_sum(row, begin, end)
    nothing = row.error or "Nothing was counted at these hours."
    return {
        "days": row.days,
        "numerator": found.bad,
        "denominator": found.total,
        "share": found.share,
        "steps": found.steps,
        "step_s": row.step_s,
        "source": row.source,
        "why_none": ""
        if found.share is not None
        else nothing
        if row.recorded_at
        else "It is not recorded yet.",
    }
