"""How much of an error budget a rollout may burn, as a plan states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.plans.document.gate import ratio

GATE = "error-budget"
"""The name of the gate that it makes before every stage: overrides and refusals go by it."""
KIND = "error_budget"
DEFAULT_LEFT = 0.1


@dataclass(frozen=True, slots=True)
class ErrorBudgetPlan:
    """`burn`: the share of each SLO's budget that the rollout may burn, all stages together.

    `left`: a stage is not entered with less left. `slos`: their names; none: every SLO of the changed
    services, where they change.
    """

    burn: float
    left: float = DEFAULT_LEFT
    slos: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "ErrorBudgetPlan":
        return cls(
            burn=ratio(given["burn"]),
            left=ratio(given.get("left", DEFAULT_LEFT)),
            slos=tuple(given.get("slos", ())),
        )

    def as_settings(self) -> dict[str, Any]:
        """As the settings of the gate before each stage."""
        return {"burn": self.burn, "left": self.left, "slos": list(self.slos)}
