import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges.limit import Limit
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.values import Word
from tests.gates.windows import window, windows

GOOD, BAD, SILENT, EMPTY = (1, 100), (6, 100), None, (0, 0)


def _start(**settings: Any) -> State:
    return Limit().start({"what": "Errors of orders 3", "limit": 0.05, **settings})


def _judge(*counts: tuple[float, float] | None, **settings: Any) -> tuple[State, Opinion]:
    return Limit().update(_start(**settings), windows(*counts))


def test_the_state_before_any_window_is_pending() -> None:
    state, opinion = _judge()
    assert opinion.word is Word.PENDING
    assert opinion.sentence == "Errors of orders 3 waits for its first window."
    assert state == {
        "settings": {
            "what": "Errors of orders 3",
            "signal": "errors",
            "direction": "above",
            "limit": 0.05,
            "breach_count": 3,
            "breach_of": 5,
            "min_requests": 1,
            "warm_up": 0,
        },
        "last": None,
        "warmed": 0,
        "silent": 0,
        "measured": 0,
        "thin": None,
        "recent": [],
        "enough": [],
    }


def test_the_judge_speaks_of_the_measurement_when_nobody_names_it() -> None:
    _, opinion = Limit().update(Limit().start({"limit": 0.05}), [])
    assert opinion.sentence == "The measurement waits for its first window."


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ([GOOD], Word.PASS),
        ([BAD], Word.PENDING),
        ([BAD, BAD], Word.PENDING),
        ([BAD, BAD, BAD], Word.FAIL),
        ([BAD, GOOD, BAD, GOOD, BAD], Word.FAIL),
        ([BAD, GOOD, GOOD, BAD, GOOD, BAD], Word.PENDING),
        ([BAD, BAD, GOOD, GOOD, GOOD, BAD], Word.PENDING),
        ([BAD, BAD, GOOD], Word.PASS),
        ([BAD, BAD, BAD, GOOD, GOOD], Word.FAIL),
        ([BAD, BAD, BAD, GOOD, GOOD, GOOD], Word.PASS),
        ([SILENT], Word.NO_DATA),
        ([EMPTY], Word.NO_DATA),
        ([GOOD, SILENT], Word.NO_DATA),
        ([GOOD, EMPTY], Word.NO_DATA),
        ([GOOD, SILENT, GOOD], Word.PASS),
        ([BAD, SILENT, BAD, SILENT, BAD], Word.FAIL),
        ([BAD, BAD, SILENT], Word.NO_DATA),
        ([BAD, BAD, BAD, SILENT], Word.FAIL),
        ([BAD, BAD, BAD, SILENT, SILENT, SILENT, SILENT], Word.FAIL),
        ([BAD, BAD, BAD, SILENT, SILENT, SILENT, SILENT, EMPTY], Word.NO_DATA),
        ([BAD, BAD, SILENT, SILENT, SILENT, SILENT, BAD], Word.FAIL),
        ([BAD, BAD, SILENT, SILENT, SILENT, SILENT, SILENT, BAD], Word.PENDING),
    ],
)
def test_three_breaches_of_the_last_five_measurements_fail(
    counts: list[tuple[float, float] | None], word: Word
) -> None:
    assert _judge(*counts)[1].word is word


def test_exactly_the_limit_is_inside() -> None:
    assert _judge((5, 100))[1].word is Word.PASS
    assert _judge((5.0001, 100))[1].word is Word.PENDING


def test_a_limit_from_below_is_breached_by_less() -> None:
    start = _start(signal="traffic", direction="below", limit=10, breach_count=1)
    assert Limit().update(start, [window(0, value=10)])[1].word is Word.PASS
    _, opinion = Limit().update(start, [window(0, value=9.5)])
    assert opinion.word is Word.FAIL
    assert opinion.sentence == (
        "Errors of orders 3 is 9.5 requests a second; "
        "1 of the last 1 measurement is under the limit of 10 requests a second."
    )


def test_a_number_is_judged_by_its_value_and_needs_no_requests() -> None:
    start = _start(
        signal="saturation", limit=8, breach_count=2, breach_of=2, what="In flight", min_requests=50
    )
    state, opinion = Limit().update(
        start, [window(0, value=8.5), window(1, value=0), window(2, value=1234.5)]
    )
    assert opinion.word is Word.PENDING
    assert opinion.sentence == (
        "In flight is 1,234.5; 1 of the last 2 measurements is over the limit of 8. It fails at 2."
    )
    assert state["enough"] == [[0, 180]]
    assert state["recent"][-1] == {
        "start": 120,
        "end": 180,
        "value": 1234.5,
        "windows": 1,
        "breach": True,
        "seen_by": "",
    }


def test_a_number_that_nobody_gave_is_no_data() -> None:
    start = _start(signal="saturation", limit=8)
    _, opinion = Limit().update(start, [window(0, total=100)])
    assert opinion.word is Word.NO_DATA


