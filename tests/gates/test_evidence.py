"""How evidence adds up window by window, is foretold, and is drawn."""

import math
from dataclasses import asdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollouts.gates.judges import mixture, pairs, replay
from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit_e import LimitE
from rollouts.gates.judges.pairs import Arms
from tests.gates.test_sequential_judges import DOUBLE, EVEN, SILENT, rows

BAR = math.log(20)
amounts = st.floats(-3, 3)


def beta(a: float, b: float) -> float:
    """ln B(a, b), as textbooks write it."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


@given(
    process=st.lists(st.one_of(st.none(), amounts), min_size=24, max_size=24),
    increments=st.lists(st.floats(-0.5, 1.5), min_size=24, max_size=24),
)
def test_what_is_foretold_is_what_comes(process: list[float | None], increments: list[float]) -> None:
    now, log_e, came = list(process), -math.inf, 0
    while log_e < BAR and came < 200:
        now, log_e = mixture.begun(now, increments, mixture.cap(0.05))
        came += 1
    foretold = mixture.windows_to(process, increments, 0.05)
    assert foretold == came if log_e >= BAR else foretold is None or foretold > 200


@pytest.mark.parametrize("many", [1, 2, 3, 5, 1000, 16_000])
def test_even_steps_come_to_the_bar_when_they_add_up_to_it(many: int) -> None:
    step = [BAR / many + 1e-12] * 24
    alone = mixture.windows_to(mixture.FROM_ONE, step, 0.05)
    assert alone == max(many, 3)  # the cap takes three windows at least
    assert mixture.windows_to([BAR] * 24, step, 0.05) == 1


def test_too_many_windows_are_not_foretold() -> None:
    assert mixture.windows_to(mixture.FROM_ONE, [0.0] * 24, 0.05) is None
    assert mixture.windows_to(mixture.FROM_ONE, [BAR / 30_000] * 24, 0.05) is None


def test_increments_of_another_grid_are_refused() -> None:
    for short in ([0.1] * 23, [0.1] * 25):
        with pytest.raises(ValueError, match="zip"):
            mixture.begin_any_time(mixture.NOT_BEGUN, short, 1, 1)
        with pytest.raises(ValueError, match="zip"):
            mixture.begun(mixture.FROM_ONE, short, 1)
        with pytest.raises(ValueError, match="zip"):
            mixture.windows_to(mixture.FROM_ONE, short, 0.05)


def test_a_process_that_may_begin_in_any_window_weighs_the_windows_to_come() -> None:
    process, log_e = mixture.begin_any_time(mixture.NOT_BEGUN, [0.3] * 24, 1, 1)
    assert process == pytest.approx([0.3 - math.log(2)] * 24)
    assert math.exp(log_e) == pytest.approx(math.exp(0.3) / 2 + 1 / 2)
    process, log_e = mixture.begin_any_time(process, [2.0] * 24, 2, 1)
    begun = math.exp(0.3) / 2 * math.exp(1) + math.exp(1) / 6  # capped at 1
    assert [math.exp(log) for log in process if log is not None] == pytest.approx([begun] * 24)
    assert math.exp(log_e) == pytest.approx(begun + 1 / 3)


counts = st.integers(1, 300).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


windows = st.tuples(counts, counts).map(lambda two: (*two[0], *two[1]))


@example(now=(1, 60, 0, 60), rho=1.25, seen=[])
@example(now=(9, 600, 6, 600), rho=1, seen=[(1, 60, 1, 60), (2, 60, 0, 60)])
@given(now=windows, rho=st.sampled_from([0.5, 1, 1.25]), seen=st.lists(windows, max_size=4))
def test_a_window_says_the_beta_binomial_likelihood_ratio(
    now: tuple[int, int, int, int], rho: float, seen: list[tuple[int, int, int, int]]
) -> None:
    learned = dict(pairs.NOTHING)
    for each in seen:
        learned = pairs.learn(learned, Arms(*each))
    found = pairs.increments(Arms(*now), rho, learned)
    x, n, y, m = now
    c, q = 1 / noise(seen) - 1, rho * n / (rho * n + m)
    base = beta(x + q * c, y + (1 - q) * c) - beta(q * c, (1 - q) * c)
    for factor, increment in zip(mixture.FACTORS, found, strict=True):
        tilted = factor * q / (1 - q + factor * q)
        more = beta(x + tilted * c, y + (1 - tilted) * c) - beta(tilted * c, (1 - tilted) * c)
        assert increment == pytest.approx(more - base if x + y else 0, abs=1e-7)


def noise(seen: list[tuple[int, int, int, int]]) -> float:
    """The correlation of a window's split, from the windows before: the definition in docs/health.md."""
    spread = pairs_of = together = 0.0
    bad = all_bad = many = 0
    for x, n, y, m in seen:
        k, mean = x + y, (2 * n / (n + m) + bad) / (2 + all_bad)
        if k >= 2:
            spread += (x - k * mean) ** 2 / (mean * (1 - mean))
            pairs_of, together, many = pairs_of + k * (k - 1), together + k, many + 1
        bad, all_bad = bad + x, all_bad + k
    estimate = min(max((spread - together) / pairs_of, 0), 0.3) if pairs_of else 0
    return (5 * 0.02 + many * estimate) / (5 + many)


