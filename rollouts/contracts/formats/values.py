"""What a comparison of two documents says. Django-free."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rollouts.contracts.values import First


class Level(StrEnum):
    """What a difference does to who relies on the old document."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"
    UNDECIDED = "undecided"


class Outcome(StrEnum):
    """The whole comparison."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    COMPATIBLE = "compatible"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Who sends: requests the consumer, responses and events the provider."""

    REQUEST = "request"
    RESPONSE = "response"
    EVENT = "event"


@dataclass(frozen=True)
class Flow:
    """One direction of messages.

    `backward`: what was valid before is valid now, so that who receives may move first. `forward`: what is
    valid now was valid before, so that who sends may. None: it was not decided.
    """

    backward: bool | None = None
    forward: bool | None = None

    def as_json(self) -> dict[str, bool | None]:
        return {"backward": self.backward, "forward": self.forward}


@dataclass(frozen=True)
class Use:
    """What a consumer can be recorded to use: an operation or channel, a field of it, or a named type."""

    operation: str = ""
    field: str = ""
    type: str = ""


@dataclass(frozen=True)
class Difference:
    """One difference.

    `location`: where in the documents, for people. `touches`: what a consumer has to use to be touched by it.
    """

    rule: str
    level: Level
    location: str
    sentence: str
    direction: Direction | None = None
    touches: tuple[Use, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "level": self.level.value,
            "location": self.location,
            "direction": self.direction.value if self.direction else None,
            "sentence": self.sentence,
            "touches": [{name: text for name, text in asdict(use).items() if text} for use in self.touches],
        }


@dataclass(frozen=True)
class Comparison:
    """What two documents differ in. `error`: why they could not be compared."""

    flows: Mapping[Direction, Flow] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    decided: Outcome | None = None
    error: str = ""

    @property
    def outcome(self) -> Outcome:
        """Breaking where who relies on the old document fails; unknown where that was not decided."""
        if self.decided is not None:
            return self.decided
        sides = [
            flow.backward if direction is Direction.REQUEST else flow.forward
            for direction, flow in self.flows.items()
        ]
        if False in sides:
            return Outcome.BREAKING
        if self.error or None in sides or not sides:
            return Outcome.UNKNOWN
        levels = {each.level for each in self.differences}
        return Outcome.DANGEROUS if Level.DANGEROUS in levels else Outcome.COMPATIBLE

    @property
    def first(self) -> First | None:
        """Who may move first: whoever may in each direction. None where that was not decided.

        Of a request the consumer is the sender; of a response and of an event the provider is. An engine
        that gives no direction says only whether the old consumers can go on.
        """
        if all(flow == Flow() for flow in self.flows.values()):
            known = {Outcome.COMPATIBLE: First.PROVIDER, Outcome.BREAKING: First.SPLIT}
            return known.get(self.outcome)
        provider = consumer = True
        for direction, flow in self.flows.items():
            if flow.backward is None or flow.forward is None:
                return None
            asked = direction is Direction.REQUEST
            provider = provider and (flow.backward if asked else flow.forward)
            consumer = consumer and (flow.forward if asked else flow.backward)
        if provider:
            return First.ANY if consumer else First.PROVIDER
        return First.CONSUMER if consumer else First.SPLIT

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.outcome.value,
            **{direction.value: flow.as_json() for direction, flow in self.flows.items()},
            "differences": [each.as_json() for each in self.differences],
            **({"error": self.error} if self.error else {}),
        }


def comparison_of(given: Mapping[str, Any]) -> Comparison:
    """What `as_json` wrote, read again."""
    return Comparison(
        flows={each: Flow(**given[each.value]) for each in Direction if each.value in given},
        differences=tuple(_difference_of(each) for each in given["differences"]),
        decided=Outcome(given["verdict"]),
        error=given.get("error", ""),
    )


def _difference_of(given: Mapping[str, Any]) -> Difference:
    return Difference(
        rule=given["rule"],
        level=Level(given["level"]),
        location=given["location"],
        sentence=given["sentence"],
        direction=Direction(given["direction"]) if given["direction"] else None,
        touches=tuple(Use(**each) for each in given["touches"]),
    )


class Unreadable(ValueError):
    """A document that cannot be read or is refused, with a sentence that says what to do."""