def test_a_gap_is_no_data_whatever_it_carries() -> None:
    start = _start()
    _, opinion = Limit().update(start, [window(0, 50, 100, gap=True)])
    assert opinion.word is Word.NO_DATA
    state, _ = Limit().update(_start(signal="saturation"), [window(0, value=1, gap=True)])
    assert state["silent"] == 1


def test_a_pass_says_value_and_limit() -> None:
    assert (
        _judge(GOOD)[1].sentence == "Errors of orders 3 is 1 % (1 of 100 requests): inside the limit of 5 %."
    )
    assert _judge(GOOD)[1].warning is False


def test_a_pass_after_a_breach_carries_a_warning() -> None:
    _, opinion = _judge(BAD, GOOD)
    assert opinion.warning is True
    assert opinion.sentence == (
        "Errors of orders 3 is 1 % (1 of 100 requests); "
        "1 of the last 2 measurements is over the limit of 5 %."
    )


def test_a_failure_says_value_counts_and_limit() -> None:
    _, opinion = _judge(GOOD, GOOD, BAD, BAD, BAD)
    assert opinion.warning is False
    assert opinion.sentence == (
        "Errors of orders 3 is 6 % (6 of 100 requests); "
        "3 of the last 5 measurements are over the limit of 5 %."
    )


def test_a_breach_that_does_not_fail_yet_says_when_it_would() -> None:
    _, opinion = _judge(BAD, BAD)
    assert opinion.warning is False
    assert opinion.sentence == (
        "Errors of orders 3 is 6 % (6 of 100 requests); "
        "2 of the last 2 measurements are over the limit of 5 %. It fails at 3."
    )


def test_what_the_callers_counted_is_said_so() -> None:
    start = _start()
    _, opinion = Limit().update(start, [window(0, 1, 100, seen_by="callers")])
    assert opinion.sentence == (
        "Errors of orders 3 is 1 % (1 of 100 requests, as its callers counted): inside the limit of 5 %."
    )
    _, opinion = Limit().update(start, [window(0, 1, 100, seen_by="server")])
    assert "counted" not in opinion.sentence


def test_silence_says_for_how_long() -> None:
    assert _judge(SILENT)[1].sentence == "Errors of orders 3 cannot be said: no data in the newest window."
    assert _judge(GOOD, SILENT, EMPTY)[1].sentence == (
        "Errors of orders 3 cannot be said: no data in the last 2 windows."
    )


def test_the_evidence_holds_numbers_and_settings() -> None:
    _, opinion = _judge(GOOD, BAD, SILENT, BAD)
    assert opinion.evidence == {
        "signal": "errors",
        "direction": "above",
        "limit": 0.05,
        "breach_count": 3,
        "breach_of": 5,
        "min_requests": 1,
        "warm_up": 0,
        "breaches": 2,
        "measurements": 3,
        "recent": [_measurement(0, *GOOD), _measurement(1, *BAD), _measurement(3, *BAD)],
        "silent_windows": 0,
        "last_window": 180,
    }
    assert _judge(SILENT, SILENT)[1].evidence["silent_windows"] == 2


def _measurement(number: int, bad: float, total: float, many: int = 1) -> dict[str, Any]:
    return {
        "start": number * 60,
        "end": (number + many) * 60,
        "bad": bad,
        "total": total,
        "windows": many,
        "value": bad / total,
        "breach": bad / total > 0.05,
        "seen_by": "",
    }


def test_only_the_last_n_measurements_are_kept() -> None:
    state, opinion = _judge(*[GOOD] * 7, BAD, breach_of=3)
    assert [each["start"] for each in state["recent"]] == [300, 360, 420]
    assert state["measured"] == 8
    assert opinion.evidence["measurements"] == 8


def test_warm_up_windows_are_discarded() -> None:
    state, opinion = _judge(BAD, BAD, BAD, GOOD, warm_up=3)
    assert opinion.word is Word.PASS
    assert opinion.warning is False
    assert state["enough"] == [[180, 240]]
    assert state["warmed"] == 3


@pytest.mark.parametrize(("seen", "said"), [(0, "3 windows"), (1, "2 windows"), (2, "1 window")])
def test_warming_up_says_how_long_it_takes(seen: int, said: str) -> None:
    state, opinion = _judge(*[BAD] * seen, warm_up=3)
    assert opinion.word is Word.PENDING
    assert opinion.sentence == f"Errors of orders 3 is warming up: {said} to go."
    assert state["recent"] == []


def test_a_silent_window_while_warming_up_is_discarded_as_well() -> None:
    state, opinion = _judge(SILENT, SILENT, warm_up=2)
    assert opinion.word is Word.PENDING
    assert opinion.sentence == "Errors of orders 3 waits for its first window."
    assert state["silent"] == 0


