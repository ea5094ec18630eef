"""Hold, resume and halt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollouts.decisions.machine.effects import halt_effect, rollback_effect
from rollouts.decisions.machine.snapshot import FreezeSeen
from rollouts.decisions.machine.transition import Grant
from rollouts.decisions.machine.values import Action, EscalationCause, Evidence, HoldCause, ReviewCause
from rollouts.gates.values import OnFail, Word
from rollouts.plans.values import OnHalt, RolloutState, StageState
from tests.decisions.snapshots import (
    DONE,
    NOW,
    SKIPPED,
    STOPPED,
    B,
    P,
    R,
    W,
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


def test_a_hold_keeps_what_is_granted_and_every_stage_as_it_is() -> None:
    moved = does(snapshot(), Action.HOLD)
    assert moved.kind == "rollout.held"
    assert moved.rollout is RolloutState.HELD
    assert moved.held_for is HoldCause.PERSON
    assert (moved.stages, moved.grant, moved.restarts) == ({}, None, None)
    assert (moved.opens_review, moved.starts_escalation) == (None, None)
    assert moved.stage == 1
    assert moved.sentence == "Pia held the rollout; what is granted stays granted."


def test_a_persons_hold_replaces_one_by_the_system() -> None:
    for cause in (HoldCause.NO_DATA, HoldCause.GATE, HoldCause.OVERDUE):
        assert does(resting(RolloutState.HELD, held_for=cause), Action.HOLD).held_for is HoldCause.PERSON


def test_holding_twice_is_refused() -> None:
    assert says(refuses(resting(RolloutState.HELD), Action.HOLD)) == (
        "already_held",
        "A person holds the rollout already.",
        "An approver can resume it.",
    )


@pytest.mark.parametrize(
    ("on_halt", "states", "grant", "effect"),
    [
        (OnHalt.KEEP, (DONE, B, P), None, "The granted exposure stays as it is."),
        (
            OnHalt.PREVIOUS,
            (DONE, B, P),
            Grant(1),
            "The granted exposure goes back to that of stage 1 (Staff).",
        ),
        (
            OnHalt.PREVIOUS,
            (DONE, SKIPPED, B),
            Grant(1),
            "The granted exposure goes back to that of stage 1 (Staff).",
        ),
        (
            OnHalt.PREVIOUS,
            (DONE, DONE, B),
            Grant(2),
            "The granted exposure goes back to that of stage 2 (Canary).",
        ),
        (OnHalt.PREVIOUS, (B, P, P), Grant(None), "Nothing stays granted."),
        (OnHalt.OFF, (DONE, B, P), Grant(None), "Nothing stays granted."),
    ],
)
def test_a_halt_grants_what_the_stage_says(
    on_halt: OnHalt, states: tuple[StageState, ...], grant: Grant | None, effect: str
) -> None:
    number = states.index(B) + 1
    seen = with_stage(snapshot(stages=stages(*states), granted=number), number, on_halt=on_halt)
    moved = does(seen, Action.HALT)
    assert moved.grant == grant
    assert halt_effect(seen) == effect
    assert moved.sentence == f"Pia halted the rollout at {seen.stage(number)}. {effect}"


def test_the_last_promoted_stage_counts_wherever_it_stands() -> None:
    seen = snapshot(stages=tuple(reversed(stages(DONE, DONE, B))), granted=3)
    assert does(seen, Action.HALT).grant == Grant(2)


def test_a_halt_that_changes_no_exposure_grants_nothing_anew() -> None:
    seen = with_stage(snapshot(stages=stages(B, P, P), granted=None), 1, on_halt=OnHalt.OFF)
    assert does(seen, Action.HALT).grant is None
    assert halt_effect(snapshot(stages=())) == "The granted exposure stays as it is."
    assert does(snapshot(stages=()), Action.HALT).sentence == (
        "Pia halted the rollout. The granted exposure stays as it is."
    )


@pytest.mark.parametrize("state", [B, R])
def test_a_halt_stops_the_stage_opens_a_review_and_escalates(state: StageState) -> None:
    moved = does(snapshot(stages=stages(DONE, state, P), requests=(request(1, 3),)), Action.HALT)
    assert moved.kind == "rollout.halted"
    assert moved.rollout is RolloutState.HALTED
    assert moved.stages == {2: STOPPED}
    assert moved.stage == 2
    assert moved.opens_review is ReviewCause.HALT
    assert moved.starts_escalation is EscalationCause.HALT
    assert moved.restarts is None
    assert moved.closes_requests == ()


def test_a_waiting_stage_goes_on_waiting_through_a_halt() -> None:
    moved = does(snapshot(stages=stages(DONE, W, P), granted=2), Action.HALT)
    assert moved.stages == {}
    assert moved.grant == Grant(1)


def test_a_halt_ends_a_hold() -> None:
    moved = does(resting(RolloutState.HELD), Action.HALT)
    assert (moved.rollout, moved.held_for) == (RolloutState.HALTED, None)


def test_a_second_halt_opens_no_second_review() -> None:
    assert does(snapshot(has_review=True), Action.HALT).opens_review is None


def test_a_halt_is_never_refused_for_having_looked_at_something_older() -> None:
    old = Evidence(revision=9, stages={1: StageState.PENDING}, words={"1/exit/errors": Word.PENDING})
    assert does(snapshot(), Action.HALT, seen=old).rollout is RolloutState.HALTED
    assert refuses(snapshot(), Action.HOLD, seen=old).code == "changed"


def test_resuming_a_hold_goes_on_with_nothing_changed() -> None:
    moved = does(resting(RolloutState.HELD), Action.RESUME)
    assert moved.kind == "rollout.resumed"
    assert moved.rollout is RolloutState.RUNNING
    assert moved.held_for is None
    assert (moved.stages, moved.grant, moved.restarts) == ({}, None, None)
    assert (moved.opens_review, moved.ends_escalation, moved.yielded) == (None, False, ())
    assert moved.stage == 2
    assert moved.sentence == "Pia resumed the rollout at stage 2 (Canary)."


def test_resuming_after_a_halt_grants_again_and_restarts_warm_up_and_bake() -> None:
    moved = does(resting(RolloutState.HALTED), Action.RESUME)
    assert moved.rollout is RolloutState.RUNNING
    assert moved.stages == {2: B}
    assert moved.grant == Grant(2)
    assert moved.restarts == 2
    assert moved.ends_escalation is True
    assert moved.sentence == (
        "Pia resumed the rollout at stage 2 (Canary). Its exposure is granted; warm-up and bake restart."
    )


def test_resuming_after_a_halt_that_kept_the_exposure_grants_nothing_anew() -> None:
    seen = resting(RolloutState.HALTED, granted=2, freezes=(FreezeSeen("Year end"),))
    moved = does(seen, Action.RESUME)
    assert (moved.grant, moved.restarts, moved.yielded) == (None, 2, ())


def test_a_waiting_stage_that_was_halted_waits_again() -> None:
    moved = does(resting(RolloutState.HALTED, stages=stages(DONE, W, P)), Action.RESUME)
    assert moved.stages == {}
    assert (moved.grant, moved.restarts) == (Grant(2), 2)


@pytest.mark.parametrize(("word", "code"), [(Word.FAIL, "gates"), (Word.NO_DATA, "no_data")])
@pytest.mark.parametrize("on_fail", list(OnFail))
def test_a_halted_rollout_resumes_only_when_no_gate_fails_on_what_is_measured(
    word: Word, code: str, on_fail: OnFail
) -> None:
    seen = with_gate(resting(RolloutState.HALTED), 2, gate(word=word, on_fail=on_fail))
    assert refuses(seen, Action.RESUME).code == code
    observed = with_gate(seen, 2, gate(word=word, observe=True))
    assert does(observed, Action.RESUME).rollout is RolloutState.RUNNING


def test_a_gate_that_is_silent_only_because_of_the_halt_does_not_block() -> None:
    for word in (Word.NO_DATA, Word.FAIL):
        seen = with_gate(resting(RolloutState.HALTED), 2, gate(word=word, silenced=True))
        assert does(seen, Action.RESUME).rollout is RolloutState.RUNNING


@pytest.mark.parametrize("word", [Word.PASS, Word.PENDING, Word.INCONCLUSIVE])
def test_a_gate_that_does_not_fail_does_not_keep_a_rollout_halted(word: Word) -> None:
    seen = with_gate(resting(RolloutState.HALTED), 2, gate(word=word), entry_gate(word=Word.FAIL))
    assert does(seen, Action.RESUME).override == ()


def test_an_earlier_override_does_not_carry_over_a_halt() -> None:
    seen = with_gate(resting(RolloutState.HALTED), 2, gate(word=Word.FAIL, passed_over=True))
    assert refuses(seen, Action.RESUME).code == "gates"


@pytest.mark.parametrize(
    ("on_fail", "blocks"), [(OnFail.HALT, True), (OnFail.HOLD, True), (OnFail.ASK, False)]
)
def test_a_held_rollout_resumes_unless_a_gate_would_stop_it_again_at_once(
    on_fail: OnFail, blocks: bool
) -> None:
    seen = with_gate(resting(RolloutState.HELD), 2, gate(word=Word.FAIL, on_fail=on_fail))
    if blocks:
        assert says(refuses(seen, Action.RESUME)) == (
            "gates",
            "Not now: gate “errors” fails.",
            "Let “errors” pass.",
        )
    else:
        assert does(seen, Action.RESUME).rollout is RolloutState.RUNNING
    passed = with_gate(seen, 2, gate(word=Word.FAIL, on_fail=on_fail, passed_over=True))
    assert does(passed, Action.RESUME).rollout is RolloutState.RUNNING


def test_a_held_rollout_does_not_resume_while_a_gate_is_silent_for_too_long() -> None:
    silent = gate(word=Word.NO_DATA, silent_since=NOW - timedelta(minutes=15))
    seen = resting(RolloutState.HELD, held_for=HoldCause.NO_DATA)
    assert refuses(with_gate(seen, 2, silent), Action.RESUME).code == "no_data"
    short = replace(silent, silent_since=NOW - timedelta(minutes=14, seconds=59))
    assert does(with_gate(seen, 2, short), Action.RESUME).rollout is RolloutState.RUNNING
    spoken = replace(silent, word=Word.PENDING)
    assert does(with_gate(seen, 2, spoken), Action.RESUME).rollout is RolloutState.RUNNING
    unknown = replace(silent, silent_since=None)
    assert does(with_gate(seen, 2, unknown), Action.RESUME).rollout is RolloutState.RUNNING


def test_a_freeze_keeps_exposure_from_being_granted_again() -> None:
    halted = resting(RolloutState.HALTED, freezes=(FreezeSeen("Year end"),))
    assert refuses(halted, Action.RESUME).code == "frozen"
    owned = replace(halted, freezes=(FreezeSeen("Year end", owned=True),))
    assert does(owned, Action.RESUME).yielded == ("Year end",)
    held = resting(RolloutState.HELD, granted=1, freezes=(FreezeSeen("Year end"),))
    assert does(held, Action.RESUME).rollout is RolloutState.RUNNING


def test_a_rollback_says_what_it_takes_back() -> None:
    assert rollback_effect(resting(RolloutState.HALTED)) == (
        "All stages are taken back (stage 1 (Staff), stage 2 (Canary)), and nothing stays granted."
    )
