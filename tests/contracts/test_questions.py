"""The truth tables of the two questions, line by line, and the examples that they come from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.retiring import can_retire
from rollouts.contracts.questions.values import (
    WORST_FIRST,
    Answer,
    Caller,
    Calls,
    Evidence,
    PromoteFacts,
    RetireFacts,
    Touch,
    Word,
)
from rollouts.contracts.values import Readiness

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
BREAKS, FINE = Touch.BREAKING, Touch.COMPATIBLE


def web(**more: object) -> Caller:
    return replace(Caller("web", owner="Team Web", build="1.4", touch=BREAKS, touched_by="/total"), **more)  # type: ignore[arg-type]


def result(days: float = 3, **more: object) -> Evidence:
    given = Evidence(passed=True, at=NOW - timedelta(days=days), build="1.4", version="3.0.0")
    return replace(given, **more)  # type: ignore[arg-type]


def promote(*consumers: Caller, **more: object) -> Answer:
    return can_promote(replace(PromoteFacts("orders-api", "3.0.0", NOW, consumers), **more))  # type: ignore[arg-type]


PROMOTE: dict[str, tuple[Caller, dict[str, object], Word]] = {
    "2: its tests failed": (web(readiness=Readiness.READY, evidence=[result(passed=False)]), {}, Word.NO),
    "2: even where nothing breaks": (web(touch=FINE, evidence=[result(passed=False)]), {}, Word.NO),
    "2: they failed long ago": (web(touch=FINE, evidence=[result(20, passed=False)]), {}, Word.YES),
    "2: they failed, and passed since": (
        web(readiness=Readiness.READY, evidence=[result(5, passed=False), result(1)]),
        {},
        Word.YES,
    ),
    "2: another build of it failed": (
        web(touch=FINE, evidence=[result(passed=False, build="1.3")]),
        {},
        Word.YES,
    ),
    "3: the old version stays": (web(), {"beside": True}, Word.YES),
    "3: nothing that it uses breaks": (web(touch=FINE), {}, Word.YES),
    "3: something may surprise": (web(touch=Touch.DANGEROUS), {}, Word.YES),
    "3: the policy wants tests": (web(touch=FINE), {"wants_evidence": True}, Word.PENDING),
    "3: and has them": (web(touch=FINE, evidence=[result()]), {"wants_evidence": True}, Word.YES),
    "3: and has old ones": (web(touch=FINE, evidence=[result(20)]), {"wants_evidence": True}, Word.PENDING),
    "4: undecided is as breaking": (web(touch=Touch.UNDECIDED, readiness=Readiness.NOT_READY), {}, Word.NO),
    "5: migrated": (web(readiness=Readiness.MIGRATED), {}, Word.YES),
    "5: migrated, and still calls": (web(readiness=Readiness.MIGRATED, calls_last_hour=40), {}, Word.NO),
    "6: ready and tested": (web(readiness=Readiness.READY, evidence=[result()]), {}, Word.YES),
    "6: ready, no result": (web(readiness=Readiness.READY), {}, Word.PENDING),
    "6: ready, an old result": (web(readiness=Readiness.READY, evidence=[result(20)]), {}, Word.PENDING),
    "6: ready, of another build": (
        web(readiness=Readiness.READY, evidence=[result(build="1.3")]),
        {},
        Word.PENDING,
    ),
    "6: ready, against another version": (
        web(readiness=Readiness.READY, evidence=[result(version="2.9.0")]),
        {},
        Word.PENDING,
    ),
    "7: testing": (web(readiness=Readiness.TESTING, evidence=[result()]), {}, Word.PENDING),
    "8: not ready": (web(readiness=Readiness.NOT_READY), {}, Word.NO),
    "9: nobody said": (web(), {}, Word.NO_DATA),
    "9: seen surely": (web(declared=False, confidence=0.5), {}, Word.NO_DATA),
    "10: seen a little": (web(declared=False, confidence=0.49), {}, Word.YES),
}


@pytest.mark.parametrize("name", PROMOTE)
def test_can_it_be_promoted(name: str) -> None:
    caller, more, word = PROMOTE[name]
    assert promote(caller, **more).word is word


def test_whom_the_stage_does_not_reach_is_left_out_and_listed() -> None:
    answer = promote(web(readiness=Readiness.NOT_READY, exposed=False))
    assert (answer.word, answer.left_out) == (Word.YES, ["web"])
    assert answer.sentence == "Nobody relies on it."


def test_a_little_seen_caller_is_a_warning() -> None:
    answer = promote(web(declared=False, confidence=0.2))
    assert answer.lines[0].warning
    assert "confidence 0.20" in answer.sentence


def test_the_worst_line_answers_and_names_field_and_owner() -> None:
    app = Caller("app", owner="Team App", touch=BREAKS, readiness=Readiness.TESTING)
    answer = promote(web(readiness=Readiness.NOT_READY), app)
    assert answer.word is Word.NO
    assert answer.sentence == "3.0.0 breaks web (/total), which is not ready."
    assert answer.as_json()["todo"] == [
        "Team Web: get ready for 3.0.0.",
        "Team App: finish the tests against 3.0.0.",
    ]


def test_what_may_surprise_is_a_warning() -> None:
    answer = promote(web(touch=Touch.DANGEROUS))
    assert answer.lines[0].warning
    assert answer.sentence == "For web nothing that it uses breaks, but something is dangerous (/total)."
    assert not promote(web(touch=Touch.DANGEROUS), beside=True).lines[0].warning


def test_calls_without_a_name_are_told_beside_who_migrated() -> None:
    answer = promote(web(readiness=Readiness.MIGRATED), unnamed_last_hour=1)
    assert (answer.word, answer.lines[0].warning) == (Word.YES, True)
    assert "somebody without a name made 1 call in the last hour" in answer.sentence


@pytest.mark.parametrize("readiness", Readiness)
def test_what_is_undecided_is_marked_where_it_is_in_the_way(readiness: Readiness) -> None:
    (line,) = promote(web(touch=Touch.UNDECIDED, readiness=readiness)).lines
    assert line.undecided is (line.word is not Word.YES)
    assert promote(web(readiness=readiness)).lines[0].undecided is False


def test_nobody_relies_on_it() -> None:
    assert promote().word is Word.YES


def retire(*consumers: Caller, calls: tuple[Calls, ...] = (), **more: object) -> Answer:
    given = RetireFacts(
        "orders-api",
        "2.4.0",
        date(2026, 11, 29),
        deprecated=True,
        sunset=date(2026, 11, 1),
        consumers=consumers,
        calls=calls,
    )
    return can_retire(replace(given, **more))  # type: ignore[arg-type]


def old(readiness: Readiness = Readiness.UNKNOWN, **more: object) -> Caller:
    return replace(Caller("web", owner="Team Web", readiness=readiness), **more)  # type: ignore[arg-type]


RETIRE: dict[str, tuple[Answer, Word]] = {
    "1: before its sunset": (retire(sunset=date(2026, 11, 30)), Word.NO),
    "1: on the day": (retire(sunset=date(2026, 11, 29)), Word.YES),
    "1: without a sunset": (retire(sunset=None), Word.NO),
    "1: not deprecated": (retire(deprecated=False), Word.NO),
    "2: a rollout may return to it": (retire(returns=["orders-v3"]), Word.NO),
    "3: calls": (retire(old(Readiness.MIGRATED), calls=(Calls("web", 3),)), Word.NO),
    "3: calls without a name": (retire(old(Readiness.MIGRATED), calls=(Calls("", 3),)), Word.NO),
    "4: too little was counted": (retire(old(Readiness.MIGRATED), coverage=0.86), Word.NO_DATA),
    "5: migrated": (retire(old(Readiness.MIGRATED)), Word.YES),
    "5: its range leaves it out": (retire(old(excludes=True)), Word.YES),
    "6: ready": (retire(old(Readiness.READY)), Word.PENDING),
    "6: testing": (retire(old(Readiness.TESTING)), Word.PENDING),
    "7: not ready": (retire(old(Readiness.NOT_READY)), Word.NO),
    "8: nobody said": (retire(old(), quiet_days=14), Word.PENDING),
    "8: quiet for twice as long": (retire(old(), quiet_days=28), Word.YES),
    "nobody relies on it": (retire(), Word.YES),
}


@pytest.mark.parametrize("name", RETIRE)
def test_can_it_be_retired(name: str) -> None:
    answer, word = RETIRE[name]
    assert answer.word is word


def test_who_calls_is_named_with_counts() -> None:
    answer = retire(old(Readiness.MIGRATED), calls=(Calls("web", 1_200), Calls("", 3)))
    assert [line.sentence for line in answer.lines] == [
        "web made 1,200 calls on 2.4.0 in the last 14 days.",
        "A caller without a name made 3 calls on 2.4.0 in the last 14 days.",
    ]


callers = st.builds(
    Caller,
    name=st.sampled_from("abcd"),
    exposed=st.booleans(),
    declared=st.booleans(),
    confidence=st.floats(0, 1),
    readiness=st.sampled_from(Readiness),
    touch=st.sampled_from(Touch),
    calls_last_hour=st.integers(0, 2),
    evidence=st.lists(st.builds(result, st.floats(0, 30), passed=st.booleans()), max_size=2),
)


@given(st.lists(callers, min_size=1, max_size=5), st.booleans(), st.booleans(), st.data())
def test_a_consumer_less_never_makes_the_answer_stricter(
    consumers: list[Caller], beside: bool, wanting: bool, data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(consumers) - 1))
    fewer = [each for number, each in enumerate(consumers) if number != gone]
    with_it = promote(*consumers, beside=beside, wants_evidence=wanting).word
    without = promote(*fewer, beside=beside, wants_evidence=wanting).word
    assert WORST_FIRST.index(without) >= WORST_FIRST.index(with_it)
    counts = tuple(Calls(each.name, each.calls_last_hour) for each in consumers)
    with_it = retire(*consumers, calls=counts).word
    without = retire(*fewer, calls=counts[:gone] + counts[gone + 1 :]).word
    assert WORST_FIRST.index(without) >= WORST_FIRST.index(with_it)
