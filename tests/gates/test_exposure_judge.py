import copy
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges import spans
from rollouts.gates.judges.binomial import lower_tail, outside, upper_tail
from rollouts.gates.judges.exposure import Exposure, Reading, is_off, reading
from rollouts.gates.judges.protocol import Opinion, State
from rollouts.gates.judges.words import amount, percent, times
from rollouts.gates.values import Word
from tests.gates.windows import window, windows

AGREES, OFF, SILENT, EMPTY = (10, 100), (40, 100), None, (0, 0)


def _judge(*counts: tuple[float, float] | None, **settings: object) -> tuple[State, Opinion]:
    judge = Exposure()
    return judge.update(judge.start({"granted": 0.1, **settings}), windows(*counts))


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ([], Word.PENDING),
        ([AGREES], Word.PASS),
        ([OFF], Word.PENDING),
        ([OFF, OFF], Word.FAIL),
        ([OFF, SILENT, OFF], Word.FAIL),
        ([OFF, AGREES, OFF], Word.PENDING),
        ([OFF, OFF, AGREES], Word.PASS),
        ([AGREES, SILENT], Word.NO_DATA),
        ([AGREES, EMPTY], Word.NO_DATA),
        ([OFF, OFF, SILENT], Word.FAIL),
        ([OFF, OFF, *[SILENT] * 4], Word.FAIL),
        ([OFF, OFF, *[SILENT] * 5], Word.NO_DATA),
        ([OFF, *[SILENT] * 5, OFF], Word.PENDING),
    ],
)
def test_two_windows_off_in_a_row_fail(counts: list[tuple[float, float] | None], word: Word) -> None:
    assert _judge(*counts)[1].word is word


def test_little_traffic_alone_is_no_failure() -> None:
    # 1 of 3 is 33 %, far from 10 %, and quite what chance does.
    assert _judge((1, 3), (1, 3))[1].word is Word.PASS
    assert _judge((0, 20), (0, 20))[1].word is Word.PASS


def test_a_single_request_is_counted() -> None:
    assert _judge((0, 1))[1].word is Word.PASS
    assert reading(windows((0, 1), (0, 1))) is Reading.ZERO


def test_much_traffic_within_the_tolerance_is_no_failure() -> None:
    # 14 % of a million is far outside of chance, and inside of 5 points.
    assert _judge((140_000, 1_000_000), (140_000, 1_000_000))[1].word is Word.PASS
    assert _judge((160_000, 1_000_000), (160_000, 1_000_000))[1].word is Word.FAIL


@pytest.mark.parametrize(("granted", "exposed"), [(0.0, 100), (0.0, 10), (1.0, 0), (1.0, 90), (0.5, 100)])
def test_what_was_not_granted_at_all_is_off(granted: float, exposed: float) -> None:
    assert _judge((exposed, 100), (exposed, 100), granted=granted)[1].word is Word.FAIL


@pytest.mark.parametrize(("granted", "exposed"), [(0.0, 0), (1.0, 100), (0.0, 5), (1.0, 95)])
def test_all_or_nothing_agrees_within_the_tolerance(granted: float, exposed: float) -> None:
    assert _judge((exposed, 100), granted=granted)[1].word is Word.PASS


def test_sentences_say_share_counts_and_what_was_granted() -> None:
    assert _judge(AGREES, what="The share of orders 3")[1].sentence == (
        "The share of orders 3 is 10 % (10 of 100 requests), granted are 10 %: they agree."
    )
    assert _judge(OFF)[1].sentence == (
        "The new version's share of traffic is 40 % (40 of 100 requests), granted are 10 %: "
        "off in one window, it fails at 2."
    )
    assert _judge(OFF, OFF)[1].sentence.endswith("granted are 10 %: off for 2 windows in a row.")
    assert _judge(SILENT)[1].sentence == (
        "The new version's share of traffic cannot be said: no traffic was counted in the newest window."
    )
    assert _judge(warm_up=2)[1].sentence.endswith("is warming up: 2 windows to go.")
    assert _judge(AGREES, warm_up=2)[1].sentence.endswith("is warming up: 1 window to go.")
    assert _judge()[1].sentence.endswith("waits for its first window.")


def test_warm_up_windows_are_discarded() -> None:
    state, opinion = _judge(OFF, OFF, AGREES, warm_up=2)
    assert opinion.word is Word.PASS
    assert len(state["recent"]) == 1


def test_the_evidence_holds_shares_and_settings() -> None:
    _, opinion = _judge(AGREES, OFF)
    assert opinion.evidence == {
        "granted": 0.1,
        "tolerance": 5.0,
        "confidence": 0.999,
        "windows": 2,
        "warm_up": 0,
        "recent": [
            {"start": 0, "exposed": 10, "total": 100, "off": False},
            {"start": 60, "exposed": 40, "total": 100, "off": True},
        ],
        "off": 1,
        "silent_windows": 0,
        "last_window": 60,
    }


counts = st.one_of(
    st.none(), st.integers(0, 200).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
)


@given(st.lists(counts, max_size=20), st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.integers(0, 3))
def test_a_full_replay_equals_taking_windows_one_by_one(
    given_counts: list[tuple[int, int] | None], granted: float, warm_up: int
) -> None:
    judge = Exposure()
    start = judge.start({"granted": granted, "warm_up": warm_up})
    untouched = copy.deepcopy(start)
    whole, opinion = judge.update(start, windows(*given_counts))
    state, last = judge.update(start, [])
    for number in range(len(given_counts)):
        state, last = judge.update(json.loads(json.dumps(state)), windows(*given_counts)[: number + 1])
    assert (state, last) == (whole, opinion)
    assert start == untouched


