"""What the judges that weigh evidence say, word by word, and the edges of their rules."""

import math
import re
from typing import Any

import pytest

from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit_e import LimitE
from rollouts.gates.values import Word
from tests.gates.test_sequential_judges import DOUBLE, EVEN, SILENT, Row, alone, run
from tests.gates.windows import window

FOUND = "Errors of orders 3 is 1 % (6 of 600 requests), allowed is 1.25 times the 1 % of the old version"
FEW: Row = ((1, 60), (1, 60))
THIN: Row = ((0, 10), (0, 10))


def said(given_rows: list[Row], **settings: Any) -> str:
    return run(Compare(), given_rows, **settings)[1].sentence


def test_a_pass_says_how_far_the_evidence_is() -> None:
    assert said([EVEN]).startswith(f"{FOUND}; nothing says that it is worse. Not enough traffic ")
    assert " stands at 52 % of what fails it. " in said([DOUBLE] * 10)
    assert said([EVEN] * 20).endswith("; nothing says that it is worse. A doubling is excluded.")
    opinion = run(LimitE(), alone((6, 600)), limit=0.01)[1]
    assert opinion.sentence == (
        "Errors of orders 3 is 1 % (6 of 600 requests), allowed is 1 %; nothing says that it is worse."
    )
    assert opinion.evidence["assured"] is False


def test_a_failure_says_how_often_chance_would_do_it() -> None:
    assert said([DOUBLE] * 14, alpha=0.05).endswith(
        ": it is worse than that. Were it not, such evidence would come up in at most 5 % of rollouts."
    )


def test_what_is_allowed_is_said_by_the_margin() -> None:
    assert ", allowed is the 1 % of the old version;" in said([EVEN], rho0=1)
    assert ", allowed is 2 times the 1 % of the old version;" in said([EVEN], rho0=2)
    assert ", allowed is 1.25 times the 1 % of 2.4.0;" in said([EVEN], beside="2.4.0")


def test_the_wait_is_told_in_windows_of_this_traffic() -> None:
    assert said([EVEN], min_requests=600, min_windows=3) == f"{FOUND}. It can decide in about 2 windows."
    assert said([EVEN], min_requests=601, min_windows=3) == (
        f"{FOUND}. It can decide in about 2 windows, at 601 requests."
    )
    assert said([THIN] * 3, min_requests=50).endswith("It can decide in about 2 windows, at 50 requests.")
    assert said([THIN] * 3, min_requests=1050).endswith(
        "It can decide in about 102 windows, at 1,050 requests."
    )
    assert said([EVEN] * 5, min_requests=50, min_windows=3).startswith("Errors of orders 3 is 1 % (30 of ")
    told = said([FEW] * 5)
    assert re.search(r" exclude a doubling yet: about \d+ windows to go at this traffic\.$", told)


def test_exactly_what_is_allowed_is_well_again() -> None:
    fails = run(Compare(), [DOUBLE] * 14 + [EVEN] * 4, rho0=1)[1]
    assert fails.word is Word.FAIL
    assert run(Compare(), [DOUBLE] * 14 + [EVEN] * 5, rho0=1)[1].word is not Word.FAIL


def test_a_new_silence_says_its_own_reason() -> None:
    unmatched: Row = ((6, 600), (0, 0))
    assert said([EVEN, unmatched]).endswith("nothing to compare with in the newest window.")
    assert said([EVEN, unmatched, EVEN, SILENT]).endswith("no data in the newest window.")
    assert said([DOUBLE] * 14 + [unmatched] * 4 + [SILENT]).endswith("no data in the last 5 windows.")


def test_the_evidence_holds_counts_settings_and_the_last_windows() -> None:
    judge = Compare()
    state = judge.start({"what": "Errors", "guard": False, "assure_after": 7})
    given_windows = [
        window(number, 12, 600, baseline_bad=5, baseline_total=500, seen_by="callers") for number in range(8)
    ]
    state, opinion = judge.update(state, [*given_windows, window(8, gap=True)])
    assert opinion.evidence == {
        "signal": "errors",
        "alpha": 0.05,
        "rho0": 1.25,
        "beside": "the old version",
        "min_requests": 1,
        "min_windows": 1,
        "warm_up": 0,
        "guard": False,
        "assure": False,
        "assure_after": 7,
        "forget_after": 5,
        "recover_after": 5,
        "log_e": state["log_e"],
        "bar": math.log(20),
        "strength": pytest.approx(state["most"] / math.log(20)),
        "measurements": 8,
        "bad": 96,
        "total": 4800,
        "baseline_bad": 40,
        "baseline_total": 4000,
        "assured": False,
        "failed_at": None,
        "guarded": False,
        "recent": [
            {
                "start": number * 60,
                "bad": 12,
                "total": 600,
                "value": 0.02,
                "baseline_bad": 5,
                "baseline_total": 500,
                "seen_by": "callers",
            }
            for number in range(3, 8)
        ],
        "silent_windows": 1,
        "last_window": 480,
    }
    assert state["most"] > 0
    told = judge.update(state, [window(9, 12, 600, baseline_bad=6, baseline_total=500, seen_by="callers")])[1]
    assert told.sentence.startswith("Errors is 2 % (108 of 5,400 requests, as its callers counted), allowed")


def test_thin_windows_are_put_together_until_they_are_enough_and_then_anew() -> None:
    judge = Compare()
    thin = [window(number, 0, many, baseline_total=10) for number, many in enumerate((10, 9, 1, 4))]
    state, _opinion = judge.update(judge.start({"min_requests": 10}), thin[:2])
    assert state["enough"] == [[0, 60]]
    state, _opinion = judge.update(state, thin[2:])
    assert state["enough"] == [[0, 180]]
