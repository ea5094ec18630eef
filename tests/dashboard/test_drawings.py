"""Pictures: round numbers that people can read, whatever the range, and words that cover no other."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.dashboard.drawings import line
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


HEIGHTS = st.floats(line.TOP, line.BOTTOM)
TEXTS = st.sampled_from(["new 0.00 %", "old 0.00 %", "limit 5 %", "now 22.7 a second", "fails at 100 %"])


@given(st.lists(st.tuples(HEIGHTS, TEXTS), max_size=5))
def test_words_at_the_ends_of_lines_cover_no_other(ends: list[tuple[float, str]]) -> None:
    drawn = line.labels([line.Words(y, text, "t-ink") for y, text in ends])
    heights = sorted(float(y) for each in drawn for y in re.findall(r' y="([-0-9.]+)"', each))
    assert len(heights) == len(ends)
    assert all(low + 16.8 <= high for low, high in zip(heights, heights[1:], strict=False))
    assert not heights or heights[-1] <= line.DEEPEST


def test_the_new_version_stands_above_the_old_one_of_equal_height() -> None:
    old, new = line.Words(line.BOTTOM, "old", "t-quiet"), line.Words(line.BOTTOM, "new", "t-ink")
    first, second = line.labels([old, new])
    assert ("new<" in first, "old<" in second) == (True, True)


def test_words_that_are_too_long_end_inside_the_picture() -> None:
    (drawn,) = line.labels([line.Words(100, "now 22.7 a second", "t-ink")])
    assert 'text-anchor="end"' in drawn


def test_the_words_of_events_that_are_close_stand_below_each_other() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    times = [at + timedelta(minutes=number) for number in range(21)]
    series = line.Series(
        *("c", "Errors", "", "%"),
        canary=tuple((each, 1.0) for each in times),
        marks=tuple(
            line.Mark(times[place], word) for place, word in ((19, "halted"), (18, "started"), (2, "held"))
        ),
    )
    frame = line.frame_of(series)
    assert frame is not None
    heights = [
        re.findall(r' y="([0-9.]+)"', each)[0] for each in line.marks(series, frame) if "<text" in each
    ]
    assert heights == ["22", "22", "39"]
