"""Whether the stages of a plan move its changes in an order that harms nobody. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rollouts.plans.sequencing.values import Edge

WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Step:
    """A stage, as far as the order goes: which changes it exposes, and to what share of the traffic."""

    number: int
    targets: tuple[str, ...]
    percent: float = WHOLE


@dataclass(frozen=True, slots=True)
class Finding:
    """Two changes that the stages move otherwise than they should.

    `breaks`: somebody fails, as far as is known; else the order is only doubtful. `first_stage` and
    `then_stage` are those in which the two begin, as they are now.
    """

    edge: Edge
    first_stage: int
    then_stage: int
    breaks: bool
    sentence: str

    @property
    def name(self) -> str:
        """What an override calls it."""
        return f"{self.edge.then} before {self.edge.first}"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "breaks": self.breaks,
            "path": list(self.path),
            "sentence": self.sentence,
            "first": self.edge.first,
            "first_stage": self.first_stage,
            "then": self.edge.then,
            "then_stage": self.then_stage,
            "who": self.edge.who,
            "contract": self.edge.contract,
        }

    @property
    def path(self) -> tuple[str, ...]:
        """From what moves too early, by the contract, to who fails."""
        return tuple(part for part in (self.edge.then, self.edge.contract, self.edge.who) if part)


def findings(edges: Iterable[Edge], steps: Sequence[Step]) -> list[Finding]:
    """Every edge that the stages do not keep, what breaks first; a change that no stage exposes has none."""
    begins: dict[str, int] = {}
    for step in steps:
        for target in step.targets if step.percent > 0 else ():
            begins.setdefault(target, step.number)
    found: dict[tuple[str, str, str], Finding] = {}
    for edge in edges:
        first, then = begins.get(edge.first), begins.get(edge.then)
        if first is None or then is None:
            continue
        one = _finding(edge, first, then, steps)
        if one is not None:
            kept = found.get((edge.first, edge.then, edge.contract))
            if kept is None or (one.breaks and not kept.breaks):
                found[edge.first, edge.then, edge.contract] = one
    return sorted(found.values(), key=lambda each: (not each.breaks, each.then_stage, each.name))


def _finding(edge: Edge, first: int, then: int, steps: Sequence[Step]) -> Finding | None:
    if then < first:
        order = f"stage {then} moves {edge.then}, and {edge.first} follows only in stage {first}"
        if edge.breaks:
            return Finding(edge, first, then, True, f"{edge.breaks}: {order}")
        return Finding(edge, first, then, False, f"{order}: {edge.why}")
    if not edge.breaks:
        return None
    if then == first:
        said = f"stage {then} moves {edge.first} and {edge.then} together, in no order of its own"
        return Finding(edge, first, then, False, f"{said}: {edge.breaks}")
    share = next((s.percent for s in reversed(steps) if s.number < then and edge.first in s.targets), WHOLE)
    if share < WHOLE:
        said = f"{edge.first} has only {share:g} % of its traffic when stage {then} moves {edge.then}"
        return Finding(edge, first, then, False, f"{said}: {edge.breaks}")
    return None
