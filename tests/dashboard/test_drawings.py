"""Axes of pictures: round numbers that people can read, whatever the range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.dashboard.drawings.axes import ticks


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0, 5.6, [0, 2, 4]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (20, 480, [100, 200, 300, 400])],
)
def test_levels_are_round(low: float, high: float, wanted: list[float]) -> None:
    assert ticks(low, high)[0] == wanted


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_levels_are_few_inside_and_told_apart(low: float, length: float) -> None:
    values, places = ticks(low, low + length)
    assert 2 <= len(values) <= 6
    assert all(low - length * 0.01 <= value <= low + length * 1.01 for value in values)
    assert len({f"{value:.{places}f}" for value in values}) == len(values)
