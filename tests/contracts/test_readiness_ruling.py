"""What counts of a consumer's readiness: the newest of the strongest, what expired, what contradicts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.readiness.ruling import LONG_AGO, stand
from rollouts.contracts.readiness.values import SEEN_FOR, WEAKEST_FIRST, Called, Source, Stated
from rollouts.contracts.values import Readiness

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def said(readiness: str, source: str = "sign_off", ago: float = 1, left: float | None = 10) -> Stated:
    ends = None if left is None else NOW + left * DAY
    return Stated(Readiness(readiness), Source(source), NOW - ago * DAY, ends, by="Ivan")


def called(first: float, last: float, calls: int = 70) -> Called:
    """First and last so many days ago."""
    return Called(NOW - first * DAY, NOW - last * DAY, calls)


KEPT = [Source.DECLARED, Source.TESTS, Source.SIGN_OFF]
statements = st.lists(
    st.builds(
        said,
        st.sampled_from([each.value for each in Readiness]),
        st.sampled_from([each.value for each in KEPT]),
        st.integers(0, 40),
        st.one_of(st.none(), st.integers(-5, 5).filter(bool)),
    ),
    max_size=8,
)
sightings = st.dictionaries(
    st.sampled_from(["1", "2", "2.1", "3", "3.0.0", "3.1", "latest"]),
    st.builds(lambda last, more: called(last + more, last), st.integers(0, 40), st.integers(0, 40)),
    max_size=4,
)


def test_nobody_said_anything() -> None:
    found = stand("3.0.0", [], {}, NOW)
    assert (found.readiness, found.at, found.contradicted) == (Readiness.UNKNOWN, None, "")


def test_the_newest_of_the_strongest_wins() -> None:
    given_ = [
        said("not_ready", "tests", 0),
        said("testing", ago=3),
        said("ready", ago=2),
        said("ready", "declared", 0),
    ]
    found = stand("3.0.0", given_, {}, NOW)
    assert (found.readiness, found.source, found.at) == (Readiness.READY, Source.SIGN_OFF, NOW - 2 * DAY)
    assert found.contradicted == (
        "The sign-off of 27 November 2026 says “ready”, but the tests of 29 November 2026 say “not ready”."
    )
    assert len(found.others) == 3


def test_a_sign_off_that_expired_leaves_it_to_the_tests() -> None:
    found = stand("3.0.0", [said("ready", left=-1), said("testing", "tests")], {}, NOW)
    assert (found.readiness, found.source) == (Readiness.TESTING, Source.TESTS)
    assert [each.readiness for each in found.expired] == [Readiness.READY]


def test_who_says_migrated_and_still_calls_the_old_version_is_contradicted() -> None:
    seen = {"3.0.0": called(5, 0), "2.1.0": called(90, 0.5)}
    found = stand("3.0.0", [said("migrated", ago=1)], seen, NOW)
    assert found.readiness is Readiness.MIGRATED
    assert found.contradicted == "Said to have migrated, but 2.1.0 was still called on 28 November 2026."


def test_calls_before_it_migrated_speak_against_nothing() -> None:
    found = stand("3.0.0", [said("migrated", ago=1)], {"2.1.0": called(90, 2)}, NOW)
    assert found.contradicted == ""


def test_who_was_seen_to_speak_only_the_new_version_has_migrated_whatever_is_said() -> None:
    found = stand("3.0.0", [said("not_ready")], {"3.0.1": called(20, 0), "2.1.0": called(90, 15)}, NOW)
    assert (found.readiness, found.source) == (Readiness.MIGRATED, Source.TRAFFIC)
    assert found.expires_at == NOW + SEEN_FOR
    assert (
        found.contradicted
        == "Its calls say “migrated”, but the sign-off of 28 November 2026 says “not ready”."
    )


def test_calls_of_a_major_version_alone_are_not_told_to_be_older() -> None:
    assert stand("3.1.0", [said("migrated", ago=9)], {"3": called(20, 0)}, NOW).contradicted == ""


def test_calls_that_stopped_long_ago_say_nothing_any_more() -> None:
    assert stand("3.0.0", [], {"3.0.0": called(60, 15)}, NOW).readiness is Readiness.UNKNOWN


def test_what_wins_is_told_whole_with_what_stands_behind_it() -> None:
    """Others by their strength and age, and what has expired the same way."""
    won = replace(said("ready", ago=1), note="seen", url="https://ci.test", reference="evidence 7")
    behind = [said("ready", ago=3), said("ready", "tests", 0), said("ready", "declared", 0, None)]
    gone = [said("testing", ago=20, left=-1), said("testing", ago=30, left=-2)]
    found = stand("3", [*behind[::-1], *gone[::-1], won], {}, NOW)
    told = (found.readiness, found.source, found.at, found.expires_at, found.by, found.note)
    assert told == (won.readiness, won.source, won.at, won.expires_at, "Ivan", "seen")
    assert (found.url, found.reference) == ("https://ci.test", "evidence 7")
    assert (found.others, found.expired) == (tuple(behind), tuple(gone))
    assert stand("3", gone[::-1], {}, NOW).expired == tuple(gone)


def test_of_two_statements_of_one_instant_the_more_careful_one_counts() -> None:
    found = stand("3", [said("ready"), said("not_ready"), said("testing")], {}, NOW)
    assert found.readiness is Readiness.NOT_READY


def test_what_ends_now_has_ended() -> None:
    assert stand("3", [said("ready", left=0)], {}, NOW).readiness is Readiness.UNKNOWN


def test_calls_are_told_with_their_number_and_since_when() -> None:
    found = stand("3.0.0", [], {"3.0.0": called(9, 1, 1_200), "3.1": called(5, 2, 34)}, NOW)
    assert found.by == "1,234 calls of 3.0.0 or later in the last seven days with any"
    assert (found.at, found.expires_at) == (NOW - 9 * DAY, NOW + 13 * DAY)
    assert stand("3.0.0", [], {"3.0.0": called(9, 1, 0)}, NOW).by == ""


def test_an_older_version_has_to_be_quiet_for_as_long_as_that() -> None:
    for ago, moved in ((14, True), (13.9, False)):
        found = stand("3", [], {"3": called(20, 0), "2": called(90, ago)}, NOW)
        assert (found.readiness is Readiness.MIGRATED) is moved


@pytest.mark.parametrize(
    ("spoken", "answer"),
    [
        ("3.0.0", True), ("3.0", True), ("3", True), ("4", True), ("3.1", True), ("10.0", True),
        ("2.9", False), ("3.0.0-rc.1", False), ("latest", False), ("30", True),
    ],
)  # fmt: skip
def test_which_calls_say_that_it_has_migrated(spoken: str, answer: bool) -> None:
    found = stand("3.0.0", [], {spoken: called(20, 0)}, NOW)
    assert (found.source is Source.TRAFFIC) is answer


def test_calls_of_what_has_no_number_speak_against_nothing() -> None:
    seen = {"latest": called(20, 0)}
    assert stand("3.0.0", [said("migrated")], seen, NOW).contradicted == ""
    assert stand("newest", [said("migrated")], {"2": called(20, 0)}, NOW).contradicted == ""


def test_of_several_older_versions_the_one_that_was_called_last_is_told() -> None:
    seen = {"2.1": called(20, 0.2), "2.0": called(20, 0.7), "1": called(20, 0.1)}
    found = stand("3", [said("migrated", ago=1)], seen, NOW)
    assert found.contradicted == "Said to have migrated, but 1 was still called on 29 November 2026."


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("ready", "not_ready", True), ("migrated", "not_ready", True), ("not_ready", "ready", True),
        ("not_ready", "migrated", True), ("ready", "testing", False), ("testing", "not_ready", False),
        ("migrated", "ready", False), ("unknown", "ready", False), ("not_ready", "unknown", False),
    ],
)  # fmt: skip
def test_what_contradicts_what(one: str, other: str, told: bool) -> None:
    found = stand("3", [said(one), said(other, "tests")], {}, NOW)
    assert bool(found.contradicted) is told


def test_a_declaration_contradicts_too_and_only_each_sources_newest_does() -> None:
    declared = Stated(Readiness.NOT_READY, Source.DECLARED)
    found = stand(
        "3", [said("ready"), declared, said("ready", "tests", 1), said("not_ready", "tests", 2)], {}, NOW
    )
    assert found.contradicted == (
        "The sign-off of 28 November 2026 says “ready”, but the declaration says “not ready”."
    )
    lone = stand("3", [declared, said("not_ready", "tests"), said("ready", "tests", 3)], {}, NOW)
    assert lone.contradicted == ""


@given(statements, sightings)
def test_the_order_in_which_it_is_told_changes_nothing(told: list[Stated], seen: dict[str, Called]) -> None:
    one, other = stand("3.0.0", told, seen, NOW), stand("3.0.0", told[::-1], seen, NOW)
    assert (one.readiness, one.source, one.at, one.contradicted) == (
        other.readiness, other.source, other.at, other.contradicted
    )  # fmt: skip


@given(statements, sightings)
def test_what_wins_counts_and_nothing_stronger_or_newer_does(
    told: list[Stated], seen: dict[str, Called]
) -> None:
    found = stand("3.0.0", told, seen, NOW)
    counting = [each for each in told if each.counts(NOW)]
    if found.source is Source.TRAFFIC:
        return
    rank = WEAKEST_FIRST.index
    assert all(rank(each.source) <= rank(found.source) for each in counting)
    alike = [each.at for each in counting if each.source is found.source]
    assert (found.at or LONG_AGO) == max((at or LONG_AGO for at in alike), default=LONG_AGO)
    assert bool(counting) or found.readiness is Readiness.UNKNOWN


@given(statements, sightings)
def test_what_expired_changes_nothing(told: list[Stated], seen: dict[str, Called]) -> None:
    one = stand("3.0.0", told, seen, NOW)
    other = stand("3.0.0", [each for each in told if each.counts(NOW)], seen, NOW)
    assert (one.readiness, one.source, one.contradicted) == (
        other.readiness,
        other.source,
        other.contradicted,
    )


@given(statements, sightings)
def test_calls_of_older_versions_after_it_always_contradict_who_says_migrated(
    told: list[Stated], seen: dict[str, Called]
) -> None:
    told = [*told, said("migrated", "sign_off", 0.5)]
    found = stand("3.0.0", told, {**seen, "2.0": called(30, 0)}, NOW)
    if found.readiness is Readiness.MIGRATED and (found.at or LONG_AGO) < NOW:
        assert "was still called" in found.contradicted
    assert found.source is not Source.TRAFFIC


@given(statements)
def test_one_voice_never_contradicts_itself(told: list[Stated]) -> None:
    alone = [each for each in told if each.source is Source.SIGN_OFF]
    assert stand("3.0.0", alone, {}, NOW).contradicted == ""
