"""What gates that only observe would have done, by examples and over generated histories."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.observing.tally import Course, Did, Occasion, Said, Went, occasion, tally, whole
from rollouts.gates.values import Word

EPOCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAIL, PASS, PENDING, SILENT = Word.FAIL, Word.PASS, Word.PENDING, Word.NO_DATA


def at(minute: float) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def said(*words: tuple[float, Word]) -> list[Said]:
    return [Said(at(minute), word) for minute, word in words]


def course(**minutes: float | bool) -> Course:
    times = {
        f"{name}_at": at(value) for name, value in minutes.items() if name in ("entered", "left", "trouble")
    }
    others = {name: value for name, value in minutes.items() if name in ("completed", "harmful")}
    return Course(**{"entered_at": at(0), **times, **others})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "became", "did", "right"),
    [
        (said((5, FAIL)), course(trouble=10), Did.STOP, True),
        (said((5, FAIL)), course(left=10, completed=True), Did.STOP, False),
        (said((5, FAIL), (6, PASS)), course(left=10), Did.STOP, None),
        (said((5, FAIL)), course(), Did.STOP, None),
        (said((5, PASS)), course(), Did.WATCHING, None),
        (said((5, PENDING)), course(), Did.WATCHING, None),
        (said((1, PASS)), course(left=10, completed=True), Did.LET_THROUGH, True),
        (said((1, PASS)), course(left=10, trouble=30), Did.LET_THROUGH, False),
        # It came too late: people had halted before.
        (said((1, PASS), (11, FAIL)), course(trouble=10), Did.LET_THROUGH, False),
        (said((1, PENDING), (11, FAIL)), course(trouble=10), Did.UNDECIDED, None),
        (said((1, SILENT)), course(left=10, completed=True), Did.UNDECIDED, None),
        ([], course(left=10, completed=True), Did.UNDECIDED, None),
        # What people said afterwards stands above halts, and above a good end.
        (said((5, FAIL)), course(trouble=10, harmful=False), Did.STOP, False),
        (said((5, FAIL)), course(left=10, completed=True, harmful=True), Did.STOP, True),
        # A word from before the stage was entered is none about it.
        (said((-5, FAIL), (1, PASS)), course(left=10, completed=True), Did.LET_THROUGH, True),
    ],
)
def test_a_gate_on_leaving(words: list[Said], became: Course, did: Did, right: bool | None) -> None:
    found = occasion(words, became)
    assert (found.did, found.right) == (did, right)


def test_a_gate_on_entering_goes_by_the_word_that_stood_there_when_the_stage_was_entered() -> None:
    words = said((-9, FAIL), (-5, PASS), (5, FAIL))
    assert occasion(words, course(trouble=10), entry=True).did is Did.LET_THROUGH
    assert occasion(words[:1], course(left=10, completed=True), entry=True).right is False


def test_it_says_when_it_would_have_stopped_and_how() -> None:
    found = occasion(said((4, PASS), (5, FAIL), (6, PASS), (7, FAIL)), course(trouble=10), on_fail="hold")
    assert found == Occasion(Did.STOP, at(5), Went.BADLY, "hold")


def test_words_at_the_very_moments_of_entering_and_leaving_belong_to_the_stage() -> None:
    became = course(entered=0, left=10, completed=True)
    assert occasion(said((0, FAIL)), became) == Occasion(Did.STOP, at(0), Went.WELL)
    assert occasion(said((1, PASS), (10, FAIL)), became) == Occasion(Did.STOP, at(10), Went.WELL)


def test_on_entering_it_would_have_stopped_at_that_moment_and_not_when_it_was_said() -> None:
    found = occasion(said((-9, FAIL)), course(left=10, completed=True), entry=True)
    assert found == Occasion(Did.STOP, at(0), Went.WELL)


@pytest.mark.parametrize(
    ("words", "became", "found"),
    [
        (said((5, PASS)), course(), Occasion(Did.WATCHING, None, Went.UNKNOWN, "ask")),
        (said((5, PASS)), course(left=9), Occasion(Did.LET_THROUGH, at(9), Went.UNKNOWN, "ask")),
        (said((5, PENDING)), course(left=9), Occasion(Did.UNDECIDED, None, Went.UNKNOWN, "ask")),
    ],
)
def test_what_did_not_stop_says_when_it_let_through_and_how_it_would_have_acted(
    words: list[Said], became: Course, found: Occasion
) -> None:
    assert occasion(words, became, on_fail="ask") == found


STOPPED = Occasion(Did.STOP, at(7), Went.WELL, "hold")
LET = Occasion(Did.LET_THROUGH, at(9), Went.WELL)
WATCHED = Occasion(Did.WATCHING, None, Went.UNKNOWN)
OPEN = Occasion(Did.UNDECIDED, None, Went.UNKNOWN)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        # The first stop counts, with what it would have done, and the worst of what became of the stages.
        (
            [LET, STOPPED, Occasion(Did.STOP, at(8), Went.BADLY)],
            Occasion(Did.STOP, at(7), Went.BADLY, "hold"),
        ),
        ([WATCHED, LET], Occasion(Did.WATCHING, None, Went.WELL)),
        ([LET, LET], Occasion(Did.LET_THROUGH, None, Went.WELL)),
        ([LET, OPEN], Occasion(Did.UNDECIDED, None, Went.WELL)),
        ([OPEN], Occasion(Did.UNDECIDED, None, Went.UNKNOWN)),
        ([Occasion(Did.LET_THROUGH, at(9), Went.BADLY), LET], Occasion(Did.LET_THROUGH, None, Went.BADLY)),
    ],
)
def test_what_a_rollout_of_observing_gates_would_have_done(parts: list[Occasion], found: Occasion) -> None:
    assert whole(parts) == found
    assert whole(reversed(parts)) == found


WORDS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(Word)), max_size=8).map(
    lambda found: said(*sorted(found, key=lambda each: each[0]))
)
COURSES = st.builds(
    lambda left, trouble, completed, harmful: Course(
        at(0),
        None if left is None else at(left),
        None if trouble is None else at(trouble),
        completed,
        harmful,
    ),
    st.none() | st.integers(1, 60),
    st.none() | st.integers(0, 90),
    st.booleans(),
    st.none() | st.booleans(),
)
HISTORIES = st.lists(st.builds(occasion, WORDS, COURSES, entry=st.booleans()), max_size=12)


@given(HISTORIES)
def test_every_occasion_is_counted_once(found: list[Occasion]) -> None:
    total = tally(found)
    assert total.occasions == sum(each.did is not Did.WATCHING for each in found)
    assert total.stops_right + total.stops_wrong <= total.stops
    assert total.passes_right + total.passes_wrong <= total.passes
    assert total.right == sum(each.right is True for each in found)
    assert total.known == sum(each.right is not None for each in found)
    assert tally(reversed(found)) == total


@given(WORDS, COURSES)
def test_what_is_said_after_the_end_changes_nothing(words: list[Said], became: Course) -> None:
    late = [*words, Said(at(1000), FAIL), Said(at(1001), PASS)]
    if became.left_at is not None or became.trouble_at is not None:
        assert occasion(late, became) == occasion(words, became)


@given(WORDS, COURSES)
def test_harm_turns_right_into_wrong_and_back(words: list[Said], became: Course) -> None:
    harmed, harmless = (
        occasion(words, Course(became.entered_at, became.left_at, became.trouble_at, became.completed, word))
        for word in (True, False)
    )
    assert harmed.did is harmless.did
    assert harmed.right is (None if harmless.right is None else not harmless.right)


@given(HISTORIES.filter(bool))
def test_a_whole_rollout_stops_with_its_first_gate_and_passes_with_all(found: list[Occasion]) -> None:
    said_whole = whole(found)
    assert said_whole is not None
    stops = [each.at for each in found if each.did is Did.STOP and each.at]
    assert (said_whole.did is Did.STOP) is bool(stops)
    assert said_whole.did is not Did.STOP or said_whole.at == min(stops)
    assert said_whole.did is not Did.LET_THROUGH or all(each.did is Did.LET_THROUGH for each in found)


def test_nothing_observed_is_nothing() -> None:
    assert whole([]) is None
    assert tally([]).occasions == 0
