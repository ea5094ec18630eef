"""What the rules of a contract say about a difference of two versions. Pure.

With an API both sides send. Backward: consumers of the old version work with the new provider (its requests
are still valid, answers still what they were). Forward: consumers of the new version work with the old
provider. With events, as schema registries say it: backward, who reads the new version reads old messages;
forward, who reads the old version reads new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rollouts.contracts.formats.values import Comparison, Direction, Level, Outcome
from rollouts.contracts.values import Policy
from rollouts.contracts.versioning.numbers import Step, early, step

SIDES = {
    Policy.BACKWARD: {
        Direction.REQUEST: "backward", Direction.RESPONSE: "forward", Direction.EVENT: "backward"
    },
    Policy.FORWARD: {
        Direction.REQUEST: "forward", Direction.RESPONSE: "backward", Direction.EVENT: "forward"
    },
}  # fmt: skip
ADDS = ("added", "new", "widened")


@dataclass(frozen=True)
class Judged:
    """Whether a rule holds; None when nobody can say. `sentence` says why."""

    holds: bool | None
    sentence: str


def compatible(policy: Policy, comparison: Comparison, reverse: Comparison | None) -> bool | None:
    """Whether the policy allows the difference.

    `reverse`: the comparison from the new one to the old one, for formats whose engine tells no
    directions; None where that was not asked.
    """
    if policy is Policy.NONE:
        return True
    if comparison.error:
        return None
    one_way = (Policy.BACKWARD, Policy.FORWARD) if policy is Policy.FULL else (policy,)
    answers = [_one_way(way, comparison, reverse) for way in one_way]
    if False in answers:
        return False
    return None if None in answers else True


def _one_way(policy: Policy, comparison: Comparison, reverse: Comparison | None) -> bool | None:
    if not directed(comparison):
        said = comparison if policy is Policy.BACKWARD else reverse
        if said is None or said.error or said.outcome is Outcome.UNKNOWN:
            return None
        return said.outcome is not Outcome.BREAKING
    sides = SIDES[policy]
    answers = [getattr(flow, sides[direction]) for direction, flow in comparison.flows.items()]
    if False in answers:
        return False
    return None if None in answers else True


def directed(comparison: Comparison) -> bool:
    """Whether the engine told directions, and not only a verdict."""
    return any(
        side is not None for flow in comparison.flows.values() for side in (flow.backward, flow.forward)
    )


def needed(comparison: Comparison) -> Step | None:
    """The least step that semantic versioning asks for; None: it was not decided, a person has to say."""
    if comparison.outcome is Outcome.BREAKING:
        return Step.MAJOR
    if comparison.outcome is Outcome.UNKNOWN:
        return None
    levels = {each.level for each in comparison.differences}
    if Level.UNDECIDED in levels:
        return None
    adds = any(each.rule.rsplit("-", 1)[-1] in ADDS for each in comparison.differences)
    return Step.MINOR if adds or Level.DANGEROUS in levels else Step.PATCH


def semantic(old: str, new: str, comparison: Comparison) -> Judged:
    """Whether the new number says what the difference implies."""
    least, taken = needed(comparison), step(old, new)
    if taken is None:
        return Judged(None, f"From {old} to {new} is no step of semantic versioning: check the numbers.")
    if least is None:
        return Judged(None, "What changed was not decided: say yourself which number it deserves.")
    word = f"{least.name.lower()} step"
    if taken >= least:
        return Judged(True, f"The difference asks for a {word}, and {old} to {new} is at least one.")
    if early(old):
        return Judged(True, f"The difference asks for a {word}; {old} promises nothing yet.")
    return Judged(False, f"The difference asks for a {word}; {old} to {new} is a {taken.name.lower()} step.")


def bad(judged: Iterable[Judged]) -> list[str]:
    """The sentences of the rules that do not hold."""
    return [each.sentence for each in judged if each.holds is False]
