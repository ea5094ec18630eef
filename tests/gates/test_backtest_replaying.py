"""Back-tests: arms drawn from past windows, bakes judged one by one, and how sure the numbers are."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.backtest.replaying import Tally, bakes, halt_in, tally, wilson
from rollouts.gates.backtest.splitting import Shift, arms, draw, thinned, worsened
from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit import Limit
from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.gates.values import Word


def past(many: int, bad: int = 10, total: int = 1000, **fields: object) -> list[JudgedWindow]:
    return [JudgedWindow(number * 60, bad, total, **fields) for number in range(many)]  # type: ignore[arg-type]


@given(n=st.integers(0, 500), p=st.floats(0, 1), seed=st.integers(0, 9))
def test_a_draw_is_one_of_its_outcomes(n: int, p: float, seed: int) -> None:
    assert 0 <= draw(random.Random(seed), n, p) <= n


@pytest.mark.parametrize(("n", "p"), [(20, 0.1), (20, 0.9), (400, 0.2), (100_000, 0.01)])
def test_draws_have_the_mean_and_spread_of_a_binomial(n: int, p: float) -> None:
    chance = random.Random(5)
    found = [draw(chance, n, p) for _ in range(4000)]
    mean = sum(found) / len(found)
    variance = sum((one - mean) ** 2 for one in found) / len(found)
    assert mean == pytest.approx(n * p, rel=0.03)
    assert variance == pytest.approx(n * p * (1 - p), rel=0.12)


def test_every_request_falls_into_one_arm() -> None:
    given = past(200)
    split = arms(given, 0.1)
    for before, after in zip(given, split, strict=True):
        assert after.bad + after.baseline_bad == before.bad
        assert after.total + after.baseline_total == before.total
    assert sum(one.total for one in split) == pytest.approx(20_000, rel=0.05)
    assert arms(given, 0.1) == split
    assert arms(given, 0.1, seed=8) != split


@given(first=st.integers(0, 150), last=st.integers(0, 49))
def test_a_window_falls_apart_the_same_way_whichever_days_are_looked_at_with_it(
    first: int, last: int
) -> None:
    given = past(200)
    part = given[first : 200 - last]
    for tried in (arms, thinned):
        assert tried(part, 0.1) == tried(given, 0.1)[first : 200 - last]
    split = arms(given, 0.1)
    assert worsened(split, Shift(points=1))[first : 200 - last][0].total == split[first].total


def test_windows_fall_apart_differently_from_each_other() -> None:
    assert len({one.bad for one in arms(past(200, bad=400), 0.5)}) > 20


def test_thin_and_worse_arms() -> None:
    split = arms(past(200), 0.5)
    thin = thinned(split, 0.1)
    assert sum(one.baseline_total for one in thin) == pytest.approx(10_000, rel=0.05)
    worse = worsened(split, Shift(3))
    assert sum(one.bad for one in worse) == pytest.approx(3 * sum(one.bad for one in split), rel=0.15)
    assert [one.baseline_bad for one in worse] == [one.baseline_bad for one in split]
    faultless = arms(past(50, bad=0), 0.5)
    assert worsened(faultless, Shift(5)) == faultless
    assert sum(one.bad for one in worsened(faultless, Shift(5), least=0.01)) > 100


def test_healthy_bakes_do_not_halt_and_worse_ones_do() -> None:
    split = arms(past(60 * 24, bad=20, total=2000), 0.2)
    healthy = tally(Compare(), {}, split, 60)
    assert (healthy.bakes, healthy.halted, healthy.undecided) == (24, 0, 0)
    caught = tally(Compare(), {}, worsened(split, Shift(5)), 60)
    assert caught.halted == 24
    assert caught.median_windows is not None
    assert caught.median_windows < 30
    limited = tally(Limit(), {"limit": 0.02}, past(120, bad=50), 60)
    assert (limited.bakes, limited.halted, limited.windows) == (2, 2, (3, 3))


def test_silent_bakes_are_counted_apart() -> None:
    silent = tally(Compare(), {}, past(60, gap=True), 30)
    assert (silent.bakes, silent.silent, silent.share) == (0, 2, None)
    assert silent.interval == (0.0, 1.0)
    nothing = tally(Compare(), {}, past(60), 30)  # traffic, and nothing to compare with
    assert (nothing.bakes, nothing.undecided, nothing.halted) == (2, 2, 0)


def test_bakes_are_whole_and_begin_with_the_warm_up() -> None:
    assert [len(bake) for bake in bakes(past(25), 10)] == [10, 10]
    assert tally(Limit(), {"limit": 0.001, "warm_up": 2}, past(24), 10).windows == (5, 5)


def test_a_halt_is_numbered_from_one() -> None:
    judged: Callable[..., tuple[int | None, Word]] = halt_in
    assert judged(Limit(), {"limit": 0.001}, past(9)) == (3, Word.FAIL)
    assert judged(Limit(), {"limit": 0.5}, past(9)) == (None, Word.PASS)
    assert judged(Limit(), {"limit": 0.5}, []) == (None, Word.PENDING)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 168, 0.0, 0.0224), (2, 168, 0.0033, 0.0424), (24, 24, 0.862, 1.0), (5, 10, 0.2366, 0.7634)],
)
def test_the_interval_is_wilsons(found: int, of: int, low: float, high: float) -> None:
    assert list(wilson(found, of)) == pytest.approx([low, high], abs=5e-4)


def test_a_tally_as_json() -> None:
    said = Tally(4, 1, 1, 2, (7,)).as_json()
    assert (said["share"], said["median_windows"], said["silent"]) == (0.25, 7, 2)
    assert Tally(0, 0, 0, 3).as_json()["median_windows"] is None
