"""Policies and semantic numbers, judged from what two documents differ in."""

import pytest

from rollouts.contracts.formats.values import Comparison, Difference, Direction, Flow, Level, Outcome
from rollouts.contracts.values import Policy
from rollouts.contracts.versioning.judging import compatible, needed, semantic
from rollouts.contracts.versioning.numbers import Step


def api(request: Flow, response: Flow, *differences: Difference) -> Comparison:
    return Comparison({Direction.REQUEST: request, Direction.RESPONSE: response}, differences)


def event(flow: Flow) -> Comparison:
    return Comparison({Direction.EVENT: flow})


ACCEPTS_MORE = api(Flow(True, False), Flow(True, True))
ANSWERS_MORE = api(Flow(True, True), Flow(True, False))
DEMANDS_MORE = api(Flow(False, True), Flow(True, True))
ANSWERS_LESS = api(Flow(True, True), Flow(False, True))


@pytest.mark.parametrize(
    ("policy", "comparison", "wanted"),
    [
        (Policy.BACKWARD, ACCEPTS_MORE, True),
        (Policy.BACKWARD, ANSWERS_MORE, False),
        (Policy.BACKWARD, DEMANDS_MORE, False),
        (Policy.BACKWARD, ANSWERS_LESS, True),
        (Policy.FORWARD, ACCEPTS_MORE, False),
        (Policy.FORWARD, ANSWERS_MORE, True),
        (Policy.FORWARD, DEMANDS_MORE, True),
        (Policy.FORWARD, ANSWERS_LESS, False),
        (Policy.FULL, ACCEPTS_MORE, False),
        (Policy.FULL, api(Flow(True, True), Flow(True, True)), True),
        (Policy.NONE, DEMANDS_MORE, True),
        (Policy.BACKWARD, event(Flow(True, False)), True),
        (Policy.BACKWARD, event(Flow(False, True)), False),
        (Policy.FORWARD, event(Flow(True, False)), False),
        (Policy.FULL, event(Flow(True, True)), True),
        (Policy.BACKWARD, event(Flow(None, True)), None),
        (Policy.FULL, event(Flow(None, False)), False),
        (Policy.BACKWARD, Comparison(error="It took too long."), None),
    ],
)
def test_a_policy_says_which_way_has_to_hold(
    policy: Policy, comparison: Comparison, wanted: bool | None
) -> None:
    assert compatible(policy, comparison, None) is wanted


def test_engines_without_directions_are_asked_both_ways() -> None:
    breaking, fine = (
        Comparison({Direction.EVENT: Flow()}, decided=each) for each in (Outcome.BREAKING, Outcome.COMPATIBLE)
    )
    assert compatible(Policy.BACKWARD, breaking, None) is False
    assert compatible(Policy.FORWARD, breaking, fine) is True
    assert compatible(Policy.FULL, fine, breaking) is False
    assert compatible(Policy.FORWARD, fine, None) is None


def note(rule: str, level: Level) -> Difference:
    return Difference(rule, level, "", "")


def decided(outcome: Outcome, *differences: Difference) -> Comparison:
    return Comparison({}, differences, outcome)


@pytest.mark.parametrize(
    ("comparison", "wanted"),
    [
        (decided(Outcome.BREAKING), Step.MAJOR),
        (decided(Outcome.COMPATIBLE, note("response-property-added", Level.SAFE)), Step.MINOR),
        (decided(Outcome.DANGEROUS, note("default-changed", Level.DANGEROUS)), Step.MINOR),
        (decided(Outcome.COMPATIBLE, note("response-property-removed", Level.SAFE)), Step.PATCH),
        (decided(Outcome.COMPATIBLE), Step.PATCH),
        (decided(Outcome.UNKNOWN), None),
    ],
)
def test_what_differs_asks_for_a_step(comparison: Comparison, wanted: Step | None) -> None:
    assert needed(comparison) is wanted


@pytest.mark.parametrize(
    ("old", "new", "outcome", "wanted"),
    [
        ("2.1", "3.0", Outcome.BREAKING, True),
        ("2.1", "2.2", Outcome.BREAKING, False),
        ("0.1", "0.2", Outcome.BREAKING, True),
        ("2.1", "2.1.1", Outcome.COMPATIBLE, True),
        ("2.1", "2.2", Outcome.UNKNOWN, None),
        ("blue", "green", Outcome.COMPATIBLE, None),
    ],
)
def test_a_number_has_to_say_what_differs(old: str, new: str, outcome: Outcome, wanted: bool | None) -> None:
    judged = semantic(old, new, decided(outcome))
    assert judged.holds is wanted
    assert judged.sentence
