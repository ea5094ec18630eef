"""What a whole rollout may burn: the words on one SLO and on several. Pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges.allowance import Allowance, judged, sentence, word
from rollouts.gates.judges.combining import SEVERITY
from rollouts.gates.values import Word

WELL = Allowance("orders", "Orders", most=0.05, least=0.1, burned=0.01, remaining=0.6, counted=400.0)


@pytest.mark.parametrize(
    ("changed", "said", "words"),
    [
        (
            {},
            Word.PASS,
            "The rollout has burned 1 % of Orders, allowed are 5 %. 60 % of the budget are left.",
        ),
        ({"burned": 0.05}, Word.PASS, "allowed are 5 %"),
        ({"burned": 0.051}, Word.FAIL, "That does not heal by waiting."),
        ({"remaining": 0.1}, Word.PASS, "10 % of the budget are left."),
        (
            {"remaining": 0.09},
            Word.PENDING,
            "9 % of the budget are left: the stage waits until 10 % are left.",
        ),
        ({"remaining": -0.2}, Word.PENDING, "It is overspent: the stage waits until 10 % are left."),
        ({"firing": "page"}, Word.PENDING, "it burns too fast: the stage waits until that is over."),
        ({"firing": "ticket"}, Word.PASS, "60 % of the budget are left."),
        ({"remaining": None}, Word.NO_DATA, "Orders cannot be said: nothing was counted lately."),
        ({"burned": None}, Word.NO_DATA, "Orders cannot be said: nothing was counted lately."),
        ({"counted": None, "burned": 0.0}, Word.PASS, "The rollout may burn 5 % of Orders."),
        ({"counted": 0.0}, Word.PASS, "No request to the new version was counted."),
        # What is burned is not forgotten when the SLO falls silent.
        ({"burned": 0.2, "remaining": None}, Word.FAIL, "cannot be said"),
    ],
)
def test_one_slo(changed: dict[str, float | str | None], said: Word, words: str) -> None:
    one = replace(WELL, **changed)  # type: ignore[arg-type]
    assert word(one) is said
    assert words in sentence(one).replace("\N{NO-BREAK SPACE}", " ")


def test_the_worst_speaks_and_all_are_in_the_evidence() -> None:
    poor = replace(WELL, slo="search", title="Search", remaining=0.02)
    found = judged([WELL, poor])
    assert found.word is Word.PENDING
    assert "Search" in found.sentence
    assert "Orders" not in found.sentence
    assert [(each["slo"], each["word"]) for each in found.evidence["budgets"]] == [
        ("orders", "pass"), ("search", "pending"),
    ]  # fmt: skip


def test_without_an_slo_nobody_can_say() -> None:
    found = judged([])
    assert (found.word, found.sentence) == (
        Word.INCONCLUSIVE,
        "The changed services have no SLO here: no error budget can be looked at.",
    )


def test_sentences_end_where_all_is_said() -> None:
    whole = "The rollout has burned 1 % of Orders, allowed are 5 %. 60 % of the budget are left."
    assert sentence(WELL) == whole
    assert sentence(replace(WELL, counted=0.0)) == f"{whole} No request to the new version was counted."
    assert sentence(replace(WELL, counted=None)) == (
        "The rollout may burn 5 % of Orders. 60 % of the budget are left."
    )
    nothing = sentence(replace(WELL, remaining=0.0))
    assert nothing.endswith(" 0 % of the budget are left: the stage waits until 10 % are left.")
    other = replace(WELL, slo="search", title="Search")
    assert judged([WELL, other]).sentence == f"{whole} {sentence(other)}"


def test_the_evidence_holds_every_number() -> None:
    (told,) = judged([replace(WELL, firing="ticket")]).evidence["budgets"]
    assert told == {
        "slo": "orders",
        "title": "Orders",
        "burned": 0.01,
        "most": 0.05,
        "remaining": 0.6,
        "least": 0.1,
        "firing": "ticket",
        "requests": 400.0,
        "word": "pass",
    }


def test_a_pass_on_no_request_is_warned_of() -> None:
    assert judged([replace(WELL, counted=0.0)]).warning
    assert not judged([WELL]).warning
    assert not judged([replace(WELL, counted=None)]).warning


ANY = st.builds(
    Allowance,
    slo=st.sampled_from("abcdef"),
    title=st.just("Orders"),
    most=st.floats(0.01, 1),
    least=st.floats(0.01, 1),
    burned=st.none() | st.floats(0, 2),
    remaining=st.none() | st.floats(-1, 1),
    firing=st.sampled_from(["", "ticket", "page"]),
    counted=st.none() | st.floats(0, 1e6),
)


@given(st.lists(ANY, min_size=1, max_size=5, unique_by=lambda one: one.slo))
def test_the_order_of_slos_changes_no_word_and_none_is_better_than_its_worst(found: list[Allowance]) -> None:
    said = judged(found).word
    assert judged(found[::-1]).word is said
    assert all(SEVERITY.index(said) <= SEVERITY.index(word(one)) for one in found)


@given(ANY, st.floats(0, 1))
def test_more_burned_never_helps(one: Allowance, more: float) -> None:
    if one.burned is not None:
        worse = replace(one, burned=one.burned + more)
        assert SEVERITY.index(word(worse)) <= SEVERITY.index(word(one))
