"""Parts combined into one word, and what may never change it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges.combining import SEVERITY, Combination, Importance, Part, combine
from rollouts.gates.values import Word

ALL, ANY, WEIGHTED = Combination
REQUIRED, IMPORTANT, INFORMATIONAL = Importance
PARTS = st.lists(
    st.builds(
        Part,
        name=st.text("abc", min_size=1, max_size=3),
        word=st.sampled_from(Word),
        importance=st.sampled_from(Importance),
        weight=st.sampled_from([0.5, 1.0, 2.0]),
    ),
    max_size=6,
)
HOW = st.sampled_from(Combination)
MARKS = st.sampled_from([0.25, 0.5, 0.7, 1.0])


@given(PARTS, HOW, MARKS, st.randoms())
def test_the_order_of_parts_changes_nothing(parts, how, mark, random) -> None:  # type: ignore[no-untyped-def]
    mixed = [*parts]
    random.shuffle(mixed)
    one, other = combine(parts, how, mark), combine(mixed, how, mark)
    assert (one.word, one.because) == (other.word, other.because)
    assert one.share == pytest.approx(other.share)


@given(PARTS, HOW, MARKS, st.sampled_from([REQUIRED, IMPORTANT]))
def test_a_silent_part_never_turns_anything_into_a_pass(
    parts: list[Part], how: Combination, mark: float, importance: Importance
) -> None:
    more = combine([*parts, Part("silent", Word.NO_DATA, importance)], how, mark)
    assert more.word is not Word.PASS or combine(parts, how, mark).word is Word.PASS
    assert combine([Part("silent", Word.NO_DATA, importance)], how, mark).word is Word.NO_DATA


@given(PARTS, HOW, MARKS, st.sampled_from(Word))
def test_an_informational_part_changes_nothing(
    parts: list[Part], how: Combination, mark: float, word: Word
) -> None:
    assert combine([*parts, Part("told", word, INFORMATIONAL)], how, mark) == combine(parts, how, mark)


@given(PARTS, HOW, MARKS)
def test_a_failing_required_part_fails_the_whole_and_a_pass_needs_all_of_them(
    parts: list[Part], how: Combination, mark: float
) -> None:
    assert combine([*parts, Part("x", Word.FAIL, REQUIRED)], how, mark).word is Word.FAIL
    if combine(parts, how, mark).word is Word.PASS:
        assert all(part.word is Word.PASS for part in parts if part.importance is REQUIRED)


@given(PARTS, HOW, MARKS)
def test_whoever_decided_is_one_of_the_parts_that_bind(
    parts: list[Part], how: Combination, mark: float
) -> None:
    found = combine(parts, how, mark)
    binding = {part.name for part in parts if part.importance is not INFORMATIONAL}
    assert set(found.because) <= binding
    assert bool(found.because) == bool(binding)


@pytest.mark.parametrize(
    ("how", "words", "word"),
    [
        (ALL, (Word.PASS, Word.FAIL), Word.INCONCLUSIVE),
        (ALL, (Word.PASS, Word.NO_DATA), Word.NO_DATA),
        (ANY, (Word.PASS, Word.FAIL), Word.PASS),
        (ANY, (Word.NO_DATA, Word.FAIL), Word.NO_DATA),
        (ANY, (Word.FAIL, Word.FAIL), Word.FAIL),
        (WEIGHTED, (Word.PASS, Word.FAIL), Word.PASS),
        (WEIGHTED, (Word.FAIL, Word.FAIL), Word.FAIL),
        (WEIGHTED, (Word.PENDING, Word.FAIL), Word.PENDING),
    ],
)
def test_important_parts_by_combination(how: Combination, words: tuple[Word, ...], word: Word) -> None:
    parts = [Part(str(number), each, IMPORTANT) for number, each in enumerate(words)]
    assert combine(parts, how, 0.5).word is word
    assert set(SEVERITY) == set(Word)


def of(*words: Word, importance: Importance = REQUIRED) -> list[Part]:
    return [Part(str(number), word, importance) for number, word in enumerate(words)]


def test_the_gravest_word_of_required_parts_is_that_of_the_whole() -> None:
    for graver, milder in zip(SEVERITY, SEVERITY[1:], strict=False):
        for parts in (of(graver, milder), of(milder, graver)):
            found = combine(parts, ALL)
            assert found.word is graver
            assert found.because == tuple(part.name for part in parts if part.word is graver)
        if graver is not Word.FAIL:
            assert combine(of(milder, graver, importance=IMPORTANT), ALL).word is graver
    undecided = of(Word.INCONCLUSIVE, Word.NO_DATA, Word.FAIL, importance=IMPORTANT)
    assert combine(undecided, WEIGHTED, 0.5).word is Word.NO_DATA


def test_the_share_is_what_passes_by_weight() -> None:
    parts = [Part("a", Word.PASS, REQUIRED, 3), Part("b", Word.PENDING, IMPORTANT, 1)]
    assert combine(parts, ALL).share == 0.75
    assert combine([], ALL) == combine([Part("x", Word.PASS, INFORMATIONAL)], ANY)
    assert (combine([], ALL).word, combine([], ALL).share) == (Word.INCONCLUSIVE, 0.0)


def test_the_mark_is_a_share_of_all_weight_and_exactly_it_is_enough() -> None:
    words = {Word.PASS: 7, Word.FAIL: 2, Word.PENDING: 1}
    parts = [Part(word, word, IMPORTANT, weight) for word, weight in words.items()]
    assert combine(parts, WEIGHTED, 0.7).word is Word.PASS
    assert combine(parts, WEIGHTED, 0.8).word is Word.PENDING
    assert combine(parts, WEIGHTED, 0.81).word is Word.FAIL
    assert combine(parts, WEIGHTED).word is Word.FAIL
    assert combine([*parts[:1], Part("d", Word.PASS, IMPORTANT, 3)], WEIGHTED).word is Word.PASS


def test_the_parts_that_hinder_are_named() -> None:
    fine, late = Part("fine", Word.PASS, REQUIRED), Part("late", Word.PENDING, IMPORTANT, 8)
    assert combine([fine, late, Part("bad", Word.FAIL, IMPORTANT)], ALL).because == ("bad", "late")
    assert combine([fine, late, Part("bad", Word.FAIL, IMPORTANT)], WEIGHTED, 0.5).because == ("late",)
    assert combine([fine, late, Part("also", Word.PENDING, REQUIRED)], ALL).because == ("also",)
    assert combine(of(Word.PASS, Word.PASS), ALL).because == ("0", "1")
