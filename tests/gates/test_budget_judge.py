"""The judge of error budgets; the vectors are those of the definition in docs/health.md."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges.budget import Budget, may_begin
from rollouts.gates.judges.protocol import Opinion, State
from rollouts.gates.values import Word
from tests.gates.windows import window, windows

PROMISE: dict[str, Any] = {"what": "Orders 3", "target": 0.999, "period_total": 4_000_000, "normal": 0.001}


def judge(*counts: tuple[float, float] | None, **settings: Any) -> tuple[State, Opinion]:
    return Budget().update(Budget().start({**PROMISE, **settings}), windows(*counts))


def test_what_is_spent_beyond_the_cap_fails() -> None:
    state, opinion = judge(*[(12, 600)] * 10)
    assert (state["bad"], state["total"]) == (120, 6000)
    assert opinion.word is Word.FAIL
    assert opinion.evidence["spent"] == pytest.approx(0.0285)
    assert opinion.sentence == "Orders 3 has spent 2.85 % of the error budget, allowed are 2 %."
    assert judge(*[(12, 600)] * 10, most=0.0285)[1].word is Word.PASS


def test_the_old_version_beside_says_what_is_normal() -> None:
    state, _ = Budget().update(
        Budget().start(PROMISE), [window(0, 120, 6000, baseline_bad=20, baseline_total=1000)]
    )
    assert Budget().update(state, [])[1].evidence["spent"] == 0
    assert judge((0, 600))[1].evidence["spent"] == 0


def test_exactly_the_cap_is_well_and_a_small_budget_is_one_too() -> None:
    halves: dict[str, Any] = {"target": 0.5, "period_total": 200, "normal": 0}
    assert judge((2, 4), **halves)[1].word is Word.PASS
    assert judge((3, 4), **halves)[1].word is Word.FAIL
    assert judge((0, 1), target=0.5, period_total=1)[1].evidence["spent"] == 0


def test_the_evidence_holds_counts_and_settings() -> None:
    state, opinion = Budget().update(
        Budget().start({**PROMISE, "warm_up": 2}),
        [window(number, 60, 3000, baseline_bad=3, baseline_total=3000) for number in range(4)],
    )
    assert opinion.evidence == {
        "signal": "errors",
        "most": 0.02,
        "min_requests": 1,
        "warm_up": 2,
        "bad": 120,
        "total": 6000,
        "baseline_bad": 6,
        "baseline_total": 6000,
        "target": 0.999,
        "period_total": 4_000_000,
        "spent": pytest.approx(0.0285),
        "measurements": 2,
        "silent_windows": 0,
        "last_window": 180,
    }
    assert Budget().update(state, windows(None, since=4))[1].evidence["silent_windows"] == 1


def test_no_promise_and_no_traffic_are_no_data() -> None:
    opinion = judge((1, 600), period_total=0)[1]
    assert (opinion.word, opinion.sentence) == (
        Word.NO_DATA,
        "The error budget cannot be said: the SLO has counted no requests.",
    )
    assert judge((0, 600), None, (0, 1))[1].word is Word.PASS
    opinion = judge((0, 600), None)[1]
    assert (opinion.word, opinion.sentence) == (
        Word.NO_DATA,
        "Orders 3 cannot be said: no data in the newest window.",
    )
    assert judge((0, 600), (0, 0), None)[1].sentence.endswith("no data in the last 2 windows.")
    assert judge((120, 600), None)[1].word is Word.FAIL


def test_it_waits_for_warm_up_and_requests() -> None:
    assert judge()[1].sentence == "Orders 3 waits for its first window."
    assert judge((120, 600), warm_up=2)[1].sentence == "Orders 3 is warming up: 1 window to go."
    state, opinion = judge((0, 60), min_requests=100)
    assert (opinion.word, state["enough"]) == (Word.PENDING, [])
    assert opinion.sentence == "Orders 3 waits for requests: 60 of 100 requests so far."
    state, opinion = judge((0, 60), (0, 60), min_requests=100)
    assert (opinion.word, state["enough"]) == (Word.PASS, [[60, 120]])
    state, opinion = judge((0, 100), min_requests=100)
    assert (opinion.word, state["enough"]) == (Word.PASS, [[0, 60]])
    held, _ = Budget().update(Budget().start(PROMISE), [window(0, 0, 60, counts=False)])
    assert held["enough"] == []


@pytest.mark.parametrize(
    ("remaining", "firing", "word", "said"),
    [
        (None, "", Word.NO_DATA, "Orders answer cannot be said: nothing was counted lately."),
        (0.5, "", Word.PASS, "Orders answer has 50 % of its error budget left."),
        (
            0,
            "",
            Word.PENDING,
            "Orders answer has 0 % of its error budget left. It waits until 10 % are left.",
        ),
        (0.1, "ticket", Word.PASS, "Orders answer has 10 % of its error budget left."),
        (
            0.09,
            "",
            Word.PENDING,
            "Orders answer has 9 % of its error budget left. It waits until 10 % are left.",
        ),
        (
            -0.5,
            "",
            Word.PENDING,
            "Orders answer has overspent its error budget. It waits until 10 % are left.",
        ),
        (
            0.5,
            "page",
            Word.PENDING,
            "Orders answer has 50 % of its error budget left and burns it too fast. "
            "It waits until that is over.",
        ),
    ],
)
def test_a_stage_begins_with_a_tenth_left_and_no_fast_burn(
    remaining: float | None, firing: str, word: Word, said: str
) -> None:
    opinion = may_begin("Orders answer", remaining, firing)
    assert (opinion.word, opinion.sentence) == (word, said)
    assert opinion.evidence == {"remaining": remaining, "firing": firing, "least": 0.1}


counts = st.one_of(st.none(), st.integers(0, 99).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))


@given(given_counts=st.lists(counts, max_size=20), cut=st.integers(0, 20))
def test_a_replay_equals_window_by_window(given_counts: list[Any], cut: int) -> None:
    whole, opinion = judge(*given_counts)
    state, _ = judge(*given_counts[:cut])
    again = Budget().update(json.loads(json.dumps(state)), windows(*given_counts))
    assert again == (whole, opinion)