def test_windows_with_too_few_requests_are_put_together() -> None:
    state, opinion = _judge((1, 4), (0, 5), (1, 1), min_requests=10)
    assert opinion.sentence.startswith("Errors of orders 3 is 20 % (2 of 10 requests)")
    assert state["recent"] == [_measurement(0, 2, 10, many=3)]
    assert state["measured"] == 1
    assert state["thin"] is None
    assert state["enough"] == [[0, 180]]


def test_too_few_requests_are_neither_health_nor_silence() -> None:
    state, opinion = _judge((4, 4), (5, 5), min_requests=10)
    assert opinion.word is Word.PENDING
    assert opinion.sentence == "Errors of orders 3 waits for requests: 9 of 10 so far."
    assert state["thin"] == {"start": 0, "bad": 9, "total": 9, "windows": 2, "baked": [0, 60]}
    assert state["enough"] == []


def test_silence_between_few_requests_keeps_them_but_long_silence_does_not() -> None:
    state, _ = _judge((1, 5), *[SILENT] * 4, (0, 5), min_requests=10)
    assert state["recent"] == [{**_measurement(0, 1, 10, many=2), "end": 360}]
    assert state["enough"] == [[0, 60], [300, 360]]
    state, opinion = _judge((1, 5), *[SILENT] * 5, (0, 5), min_requests=10)
    assert state["recent"] == []
    assert state["thin"]["total"] == 5
    assert opinion.word is Word.PENDING


def test_enough_data_counts_windows_for_the_bake_and_gaps_do_not() -> None:
    state, _ = _judge(GOOD, BAD, SILENT, GOOD, EMPTY)
    assert state["enough"] == [[0, 120], [180, 240]]


def test_held_windows_are_judged_and_do_not_count() -> None:
    held = [window(0, *GOOD), window(1, *BAD, counts=False), window(2, *GOOD)]
    state, opinion = Limit().update(_start(), held)
    assert opinion.evidence["breaches"] == 1
    assert state["enough"] == [[0, 60], [120, 180]]
    thin = [window(0, 0, 5, counts=False), window(1, 0, 5)]
    assert Limit().update(_start(min_requests=10), thin)[0]["enough"] == [[60, 120]]
    gauge = [window(0, value=1, counts=False), window(1, value=1)]
    assert Limit().update(_start(signal="saturation"), gauge)[0]["enough"] == [[60, 120]]


def test_a_window_that_was_judged_changes_nothing() -> None:
    state, opinion = _judge(BAD, BAD)
    again, same = Limit().update(state, windows(BAD, BAD))
    assert (again, same) == (state, opinion)
    older, _ = Limit().update(state, [window(0, *BAD)])
    assert older == state


def test_the_given_state_is_not_changed() -> None:
    state, _ = _judge(GOOD, (1, 4), min_requests=10)
    before = copy.deepcopy(state)
    Limit().update(state, windows(BAD, BAD, SILENT, BAD, since=2))
    assert state == before


counts = st.one_of(
    st.none(),
    st.integers(0, 30).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
)
choices = st.fixed_dictionaries(
    {
        "limit": st.sampled_from([0.0, 0.05, 0.5]),
        "breach_count": st.integers(1, 3),
        "breach_of": st.integers(3, 5),
        "min_requests": st.integers(0, 20),
        "warm_up": st.integers(0, 3),
    }
)


@given(
    given_counts=st.lists(counts, max_size=40),
    settings=choices,
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_a_full_replay_equals_every_way_of_taking_windows_in(
    given_counts: list[tuple[int, int] | None], settings: dict[str, Any], cuts: list[int]
) -> None:
    judge = Limit()
    every = windows(*given_counts)
    whole, opinion = judge.update(judge.start(settings), every)
    state: State = judge.start(settings)
    step = judge.update(state, [])[1]
    edges = sorted({0, *cuts, len(every)})
    for begin, end in zip(edges, edges[1:], strict=False):
        # Half of the windows are offered a second time, as a second ticker would.
        overlap: list[JudgedWindow] = every[max(0, begin - 3) : end]
        state, step = judge.update(json.loads(json.dumps(state)), overlap)
    assert state == whole
    assert step == opinion
    assert len(json.dumps(whole)) < 4_000


@given(given_counts=st.lists(counts, max_size=40), settings=choices)
def test_a_pass_needs_data_in_the_newest_window_and_a_newest_measurement_inside(
    given_counts: list[tuple[int, int] | None], settings: dict[str, Any]
) -> None:
    state, opinion = Limit().update(Limit().start(settings), windows(*given_counts))
    if opinion.word is Word.PASS:
        newest = given_counts[-1]
        assert newest is not None
        assert newest[1] > 0
        assert not state["recent"][-1]["breach"]
        assert opinion.evidence["breaches"] < settings["breach_count"]
    if opinion.word is Word.FAIL:
        assert opinion.evidence["breaches"] >= settings["breach_count"]
