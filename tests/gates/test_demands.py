"""What an evidence gate demands against what was tried: the newest that counts decides."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.demands import Builds, Demand, Tried, opinion, weigh
from rollouts.gates.values import Word

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TESTS = Demand("contract test of shipping", "shipping")


def tried(passed: bool = True, ago: float = 1, number: int = 1, lasts: float = 14, **more: object) -> Tried:
    at = NOW - ago * DAY
    return Tried(number, passed, at, at + lasts * DAY, **more)  # type: ignore[arg-type]


results = st.lists(
    st.builds(
        tried,
        st.booleans(),
        st.integers(0, 30),
        st.integers(1, 99),
        st.sampled_from([7, 14, 30]),
        build=st.sampled_from(["", "b6", "b7", "b8"]),
        flags=st.sampled_from([{}, {"a": True}, {"a": False}, {"a": True, "b": 1}]),
    ),
    max_size=8,
    unique_by=lambda each: each.number,
)


def test_nothing_was_tried() -> None:
    found = weigh(TESTS, [], NOW)
    assert (found.word, found.sentence) == (Word.PENDING, "No contract test of shipping was recorded.")


def test_the_newest_decides() -> None:
    found = weigh(TESTS, [tried(False, 3, 1), tried(True, 1, 2)], NOW)
    assert (found.word, found.number) == (Word.PASS, 2)
    assert found.sentence == "Contract test of shipping passed on 28 November."
    assert weigh(TESTS, [tried(True, 3, 1), tried(False, 1, 2)], NOW).word is Word.FAIL


def test_what_expired_is_waited_for_also_when_it_failed() -> None:
    for passed in (True, False):
        found = weigh(TESTS, [tried(passed, 15)], NOW)
        assert (found.word, found.number) == (Word.PENDING, 1)
        assert found.sentence == "Contract test of shipping of 14 November counts no more since 28 November."


def test_the_gate_may_ask_for_fresher_ones_than_a_result_lasts() -> None:
    demand = Demand("drill", within=2 * DAY)
    assert weigh(demand, [tried(ago=1.9)], NOW).word is Word.PASS
    assert weigh(demand, [tried(ago=2)], NOW).word is Word.PENDING
    assert weigh(demand, [tried(ago=1, lasts=0.5)], NOW).word is Word.PENDING


def test_a_result_of_another_build_counts_no_more() -> None:
    demand = Demand("test", builds=Builds(frozenset({"b7"}), frozenset({"b6", "b7"})))
    found = weigh(demand, [tried(build="b6")], NOW)
    assert (found.word, found.sentence) == (
        Word.PENDING,
        "Test of 28 November is of b6, and b7 is what counts.",
    )
    assert (
        weigh(demand, [tried(False, 0, 2, build="b6"), tried(True, 2, 1, build="b7")], NOW).word is Word.PASS
    )
    assert weigh(demand, [tried(build="4f2a91c")], NOW).word is Word.PASS, "builds that are called otherwise"


def test_so_does_one_of_another_build_of_the_provider() -> None:
    demand = Demand("test", provider=Builds(frozenset({"3.0.0"}), frozenset({"2.4.0", "3.0.0"})))
    assert weigh(demand, [tried(provider_build="2.4.0")], NOW).word is Word.PENDING
    assert weigh(demand, [tried(provider_build="3.0.0")], NOW).word is Word.PASS


def test_a_combination_of_flags_has_to_be_that_one() -> None:
    demand = Demand("test", flags={"a": True})
    assert weigh(demand, [tried(flags={"a": True, "b": "x"})], NOW).word is Word.PASS
    for flags in ({}, {"a": False}, {"a": 1}, {"b": True}):
        assert weigh(demand, [tried(flags=flags)], NOW).word is Word.PENDING


def test_all_of_it_is_told() -> None:
    demand = Demand("drill with a on", "web", {"a": True}, within=3 * DAY)
    found = weigh(demand, [tried(ago=1, number=7, flags={"a": True})], NOW)
    assert found.as_json() == {
        "who": "web",
        "flags": {"a": True},
        "word": "pass",
        "sentence": "Drill with a on passed on 28 November.",
        "evidence": 7,
        "until": "2026-12-01T09:00:00+00:00",
    }
    missing = weigh(demand, [], NOW)
    assert missing.as_json() == {
        "who": "web", "flags": {"a": True}, "word": "pending",
        "sentence": "No drill with a on was recorded.", "evidence": None, "until": None,
    }  # fmt: skip
    both = opinion([found, missing], "")
    assert (both.word, both.sentence) == (Word.PENDING, "No drill with a on was recorded.")
    assert both.evidence == {
        "lines": [found.as_json(), missing.as_json()],
        "evidence": [7],
        "due": ["2026-12-01T09:00:00+00:00"],
    }


def test_how_many_more_there_are_is_told() -> None:
    missing = [weigh(Demand(what), [], NOW) for what in ("drill", "review", "test")]
    passed = weigh(TESTS, [tried(number=2)], NOW)
    failed = weigh(TESTS, [tried(False, number=3)], NOW)
    assert opinion([passed, *missing], "").sentence == "No drill was recorded. (2 more)"
    assert opinion(missing[:2], "").sentence == "No drill was recorded. (1 more)"
    assert opinion([passed], "").word is Word.PASS
    found = opinion([passed, missing[0], failed], "")
    assert (found.word, found.sentence) == (Word.FAIL, "Contract test of shipping failed on 28 November.")
    assert (found.evidence["evidence"], len(found.evidence["due"])) == ([2, 3], 1)
    assert opinion([passed], "").sentence == "Contract test of shipping passed on 28 November."
    assert opinion([passed, passed], "").sentence == "All 2 that are asked for passed."


def test_what_ends_now_has_ended_and_what_ends_later_has_not() -> None:
    second = timedelta(seconds=1)
    for left, word in ((timedelta(), Word.PENDING), (second, Word.PASS)):
        one = Tried(1, True, NOW - 14 * DAY + left, NOW + 90 * DAY)
        other = Tried(1, True, NOW - DAY, NOW + left)
        assert weigh(Demand("test"), [one], NOW).word is word
        assert weigh(Demand("test"), [other], NOW).word is word


def test_of_two_at_one_time_the_one_that_came_later_decides() -> None:
    assert weigh(TESTS, [tried(True, 1, 2), tried(False, 1, 1)], NOW).word is Word.PASS
    assert weigh(TESTS, [tried(True, 1, 1), tried(False, 1, 2)], NOW).word is Word.FAIL


def test_either_build_may_be_another_and_says_which() -> None:
    mine = Builds(frozenset({"b8", "b7"}), frozenset({"b6"}))
    theirs = Builds(frozenset({"3"}), frozenset({"2", "3"}))
    demand = Demand("test", builds=mine, provider=theirs)
    found = weigh(demand, [tried(build="b6", provider_build="3", number=4)], NOW)
    assert found.sentence == "Test of 28 November is of b6, and b7 or b8 is what counts."
    assert (found.number, found.until) == (4, None)
    found = weigh(demand, [tried(build="b7", provider_build="2")], NOW)
    assert found.sentence == "Test of 28 November is of 2, and 3 is what counts."
    assert weigh(demand, [tried()], NOW).word is Word.PASS, "a result that names no build"


@given(results, st.sampled_from([{}, {"a": True}, {"b": 1}]))
def test_it_passes_by_a_result_that_passed_and_counts(told: list[Tried], flags: dict[str, bool]) -> None:
    demand = Demand("test", flags=flags, builds=Builds(frozenset({"b7"}), frozenset({"b6", "b7"})))
    found = weigh(demand, told, NOW)
    assert weigh(demand, told[::-1], NOW).as_json() == found.as_json()
    if found.word is Word.PENDING:
        return
    (decided,) = (each for each in told if each.number == found.number)
    assert decided.passed is (found.word is Word.PASS)
    assert demand.fits(decided)
    assert not demand.other_build(decided)
    assert found.until is not None
    assert found.until > NOW
    later = [each for each in told if demand.fits(each) and not demand.other_build(each)]
    assert decided.at == max(each.at for each in later)


@given(results)
def test_time_alone_never_opens_it(told: list[Tried]) -> None:
    found = weigh(TESTS, told, NOW)
    if found.word is not Word.PASS:
        assert weigh(TESTS, told, NOW + 3 * DAY).word is not Word.PASS


@given(results, results)
def test_one_failure_fails_the_gate_and_one_missing_holds_it(one: list[Tried], other: list[Tried]) -> None:
    lines = [weigh(TESTS, one, NOW), weigh(TESTS, other, NOW)]
    words = {line.word for line in lines}
    found = opinion(lines, "")
    assert found.word is next(word for word in (Word.FAIL, Word.PENDING, Word.PASS) if word in words)
    assert found.evidence["evidence"] == sorted({line.number for line in lines if line.number})


def test_nobody_has_to_try_it() -> None:
    found = opinion([], "Nobody relies on it.")
    assert (found.word, found.sentence) == (Word.PASS, "Nobody relies on it.")
