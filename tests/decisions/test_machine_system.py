"""What Gatehouse does by itself, and in which order of urgency."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.approvals.values import Policy
from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.snapshot import GateSeen, Snapshot
from rollouts.decisions.machine.transition import Grant
from rollouts.decisions.machine.values import (
    Action,
    Command,
    EscalationCause,
    HoldCause,
    Measured,
    ReviewCause,
    Right,
)
from rollouts.gates.values import OnFail, Word
from rollouts.plans.values import Advance, OnOverdue, RolloutState, StageState
from tests.decisions.snapshots import (
    DONE,
    NOW,
    STOPPED,
    SYSTEM,
    B,
    P,
    R,
    W,
    by_system,
    does,
    entry_gate,
    gate,
    refuses,
    request,
    resting,
    says,
    snapshot,
    stages,
    with_gate,
    with_stage,
)

SILENT = gate(word=Word.NO_DATA, silent_since=NOW - timedelta(minutes=15))


def running(*states: StageState, **given: Any) -> Snapshot:
    return by_system(snapshot(stages=stages(*states), granted=2, **given))


def test_the_wait_of_a_stage_ends_in_its_bake() -> None:
    moved = does(running(DONE, W, P), Action.BAKE_STARTED, stage=2)
    assert moved.kind == "rollout.stage_baking"
    assert (moved.stages, moved.stage) == ({2: B}, 2)
    assert moved.sentence == "The wait of stage 2 (Canary) is over; it bakes."


def test_a_bake_begins_once_and_in_the_stage_under_way() -> None:
    assert says(refuses(running(DONE, B, P), Action.BAKE_STARTED)) == (
        "not_now",
        "The state of stage 2 (Canary) is baking, not waiting.",
        "Nothing is to be done.",
    )
    expected = ("not_current", "That stage is not under way.", "Nothing is to be done.")
    assert says(refuses(running(DONE, W, P), Action.BAKE_STARTED, stage=1)) == expected
    assert says(refuses(running(DONE, P), Action.BAKE_STARTED)) == expected


def test_a_stage_is_ready_when_its_bake_ended_and_every_exit_gate_passes() -> None:
    seen = with_gate(running(DONE, B, P), 2, gate(), entry_gate(word=Word.FAIL))
    moved = does(seen, Action.STAGE_READY)
    assert moved.kind == "rollout.stage_ready"
    assert (moved.stages, moved.stage) == ({2: R}, 2)
    assert moved.sentence == "Stage 2 (Canary) is ready."
    assert refuses(with_stage(seen, 2, baked=False), Action.STAGE_READY).code == "baking"
    assert refuses(with_gate(seen, 2, gate(word=Word.PENDING)), Action.STAGE_READY).code == "gates"
    assert refuses(running(DONE, R, P), Action.STAGE_READY).code == "not_now"


def test_a_ready_stage_bakes_again_when_a_gate_no_longer_passes() -> None:
    seen = with_gate(running(DONE, R, P), 2, gate(word=Word.INCONCLUSIVE), gate("p95", Word.FAIL))
    moved = does(seen, Action.STAGE_UNREADY)
    assert moved.kind == "rollout.stage_unready"
    assert (moved.stages, moved.stage) == ({2: B}, 2)
    assert moved.sentence == (
        "Stage 2 (Canary) is no longer ready: gate “errors” is inconclusive; gate “p95” fails."
    )
    assert says(refuses(running(DONE, R, P), Action.STAGE_UNREADY)) == (
        "ready",
        "Every gate of stage 2 (Canary) passes.",
        "Nothing is to be done.",
    )
    assert refuses(with_stage(seen, 2, state=B), Action.STAGE_UNREADY).code == "not_now"


def test_a_gate_that_is_silent_for_too_long_holds_the_rollout() -> None:
    seen = with_gate(running(DONE, B, P), 2, SILENT)
    moved = does(seen, Action.HOLD_FOR_NO_DATA, gate="errors")
    assert moved.kind == "rollout.held"
    assert moved.rollout is RolloutState.HELD
    assert moved.held_for is HoldCause.NO_DATA
    assert (moved.stages, moved.grant, moved.stage) == ({}, None, 2)
    assert moved.sentence == (
        "Gatehouse held the rollout at stage 2 (Canary): gate “errors” has no data. "
        "What is granted stays granted."
    )


def test_silence_is_tolerated_for_as_long_as_the_plan_says() -> None:
    seen = running(DONE, B, P)
    for tolerated in (
        replace(SILENT, silent_since=NOW - timedelta(minutes=14)),
        replace(SILENT, no_data_after=timedelta(minutes=16)),
        replace(SILENT, word=Word.FAIL),
        replace(SILENT, silent_since=None),
    ):
        assert says(refuses(with_gate(seen, 2, tolerated), Action.HOLD_FOR_NO_DATA, gate="errors")) == (
            "not_silent",
            "Gate “errors” has data, or its time is not over.",
            "Wait.",
        )


@pytest.mark.parametrize(
    ("action", "bad"),
    [
        (Action.HOLD_FOR_NO_DATA, SILENT),
        (Action.HOLD_FOR_GATE, gate(word=Word.FAIL, on_fail=OnFail.HOLD)),
        (Action.HALT_FOR_GATE, gate(word=Word.FAIL)),
    ],
)
def test_only_binding_exit_gates_of_the_stage_under_way_stop_it(action: Action, bad: GateSeen) -> None:
    seen = with_gate(running(DONE, B, P), 2, bad)
    assert does(seen, action, gate="errors").rollout in (RolloutState.HELD, RolloutState.HALTED)
    observed = ("observed", "Gate “errors” only observes.", "Nothing is to be done.")
    assert says(refuses(replace(seen, observe=True), action, gate="errors")) == observed
    assert says(refuses(with_gate(seen, 2, replace(bad, observe=True)), action, gate="errors")) == observed
    missing = ("no_gate", "No gate “p95” guards leaving stage 2 (Canary).", "Nothing is to be done.")
    assert says(refuses(seen, action, gate="p95")) == missing
    at_entry = with_gate(seen, 2, replace(bad, name="p95", position=entry_gate().position))
    assert says(refuses(at_entry, action, gate="p95")) == missing
    assert says(refuses(with_gate(seen, 2, replace(bad, passed_over=True)), action, gate="errors")) == (
        "passed_over",
        "An override passed over what gate “errors” says, and it says nothing new.",
        "Wait until its verdict changes.",
    )


def test_a_failing_gate_holds_when_its_on_fail_says_hold() -> None:
    seen = with_gate(running(DONE, B, P), 2, gate(word=Word.FAIL, on_fail=OnFail.HOLD))
    moved = does(seen, Action.HOLD_FOR_GATE, gate="errors")
    assert (moved.rollout, moved.held_for) == (RolloutState.HELD, HoldCause.GATE)
    assert moved.sentence == (
        "Gatehouse held the rollout at stage 2 (Canary): gate “errors” failed. What is granted stays granted."
    )


def test_a_failing_gate_halts_by_itself() -> None:
    seen = with_gate(running(DONE, B, P), 2, gate("p95"), gate(word=Word.FAIL))
    moved = does(seen, Action.HALT_FOR_GATE, gate="errors")
    assert moved.kind == "rollout.halted"
    assert moved.rollout is RolloutState.HALTED
    assert moved.stages == {2: STOPPED}
    assert moved.grant == Grant(1)
    assert moved.opens_review is ReviewCause.HALT
    assert moved.starts_escalation is EscalationCause.HALT
    assert moved.sentence == (
        "Gatehouse halted the rollout at stage 2 (Canary): gate “errors” failed. "
        "The granted exposure goes back to that of stage 1 (Staff)."
    )


@pytest.mark.parametrize("on_fail", list(OnFail))
@pytest.mark.parametrize("word", list(Word))
def test_a_gate_stops_only_by_failing_and_as_its_on_fail_says(on_fail: OnFail, word: Word) -> None:
    seen = with_gate(running(DONE, B, P), 2, gate(word=word, on_fail=on_fail))
    for action, wanted in ((Action.HALT_FOR_GATE, OnFail.HALT), (Action.HOLD_FOR_GATE, OnFail.HOLD)):
        if word is Word.FAIL and on_fail is wanted:
            does(seen, action, gate="errors")
        else:
            assert says(refuses(seen, action, gate="errors")) == (
                "not_failing",
                f"Gate “errors” does not {wanted.value} the stage.",
                "Wait.",
            )


def test_a_gate_that_lost_its_traffic_to_a_halt_does_not_stop_the_stage() -> None:
    seen = with_gate(running(DONE, B, P), 2, gate(word=Word.FAIL, silenced=True))
    assert refuses(seen, Action.HALT_FOR_GATE, gate="errors").code == "not_failing"


def held(cause: HoldCause) -> Snapshot:
    return by_system(resting(RolloutState.HELD, held_for=cause))


def test_returning_data_lifts_a_hold_for_no_data() -> None:
    moved = does(held(HoldCause.NO_DATA), Action.LIFT_HOLD)
    assert moved.kind == "rollout.resumed"
    assert moved.rollout is RolloutState.RUNNING
    assert moved.held_for is None
    assert (moved.restarts, moved.grant, moved.stage) == (None, None, 2)
    assert moved.sentence == "Gatehouse resumed the rollout at stage 2 (Canary): every gate has data again."


@pytest.mark.parametrize("cause", [HoldCause.PERSON, HoldCause.GATE, HoldCause.OVERDUE])
def test_returning_data_lifts_no_other_hold(cause: HoldCause) -> None:
    assert says(refuses(held(cause), Action.LIFT_HOLD)) == (
        "not_ours",
        "Data lifts only a hold that was made for no data.",
        "A person can resume.",
    )


def test_a_hold_stays_while_any_binding_gate_is_silent() -> None:
    seen = with_gate(held(HoldCause.NO_DATA), 2, gate("p95"), gate(word=Word.NO_DATA))
    assert says(refuses(seen, Action.LIFT_HOLD)) == (
        "no_data",
        "Gate “errors” still has no data.",
        "Wait for its data.",
    )
    seen = with_gate(seen, 2, gate(word=Word.NO_DATA, observe=True), entry_gate(word=Word.NO_DATA))
    assert does(seen, Action.LIFT_HOLD).rollout is RolloutState.RUNNING


@pytest.mark.parametrize(
    ("on_overdue", "state", "cause", "escalation"),
    [
        (OnOverdue.ASK, RolloutState.RUNNING, None, None),
        (OnOverdue.HOLD, RolloutState.HELD, HoldCause.OVERDUE, None),
        (OnOverdue.ESCALATE, RolloutState.RUNNING, None, EscalationCause.OVERDUE_STAGE),
    ],
)
def test_an_overdue_stage_does_what_the_plan_says(
    on_overdue: OnOverdue, state: RolloutState, cause: HoldCause | None, escalation: EscalationCause | None
) -> None:
    seen = with_stage(running(DONE, B, P), 2, overdue_at=NOW, on_overdue=on_overdue)
    moved = does(seen, Action.OVERDUE)
    assert moved.kind == "rollout.overdue"
    assert (moved.rollout, moved.held_for, moved.starts_escalation) == (state, cause, escalation)
    assert (moved.stages, moved.stage) == ({}, 2)
    assert moved.sentence == "Stage 2 (Canary) takes longer than it may."


def test_an_overdue_stage_that_is_held_already_keeps_its_hold() -> None:
    seen = with_stage(held(HoldCause.NO_DATA), 2, overdue_at=NOW, on_overdue=OnOverdue.HOLD)
    moved = does(seen, Action.OVERDUE)
    assert (moved.rollout, moved.held_for) == (RolloutState.HELD, HoldCause.NO_DATA)


@pytest.mark.parametrize(
    "changes",
    [{}, {"overdue_at": NOW + timedelta(seconds=1)}, {"overdue_at": NOW, "overdue_said": True}],
)
def test_overdue_is_said_in_time_and_once(changes: dict[str, object]) -> None:
    assert says(refuses(with_stage(running(DONE, B, P), 2, **changes), Action.OVERDUE)) == (
        "not_overdue",
        "The maximum duration of stage 2 (Canary) is not over.",
        "Wait.",
    )


def test_what_is_most_urgent_comes_first() -> None:
    stops = (
        replace(SILENT, name="traffic"),
        gate("queue", Word.FAIL, on_fail=OnFail.HOLD),
        gate("errors", Word.FAIL),
    )
    old = request(1, 3, policy=Policy(expires_after=timedelta(minutes=1)))
    seen = with_stage(running(DONE, R, P), 2, overdue_at=NOW, gates=stops)
    seen = replace(with_stage(seen, 3, advance=Advance.AUTOMATIC), requests=(request(1, 3, id="new"), old))
    assert duty(seen) == Command(Action.HALT_FOR_GATE, stage=2, gate="errors")
    seen = with_gate(seen, 2, *stops[:2])
    assert duty(seen) == Command(Action.HOLD_FOR_GATE, stage=2, gate="queue")
    seen = with_gate(seen, 2, *stops[:1])
    assert duty(seen) == Command(Action.HOLD_FOR_NO_DATA, stage=2, gate="traffic")
    seen = with_gate(seen, 2, gate("queue", Word.FAIL, on_fail=OnFail.ASK))
    assert duty(seen) == Command(Action.EXPIRE, stage=3, request="r1s3")
    seen = replace(seen, requests=())
    assert duty(seen) == Command(Action.OVERDUE, stage=2)
    seen = with_stage(seen, 2, overdue_said=True)
    assert duty(seen) == Command(Action.STAGE_UNREADY, stage=2)
    seen = with_gate(seen, 2, gate())
    assert duty(seen) == Command(Action.PROMOTE, stage=3)
    assert duty(with_stage(seen, 3, advance=Advance.MANUAL)) is None
    assert duty(with_stage(seen, 2, state=B)) == Command(Action.STAGE_READY, stage=2)


def test_a_hold_for_no_data_is_lifted_and_another_is_not() -> None:
    assert duty(held(HoldCause.NO_DATA)) == Command(Action.LIFT_HOLD, stage=2)
    assert duty(with_gate(held(HoldCause.NO_DATA), 2, SILENT)) is None
    assert duty(held(HoldCause.PERSON)) is None


def test_a_rollback_is_confirmed_or_said_to_have_failed() -> None:
    seen = by_system(resting(RolloutState.ROLLING_BACK))
    assert duty(seen) == Command(Action.ROLLBACK_FAILED)
    assert duty(replace(seen, exposure=Measured.ZERO)) == Command(Action.CONFIRM_ROLLED_BACK)
    assert duty(replace(seen, rolling_back_since=NOW)) is None


@pytest.mark.parametrize("state", [each for each in RolloutState if not each.moving])
def test_nothing_is_to_be_done_while_nothing_moves(state: RolloutState) -> None:
    seen = resting(state, rights=SYSTEM, rolling_back_since=NOW)
    if seen.current is not None:
        seen = with_stage(seen, seen.current.number, overdue_at=NOW, gates=(gate(word=Word.FAIL),))
    assert duty(seen) is None


def test_a_passed_over_verdict_is_no_duty() -> None:
    seen = with_gate(running(DONE, B, P), 2, gate(word=Word.FAIL, passed_over=True))
    assert duty(seen) is None


def test_the_log_has_the_title_of_a_gate_and_a_refusal_the_name_that_an_override_gives() -> None:
    failing = gate(word=Word.FAIL, title="Errors of orders")
    halted = does(with_gate(running(DONE, B, P), 2, failing), Action.HALT_FOR_GATE, stage=2, gate="errors")
    assert "gate “Errors of orders” failed." in halted.sentence
    stopped = with_gate(resting(RolloutState.HALTED), 2, failing)
    assert refuses(stopped, Action.RESUME).sentence == "Not now: gate “errors” fails."
    breaker = replace(stopped, rights=stopped.rights | {Right.BREAKER})
    resumed = does(breaker, Action.RESUME, override=("errors",), reason="It is the load test.")
    assert resumed.sentence.endswith("It passes over Errors of orders.")
