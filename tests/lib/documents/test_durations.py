from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.lib.documents.durations import parse, spoken, words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300ms", 0.3), ("30s", 30), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("5d", 432000)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "s", "-3s", "3 s", "3w", "1h 30m", "99999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration|ten years"):
        parse(text)


@given(st.integers(0, 3650 * 86_400_000))
def test_words_read_back(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse(words(length)) == length


def test_sentences_have_spaces() -> None:
    assert spoken(timedelta(hours=1, minutes=30)) == "1 h 30 min"
    assert spoken(timedelta()) == "0 s"
