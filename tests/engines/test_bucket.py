"""Who is chosen by a percentage."""

from hypothesis import given
from hypothesis import strategies as st

from rollouts.engines.bucket import BUCKETS, bucket, is_on

KEYS = [f"customer-{number}" for number in range(4000)]
percents = st.floats(min_value=0, max_value=100, allow_nan=False)


@given(st.text(), st.text(), percents, percents)
def test_raising_the_percentage_removes_nobody(salt: str, key: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert not is_on(salt, key, low) or is_on(salt, key, high)


@given(st.text(), st.text())
def test_nobody_is_on_at_0_and_everybody_at_100(salt: str, key: str) -> None:
    assert not is_on(salt, key, 0)
    assert is_on(salt, key, 100)
    assert 0 <= bucket(salt, key) < BUCKETS


def test_the_share_that_is_on_is_the_percentage() -> None:
    for percent in (5, 25, 60):
        share = sum(is_on("salt", key, percent) for key in KEYS) / len(KEYS)
        assert abs(share - percent / 100) < 0.03


def test_two_rollouts_choose_independently() -> None:
    one = {key for key in KEYS if is_on("salt one", key, 50)}
    both = [key for key in one if is_on("salt two", key, 50)]
    assert abs(len(both) / len(one) - 0.5) < 0.04


def test_the_rule_stays_what_it_was() -> None:
    assert [bucket("s", key) for key in ("a", "b", "")] == [39120, 56642, 24372]