def test_the_course_shows_evidence_growing_and_nothing_where_nothing_was_counted() -> None:
    judge = Compare()
    given_rows = rows(DOUBLE, EVEN, *[DOUBLE] * 20, SILENT, DOUBLE)
    before = judge.start({"warm_up": 1, "guard": False})
    course = judge.course(before, given_rows)
    assert [start for start, _share in course] == [row.start for row in given_rows]
    assert [number for number, (_start, share) in enumerate(course) if share is None] == [0, 22]
    assert course[1][1] == 0
    state = before
    for window, (_start, share) in zip(given_rows, course, strict=True):
        state, _opinion = judge.update(state, [window])
        if share is not None:
            assert share == pytest.approx(max(0.0, state["log_e"]) / BAR)
    assert max(share or 0 for _start, share in course) > 1
    assert before == judge.start({"warm_up": 1, "guard": False})


def test_a_replay_keeps_each_window_once_and_reads_those_of_old_rows_by_name() -> None:
    judge = Compare()
    given_rows = rows(*[DOUBLE] * 4)
    state, kept = judge.start({}), replay.begin(judge.start({}))
    for end in (2, 4, 4):
        overlap = given_rows[max(0, end - 3) : end]
        kept = replay.take(judge, kept, state, overlap)
        state, opinion = judge.update(state, overlap)
    assert replay.windows(kept) == given_rows
    by_name = {"before": kept["before"], "windows": [asdict(each) for each in given_rows]}
    assert replay.again(judge, by_name) == (state, opinion)


def test_a_replay_may_begin_in_the_middle_of_a_course() -> None:
    """A gate whose older evidence holds no windows goes on from its state."""
    judge = Compare()
    given_rows = rows(*[DOUBLE] * 6)
    state, _opinion = judge.update(judge.start({}), given_rows[:4])
    kept = replay.take(judge, replay.begin(state), state, given_rows[4:])
    assert replay.windows(kept) == given_rows[4:]
    assert replay.again(judge, kept) == judge.update(judge.start({}), given_rows)


def test_the_course_goes_on_from_a_state_and_leaves_it_alone() -> None:
    judge = LimitE()
    given_rows = rows(*[((30, 600), (0, 0))] * 8)
    whole = judge.course(judge.start({"limit": 0.01, "guard": False}), given_rows)
    half, _opinion = judge.update(judge.start({"limit": 0.01, "guard": False}), given_rows[:4])
    kept = {**half, "recent": [*half["recent"]], "enough": [*half["enough"]]}
    assert judge.course(half, given_rows[4:]) == whole[4:]
    assert half == kept
