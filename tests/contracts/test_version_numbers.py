"""Numbers of versions: their order, their ranges, and which step one is from another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.versioning.numbers import Step, early, holds, key, step


def test_versions_are_in_the_order_of_their_numbers() -> None:
    shuffled = ["10", "2.10.0", "2.9.1", "v3", "3.0.0-rc.1", "1", "2026-01-01"]
    ordered = ["1", "2.9.1", "2.10.0", "3.0.0-rc.1", "v3", "10", "2026-01-01"]
    assert sorted(shuffled, key=key) == ordered


@pytest.mark.parametrize(
    ("range_", "version", "wanted"),
    [
        (">=2 <3", "2.1", True), (">=2 <3", "3.0.0", False), (">=2,<3", "1.9", False), ("2", "2.7", True),
        ("2.x", "2.7", True), ("2.1", "2.10", False), ("^2.1", "2.4", True), ("^2.1", "2.0", False),
        ("~2.1", "2.1.9", True), ("~2.1", "2.2", False), ("1 || 3", "3.1", True), ("1 || 3", "2", False),
        ("==2", "2.0.0", True), ("!=2", "2.1", False), ("", "anything", True), ("*", "9", True),
        ("v1beta1", "v1beta1", True), ("the newest", "2", None), (">=2", "blue", None), ("<=2", "2.0", True),
        (">2", "2.0.0", False),
    ],
)  # fmt: skip
def test_ranges_hold_what_they_say(range_: str, version: str, wanted: bool | None) -> None:
    assert holds(range_, version) is wanted


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("2.1", "3", Step.MAJOR), ("2.1", "2.2", Step.MINOR), ("2.1.0", "2.1.1", Step.PATCH),
        ("2", "2.0.0", Step.PATCH), ("3", "2", None), ("blue", "3", None), ("v1", "v2", Step.MAJOR),
    ],
)  # fmt: skip
def test_a_step_is_named_by_the_first_number_that_differs(old: str, new: str, wanted: Step | None) -> None:
    assert step(old, new) is wanted


@pytest.mark.parametrize(
    ("version", "wanted"), [("0.4", True), ("v1alpha1", True), ("2.0.0-rc.1", True), ("1", False)]
)
def test_early_versions_promise_nothing(version: str, wanted: bool) -> None:
    assert early(version) is wanted


NUMBERS = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: ".".join(map(str, parts)))


@given(low=NUMBERS, high=NUMBERS, version=NUMBERS)
def test_a_range_agrees_with_the_order(low: str, high: str, version: str) -> None:
    inside = key(low)[0] <= key(version)[0] < key(high)[0]
    assert holds(f">={low} <{high}", version) is inside


@given(range_=st.text(max_size=40), version=st.text(max_size=20))
def test_any_range_is_answered(range_: str, version: str) -> None:
    assert holds(range_, version) in (True, False, None)
    assert key(version)
