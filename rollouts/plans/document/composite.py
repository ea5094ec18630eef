"""Settings of a composite gate as a plan states them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part: the name of a gate on the same side of the stage, or inside, and what it counts for."""

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
                PartPlan(name_of(part["gate"]), part.get("importance", usual), float(part.get("weight", 1)))
                for part in settings.get("parts", ())
            ),
        )


def name_of(gate: str | Mapping[str, Any]) -> str:
    """The name of a part, which is given by it or written out."""
    return gate if isinstance(gate, str) else str(gate["name"])


def unfolded(gate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The gate with those that are written inside it, which bind only through it; parts are then named.

    A gate of another kind is alone.
    """
    if gate["kind"] != "composite":
        return [gate]
    parts = gate.get("settings", {}).get("parts", ())
    inner = [part["gate"] for part in parts if not isinstance(part["gate"], str)]
    if not inner:
        return [gate]
    named = [{**part, "gate": name_of(part["gate"])} for part in parts]
    whole = {**gate, "settings": {**gate["settings"], "parts": named}}
    return [whole, *({**each, "required": False, "observe": False} for each in inner)]
