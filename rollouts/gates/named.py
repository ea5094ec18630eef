"""A gate on a signal that somebody defined: what the plan leaves to the definition is written into the row.

So the gate goes on as it began when the definition is changed under it: it then reads no data.
"""

from collections.abc import Mapping
from typing import Any

from rollouts.health.queries import own_signal
from rollouts.plans.document.gate import GatePlan


def resolved(wanted: GatePlan) -> Mapping[str, Any]:
    """The gate's settings, with shape and unit of the signal that it names; a query only where it names one.

    Without a definition the shape is a share: the gate has no data, and says so.
    """
    name = wanted.metric.named if wanted.kind == "metric" else ""
    if not name:
        return wanted.settings
    found = own_signal(name)
    shape, unit = (found.signal, found.unit) if found else ("errors", "")
    return {
        **wanted.settings,
        "judge": wanted.metric.judge,
        "signal": str(shape),
        "named": name,
        "unit": unit,
    }
