"""Who may move first, from what is compatible in which direction."""

import pytest

from rollouts.contracts.formats.values import Comparison, Direction, Flow, Outcome
from rollouts.contracts.values import First

FULL, BACKWARD, FORWARD, NONE = Flow(True, True), Flow(True, False), Flow(False, True), Flow(False, False)
P, C, ANY, SPLIT = First.PROVIDER, First.CONSUMER, First.ANY, First.SPLIT


@pytest.mark.parametrize(
    ("flow", "event", "request_", "response"),
    [(FULL, ANY, ANY, ANY), (BACKWARD, C, P, C), (FORWARD, P, C, P), (NONE, SPLIT, SPLIT, SPLIT)],
)
def test_one_direction(flow: Flow, event: First, request_: First, response: First) -> None:
    found = [
        Comparison({direction: flow}).first
        for direction in (Direction.EVENT, Direction.REQUEST, Direction.RESPONSE)
    ]
    assert found == [event, request_, response]


@pytest.mark.parametrize(
    ("request_", "response", "first"),
    [
        (FULL, BACKWARD, C),
        (BACKWARD, FULL, P),
        (BACKWARD, FORWARD, P),
        (FORWARD, BACKWARD, C),
        (BACKWARD, BACKWARD, SPLIT),
        (FULL, NONE, SPLIT),
    ],
)
def test_calls_have_both_directions(request_: Flow, response: Flow, first: First) -> None:
    flows = {Direction.REQUEST: request_, Direction.RESPONSE: response}
    assert Comparison(flows).first is first


def test_undecided_is_nobody() -> None:
    assert Comparison({Direction.EVENT: Flow(True, None)}).first is None


@pytest.mark.parametrize(
    ("decided", "first"), [(Outcome.COMPATIBLE, P), (Outcome.BREAKING, SPLIT), (Outcome.DANGEROUS, None)]
)
def test_a_verdict_alone(decided: Outcome, first: First | None) -> None:
    assert Comparison({Direction.EVENT: Flow()}, decided=decided).first is first
