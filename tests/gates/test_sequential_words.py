"""What the judges that weigh evidence say, word by word, and the edges of their rules."""

import re
from typing import Any

from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit_e import LimitE
from rollouts.gates.values import Word
from tests.gates.test_sequential_judges import DOUBLE, EVEN, SILENT, Row, alone, run

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
