"""Roll back, its confirmation and failure, close, cancel."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.decisions.machine.transition import Grant
from rollouts.decisions.machine.values import Action, EscalationCause, Measured, ReviewCause
from rollouts.plans.values import RolloutState, StageState
from tests.decisions.snapshots import (
    BACK,
    DONE,
    GONE,
    NOW,
    SKIPPED,
    STOPPED,
    B,
    P,
    by_system,
    does,
    measured,
    refuses,
    request,
    resting,
    says,
    stages,
)

TEN = timedelta(minutes=10)


def test_rolling_back_takes_all_stages_back_to_nothing_granted() -> None:
    seen = resting(RolloutState.HALTED, rollback_expected=TEN, has_review=False, requests=(request(1, 3),))
    moved = does(seen, Action.ROLL_BACK)
    assert moved.kind == "rollout.rolling_back"
    assert moved.rollout is RolloutState.ROLLING_BACK
    assert moved.stages == {1: BACK, 2: BACK}
    assert moved.grant == Grant(None)
    assert moved.closes_requests == ("r1s3",)
    assert moved.opens_review is ReviewCause.ROLLBACK
    assert moved.rollback_due_at == NOW + 2 * TEN
    assert (moved.stage, moved.revision, moved.revisions) == (2, 1, {})
    assert moved.sentence == (
        "Pia rolls the rollout back. "
        "All stages are taken back (stage 1 (Staff), stage 2 (Canary)), and nothing stays granted."
    )


@pytest.mark.parametrize("state", [each for each in StageState if each.begun and each is not BACK])
def test_every_begun_stage_is_taken_back(state: StageState) -> None:
    moved = does(resting(RolloutState.HALTED, stages=stages(state, SKIPPED, P)), Action.ROLL_BACK)
    assert moved.stages == {1: BACK}


def test_where_nothing_is_granted_nothing_is_taken() -> None:
    moved = does(resting(RolloutState.HALTED, granted=None), Action.ROLL_BACK)
    assert moved.grant is None
    assert moved.rollback_due_at is None
    assert moved.opens_review is None


def test_a_rollback_that_failed_is_tried_again() -> None:
    moved = does(resting(RolloutState.ROLLBACK_FAILED, rollback_expected=TEN), Action.ROLL_BACK)
    assert moved.rollout is RolloutState.ROLLING_BACK
    assert moved.stages == {}
    assert moved.rollback_due_at == NOW + 2 * TEN


def test_the_system_confirms_by_measurement() -> None:
    seen = measured(by_system(resting(RolloutState.ROLLING_BACK)), Measured.ZERO)
    moved = does(seen, Action.CONFIRM_ROLLED_BACK)
    assert moved.kind == "rollout.rolled_back"
    assert moved.rollout is RolloutState.ROLLED_BACK
    assert moved.stages == {1: GONE, 2: GONE}
    assert moved.unmeasured is False
    assert moved.ends_escalation is True
    assert moved.sentence == "Gatehouse confirmed the rollback by measurement: exposure reads 0."


def test_nobody_confirms_while_exposure_is_measured() -> None:
    seen = measured(resting(RolloutState.ROLLING_BACK), Measured.NOT_ZERO)
    expected = (
        "still_exposed",
        "Measured exposure is not 0.",
        "Wait until it reads 0, or say that the rollback failed.",
    )
    assert says(refuses(seen, Action.CONFIRM_ROLLED_BACK, unmeasured=True, reason="I looked.")) == expected
    assert says(refuses(by_system(seen), Action.CONFIRM_ROLLED_BACK)) == expected


def test_with_no_data_a_named_person_confirms_with_a_reason_logged_as_unmeasured() -> None:
    seen = resting(RolloutState.ROLLING_BACK)
    moved = does(seen, Action.CONFIRM_ROLLED_BACK, unmeasured=True, reason="The hosts are gone.")
    assert moved.unmeasured is True
    assert moved.reason == "The hosts are gone."
    assert moved.sentence == "Pia confirmed the rollback without a measurement."
    assert says(refuses(seen, Action.CONFIRM_ROLLED_BACK, unmeasured=True)) == (
        "reason",
        "A confirmation without a measurement needs a reason.",
        "Say why in your own words.",
    )


def test_no_data_is_not_a_measurement() -> None:
    seen = resting(RolloutState.ROLLING_BACK)
    expected = (
        "no_data",
        "There is no data on the exposure, and no data is not 0.",
        "Wait for a measurement, or confirm in person as unmeasured, with a reason.",
    )
    assert says(refuses(seen, Action.CONFIRM_ROLLED_BACK, reason="I looked.")) == expected
    unmeasured = {"unmeasured": True, "reason": "I looked."}
    assert says(refuses(by_system(seen), Action.CONFIRM_ROLLED_BACK, **unmeasured)) == expected


def test_a_measured_zero_is_never_logged_as_unmeasured() -> None:
    seen = measured(resting(RolloutState.ROLLING_BACK), Measured.ZERO)
    moved = does(seen, Action.CONFIRM_ROLLED_BACK, unmeasured=True)
    assert moved.unmeasured is False
    assert moved.sentence == "Pia confirmed the rollback by measurement: exposure reads 0."


@pytest.mark.parametrize("exposure", [Measured.NOT_ZERO, Measured.NO_DATA])
def test_by_twice_the_expected_duration_the_rollback_has_failed(exposure: Measured) -> None:
    seen = measured(by_system(resting(RolloutState.ROLLING_BACK)), exposure)
    moved = does(seen, Action.ROLLBACK_FAILED)
    assert moved.kind == "rollout.rollback_failed"
    assert moved.rollout is RolloutState.ROLLBACK_FAILED
    assert moved.starts_escalation is EscalationCause.ROLLBACK_FAILED
    assert (moved.stages, moved.grant) == ({}, None)
    assert moved.sentence == "Gatehouse says that the rollback failed: exposure does not read 0 in time."


@pytest.mark.parametrize(
    "changes",
    [
        {"exposure": Measured.ZERO},
        {"rolling_back_since": NOW - timedelta(minutes=20) + timedelta(seconds=1)},
        {"rolling_back_since": None},
        {"rollback_expected": None},
    ],
)
def test_the_system_says_so_neither_earlier_nor_when_exposure_reads_zero(changes: dict[str, Any]) -> None:
    seen = replace(by_system(resting(RolloutState.ROLLING_BACK)), **changes)
    assert says(refuses(seen, Action.ROLLBACK_FAILED)) == (
        "not_overdue",
        "The rollback still has time, or exposure reads 0.",
        "Wait.",
    )


def test_a_person_may_say_so_at_any_time() -> None:
    seen = resting(RolloutState.ROLLING_BACK, rolling_back_since=NOW)
    moved = does(seen, Action.ROLLBACK_FAILED)
    assert moved.rollout is RolloutState.ROLLBACK_FAILED
    assert moved.sentence == "Pia says that the rollback failed."


@pytest.mark.parametrize("state", [RolloutState.HALTED, RolloutState.ROLLBACK_FAILED])
def test_closing_states_why_and_what_remains(state: RolloutState) -> None:
    seen = resting(state, requests=(request(1, 3),))
    moved = does(seen, Action.CLOSE, reason="Good enough.", remaining=" 5 % of EU ")
    assert moved.kind == "rollout.closed"
    assert moved.rollout is RolloutState.CLOSED
    assert (moved.remaining, moved.reason) == ("5 % of EU", "Good enough.")
    assert (moved.stages, moved.grant) == ({}, None)
    assert moved.closes_requests == ("r1s3",)
    assert moved.ends_escalation is True
    assert moved.sentence == "Pia closed the rollout. What remains: 5 % of EU"


def test_closing_without_either_is_refused() -> None:
    seen = resting(RolloutState.HALTED)
    assert says(refuses(seen, Action.CLOSE, remaining="5 % of EU")) == (
        "reason",
        "Closing needs a reason.",
        "Say why in your own words.",
    )
    assert says(refuses(seen, Action.CLOSE, reason="Good enough.", remaining=" ")) == (
        "remaining",
        "Closing states the exposure that remains.",
        "Say who still gets the new version.",
    )


def test_cancelling_ends_a_rollout_that_never_started() -> None:
    moved = does(resting(RolloutState.APPROVED, requests=(request(1, 1),)), Action.CANCEL)
    assert moved.kind == "rollout.cancelled"
    assert moved.rollout is RolloutState.CANCELLED
    assert moved.closes_requests == ("r1s1",)
    assert (moved.revisions, moved.opens_review) == ({}, None)
    assert moved.sentence == "Pia cancelled the rollout before it started."


def test_begun_and_ended_are_what_they_say() -> None:
    assert [state for state in RolloutState if not state.begun] == [
        RolloutState.DRAFT,
        RolloutState.PROPOSED,
        RolloutState.APPROVED,
        RolloutState.CANCELLED,
    ]
    assert [state for state in StageState if state.current] == [P.WAITING, B, P.READY, STOPPED]
    assert [state for state in StageState if not state.begun] == [P, SKIPPED]
    assert DONE.label == "Promoted"
