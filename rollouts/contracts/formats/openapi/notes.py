"""What the rules of OpenAPI note down: differences, and which way of which direction no longer holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollouts.contracts.formats.payloads import Payloads
from rollouts.contracts.formats.subsumption.including import Rules
from rollouts.contracts.formats.values import Difference, Direction, Flow, Level, Use

JUDGED = {Direction.REQUEST: "backward", Direction.RESPONSE: "forward"}
"""Which way harms the consumers of the old document."""


@dataclass(frozen=True)
class Side:
    """One direction of one operation. What the provider calls is sent by it: webhooks, callbacks."""

    direction: Direction
    operation: str


@dataclass
class Notes:
    """Of one comparison."""

    differences: list[Difference] = field(default_factory=list)
    broken: set[tuple[Direction, str]] = field(default_factory=set)
    payloads: Mapping[Direction, Payloads] = field(
        default_factory=lambda: {
            Direction.REQUEST: Payloads(
                Direction.REQUEST, Rules(open=True, formats=True, ignored="readOnly"), judged="backward"
            ),
            # A consumer seldom checks the pattern of what it is given.
            Direction.RESPONSE: Payloads(
                Direction.RESPONSE,
                Rules(open=True, formats=True, ignored="writeOnly"),
                judged="forward",
                told=frozenset({"pattern"}),
            ),
        }
    )
    operations: dict[str, str] = field(default_factory=dict)
    """The operation of each place at which schemas meet."""

    def fails(self, side: Side, way: str, rule: str, sentence: str, *, level: Level | None = None) -> None:
        """This way no longer holds; it breaks consumers where it is the one that they stand on."""
        self.broken.add((side.direction, way))
        judged = way == JUDGED[side.direction]
        self.tell(side, rule, sentence, level or (Level.BREAKING if judged else Level.SAFE))

    def tell(self, side: Side, rule: str, sentence: str, level: Level) -> None:
        """A difference after which both ways hold."""
        self.differences.append(
            Difference(
                rule=rule,
                level=level,
                location=side.operation,
                sentence=sentence,
                direction=side.direction,
                touches=(Use(operation=side.operation),),
            )
        )

    def flow(self, direction: Direction) -> Flow:
        found = self.payloads[direction].flow
        return Flow(
            False if (direction, "backward") in self.broken else found.backward,
            False if (direction, "forward") in self.broken else found.forward,
        )
