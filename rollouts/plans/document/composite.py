"""Settings of a composite gate as a plan states them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part: the name of a gate on the same side of the stage, and what it counts for."""

    gate: str
    importance: str
    weight: float


@dataclass(frozen=True, slots=True)
class CompositeSettings:
    """`pass_mark` is the share of the weight that must pass, for `weighted`."""

    combination: str
    pass_mark: float
    parts: tuple[PartPlan, ...]

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "CompositeSettings":
        combination = settings.get("combination", "all")
        # Alternatives and weights make no sense of parts that each must pass.
        usual = "required" if combination == "all" else "important"
        return cls(
            combination=combination,
            pass_mark=float(settings.get("pass_mark", 1.0)),
            parts=tuple(
                PartPlan(part["gate"], part.get("importance", usual), float(part.get("weight", 1)))
                for part in settings.get("parts", ())
            ),
        )