@pytest.mark.parametrize(
    ("x", "n", "p"),
    [(0, 10, 0.5), (3, 10, 0.5), (10, 10, 0.5), (5, 100, 0.1), (30, 100, 0.1), (1, 3, 0.1), (0, 1, 0.9)],
)
def test_tails_are_exact(x: int, n: int, p: float) -> None:
    def exact(k: int) -> float:
        return math.comb(n, k) * p**k * (1 - p) ** (n - k)

    assert lower_tail(x, n, p) == pytest.approx(sum(exact(k) for k in range(x + 1)), rel=1e-9)
    assert upper_tail(x, n, p) == pytest.approx(sum(exact(k) for k in range(x, n + 1)), rel=1e-9)


def test_tails_at_the_edges() -> None:
    assert lower_tail(-1, 10, 0.5) == 0
    assert lower_tail(0, 10, 0) == 1
    assert lower_tail(9, 10, 1) == 0
    assert lower_tail(10, 10, 1) == 1
    assert upper_tail(0, 10, 0.5) == pytest.approx(1)
    assert upper_tail(1, 10, 0) == 0


@pytest.mark.parametrize(("n", "p"), [(10, 0.1), (100, 0.1), (1000, 0.5), (250, 0.99)])
def test_the_interval_holds_what_it_promises(n: int, p: float) -> None:
    def exact(k: int) -> float:
        log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        return math.exp(log + k * math.log(p) + (n - k) * math.log1p(-p))

    false = sum(exact(k) for k in range(n + 1) if outside(k, n, p, 0.999))
    assert false <= 0.001


def test_large_counts_take_no_time() -> None:
    assert not is_off(5_000_000, 10_000_000, {"granted": 0.5, "tolerance": 0, "confidence": 0.999})
    assert is_off(5_006_000, 10_000_000, {"granted": 0.5, "tolerance": 0, "confidence": 0.999})


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([], Reading.NO_DATA),
        ([(0, 90)], Reading.NO_DATA),
        ([(0, 90), (0, 90)], Reading.ZERO),
        ([(9, 90), (0, 90), (0, 90)], Reading.ZERO),
        ([(0, 90), (1, 90)], Reading.NOT_ZERO),
        ([(1, 90), (0, 90)], Reading.NOT_ZERO),
        ([(1, 90)], Reading.NOT_ZERO),
        ([(0, 90), None], Reading.NO_DATA),
        ([(0, 90), (0, 0)], Reading.NO_DATA),
        ([(0, 0), (0, 0)], Reading.NO_DATA),
        ([(1, 90), None], Reading.NOT_ZERO),
        ([(1, 90), None, None], Reading.NO_DATA),
    ],
)
def test_zero_needs_traffic_and_none_of_it_on_the_new_version(
    counts: list[tuple[float, float] | None], found: Reading
) -> None:
    assert reading(windows(*counts)) is found


def test_what_a_gap_carries_is_not_looked_at() -> None:
    assert reading([window(0, 5, 10, gap=True), window(1, 0, 10)]) is Reading.NO_DATA


def test_spans_grow_meet_and_are_measured() -> None:
    one = spans.add(spans.add(spans.add([], 0, 5), 5, 10), 20, 25)
    assert one == [[0, 10], [20, 25]]
    assert spans.add(one, 22, 24) == one
    assert spans.both(one, [[3, 22], [24, 30]]) == [[3, 10], [20, 22], [24, 25]]
    assert spans.both(one, []) == []
    assert spans.both([[0, 10]], [[10, 20]]) == []
    assert spans.both([[0, 9]], [[1, 2], [3, 4], [5, 6]]) == [[1, 2], [3, 4], [5, 6]]
    assert spans.everywhere([]) == []
    assert spans.everywhere([one]) == one
    assert spans.everywhere([one, [[3, 22]], [[0, 4], [21, 30]]]) == [[3, 4], [21, 22]]
    assert spans.length(one) == 15
    many = [[n * 10, n * 10 + 5] for n in range(spans.MOST)]
    assert spans.add(many, 10_000, 10_005) == [*many[1:], [10_000, 10_005]]


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.05, "5 %"), (0.9994, "99.9 %"), (0.0042, "0.42 %"), (1, "100 %"), (0, "0 %"), (0.125, "12.5 %"),
        (0.02345, "2.35 %"), (0.1, "10 %"), (0.00004, "0 %"),
        (0.10456, "10.5 %"), (0.0999, "9.99 %"), (12, "1200 %"),
    ],
)  # fmt: skip
def test_shares_are_said_with_as_many_digits_as_matter(share: float, said: str) -> None:
    assert percent(share) == said


def test_numbers_have_their_units() -> None:
    assert amount("errors", 0.05) == "5 %"
    assert amount("latency", 0.05) == "5 %"
    assert amount("traffic", 1234.5) == "1,234.5 requests a second"
    assert amount("saturation", 8.0) == "8"
    assert amount("saturation", 1200) == "1,200"
    assert times(1, "window") == "1 window"
    assert times(0, "window") == "0 windows"
