"""Burn rates and budgets: the vectors of the workbook's method, and what no traffic means."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.health.slos.values import PAIRS, Count, burn, burning, remaining, spent_by

MONTH = timedelta(days=30)
HOUR, FIVE = timedelta(hours=1), timedelta(minutes=5)


def test_the_factors_of_thirty_and_of_twenty_eight_days() -> None:
    assert [round(pair.factor(MONTH), 6) for pair in PAIRS] == [14.4, 6.0, 3.0, 1.0]
    assert [round(pair.factor(timedelta(days=28)), 2) for pair in PAIRS] == [13.44, 5.6, 2.8, 0.93]


@pytest.mark.parametrize(("bad", "fires"), [(72, True), (71, False)])
def test_a_pair_fires_when_both_windows_burn_at_its_factor(bad: int, fires: bool) -> None:
    first = burning({HOUR: Count(bad, 5000), FIVE: Count(9, 400)}, 0.999, MONTH)[0]
    assert [first.long, first.short] == pytest.approx([bad / 5, 22.5])
    assert first.fires is fires


def test_a_few_bad_requests_of_few_alert_nobody() -> None:
    few = burning({HOUR: Count(4, 20), FIVE: Count(4, 5)}, 0.999, MONTH)[0]
    assert (few.long, few.fires) == (200.0, False)
    recovered = burning({HOUR: Count(500, 5000), FIVE: Count(2, 500)}, 0.999, MONTH)[0]
    assert not recovered.fires


def test_no_traffic_is_no_data_and_burns_nothing() -> None:
    assert burn(Count(), 0.999) is None
    assert remaining(Count(), 0.999) is None
    assert spent_by(Count(1, 2), 0, 0, 0.999) is None
    assert all(not each.fires and each.long is None for each in burning({}, 0.999, MONTH))


def test_what_is_left_may_be_less_than_nothing() -> None:
    assert remaining(Count(0, 1000), 0.999) == 1
    assert remaining(Count(1, 1000), 0.999) == 0
    assert remaining(Count(3, 1000), 0.999) == -2


def test_what_a_canary_has_spent_is_its_surplus_alone() -> None:
    assert spent_by(Count(120, 6000), 0.001, 4_000_000, 0.999) == 0.0285
    assert spent_by(Count(5, 6000), 0.001, 4_000_000, 0.999) == 0


@given(
    bad=st.integers(0, 50),
    more=st.integers(1, 50),
    good=st.integers(0, 5000),
    target=st.sampled_from([0.9, 0.99, 0.999]),
)
def test_more_bad_requests_never_leave_more_and_never_silence(
    bad: int, more: int, good: int, target: float
) -> None:
    before, after = Count(bad, bad + good), Count(bad + more, bad + more + good)
    left = remaining(before, target)
    assert left is None or (remaining(after, target) or -1) <= left
    was = burning({HOUR: before, FIVE: before}, target, MONTH)[0].fires
    now = burning({HOUR: after, FIVE: after}, target, MONTH)[0].fires
    assert now or not was
