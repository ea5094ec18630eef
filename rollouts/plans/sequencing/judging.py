"""The order of a plan in one answer: its waves, what its stages break, and what it states in vain. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollouts.contracts.values import Rulings, Transition
from rollouts.plans.sequencing.contradicting import Contradiction, contradictions
from rollouts.plans.sequencing.edges import needed, removal_why, removals
from rollouts.plans.sequencing.order import Finding, Step, findings
from rollouts.plans.sequencing.values import Edge, Move, Needs, Stated
from rollouts.plans.waves import Wave, waves


@dataclass(frozen=True, slots=True)
class Order:
    """`findings` are empty of changes that no stages move yet."""

    waves: tuple[Wave, ...]
    findings: tuple[Finding, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def breaking(self) -> tuple[Finding, ...]:
        """What harms somebody, as far as is known."""
        return tuple(each for each in self.findings if each.breaks)

    @property
    def holds(self) -> bool:
        """Whether nobody is broken, and nothing is stated in vain."""
        return not self.breaking and not self.contradictions

    def as_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "waves": [wave.as_json() for wave in self.waves],
            "findings": [found.as_json() for found in self.findings],
            "contradictions": [
                {"first": each.stated.first, "then": each.stated.then, "sentence": each.sentence}
                for each in self.contradictions
            ],
        }

    @property
    def doubtful(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if not each.breaks)


def judge(
    moves: Sequence[Move],
    needs: Iterable[Needs],
    stated: Sequence[Stated],
    known: Mapping[Transition, Rulings],
    steps: Sequence[Step] = (),
) -> Order:
    """What is to be said of the order of these changes; `steps` are the stages that move them."""
    relied = list(needs)
    edges = list(needed(moves, relied, known))
    found = findings(_wanted(moves, edges, stated), steps) if steps else []
    return Order(
        tuple(waves(moves, relied, stated, known)), tuple(found), tuple(contradictions(edges, stated))
    )


def _wanted(moves: Sequence[Move], edges: Sequence[Edge], stated: Sequence[Stated]) -> Iterator[Edge]:
    """What stages are held against: a stated order replaces what is merely safe, and never what breaks."""
    ruled = {frozenset((each.first, each.then)) for each in stated}
    for each in stated:
        yield Edge(each.first, each.then, each.why or "the plan says so")
    for edge in edges:
        if edge.breaks or frozenset((edge.first, edge.then)) not in ruled:
            yield edge
    last, before = removals(moves)
    for environment, names in last.items():
        for removal in names:
            for name in before[environment]:
                if frozenset((name, removal)) not in ruled:
                    yield Edge(name, removal, removal_why(removal))
