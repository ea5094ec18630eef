"""The next snapshot after a transition, and the states that a log leads to."""

import json
from dataclasses import MISSING, fields, replace
from datetime import timedelta

from rollouts.decisions.machine.replay import States, apply, rebuild
from rollouts.decisions.machine.transition import Cast, Grant, Transition, Void
from rollouts.decisions.machine.values import Action, EscalationCause, HoldCause, ReviewCause
from rollouts.gates.values import Word
from rollouts.plans.values import RevisionState, RolloutState, StageState
from tests.decisions.snapshots import (
    DONE,
    NOW,
    STOPPED,
    B,
    P,
    R,
    by_system,
    does,
    gate,
    resting,
    snapshot,
    stage,
    stages,
    vote,
    with_gate,
    with_stage,
)


def test_resuming_passes_over_the_named_gates_of_that_stage_only() -> None:
    gates = (gate("errors", Word.FAIL), gate("latency", passed_over=True))
    seen = with_gate(with_gate(resting(RolloutState.HALTED), 2, *gates), 1, *gates)
    moved = Transition(
        Action.RESUME, "rollout.resumed", "Resumed.", RolloutState.RUNNING, stage=2, override=("errors",)
    )
    after = apply(seen, moved)
    assert [each.passed_over for each in after.stages[1].gates] == [True, False]
    assert [each.passed_over for each in after.stages[0].gates] == [False, True]


def test_a_restart_gives_silent_gates_their_full_time_again_and_forgets_the_bake() -> None:
    earlier = NOW.replace(hour=10)
    silent = gate("errors", Word.NO_DATA, silent_since=earlier, silenced=True)
    seen = with_stage(with_gate(resting(RolloutState.HALTED), 2, silent, gate("latency")), 2, baked=True)
    moved = Transition(Action.RESUME, "rollout.resumed", "Resumed.", RolloutState.RUNNING, stage=2)
    kept, again = apply(seen, moved).stages[1], apply(seen, replace(moved, restarts=2)).stages[1]
    assert (kept.baked, kept.gates[0].silent_since, kept.gates[0].silenced) == (True, earlier, True)
    assert (again.baked, again.gates[0].silent_since, again.gates[0].silenced) == (False, NOW, False)
    assert again.gates[1] == gate("latency")


def test_overdue_is_said_of_its_stage_only_and_stays_said() -> None:
    seen = by_system(with_stage(snapshot(stages=stages(DONE, R, P)), 2, overdue_at=NOW))
    after = apply(seen, does(seen, Action.OVERDUE, stage=2))
    assert [each.overdue_said for each in after.stages] == [False, True, False]
    held = apply(after, does(replace(after, rights=resting(RolloutState.RUNNING).rights), Action.HOLD))
    assert [each.overdue_said for each in held.stages] == [False, True, False]


def test_differences_are_sentences_and_say_nothing_of_what_is_as_ever() -> None:
    here = States(RolloutState.HELD, {1: R, 2: P}, {1: RevisionState.IN_FORCE}, 1, HoldCause.PERSON)
    there = States(RolloutState.RUNNING, {1: B}, {2: RevisionState.PROPOSED}, None, None)
    assert here.differences(here) == ()
    assert here.differences(there) == (
        "The rollout is held here and running there.",
        "The granted stage is 1 here and nothing there.",
        "The cause of the hold is person here and nothing there.",
        "Stage 1 is ready here and baking there.",
        "Revision 1 is in_force here and draft there.",
        "Revision 2 is draft here and proposed there.",
    )


def test_a_plan_that_is_put_in_force_drops_stages_and_adds_pending_ones() -> None:
    states = States(RolloutState.RUNNING, {1: DONE, 2: STOPPED, 3: P})
    moved = Transition(
        Action.APPROVE,
        "rollout.approved",
        "Approved.",
        RolloutState.RUNNING,
        planned=(1, 2, 4),
        grant=Grant(2),
    )
    after = states.advance(moved)
    assert after.stages == {1: DONE, 2: STOPPED, 4: StageState.PENDING}
    assert after.granted == 2
    assert after.advance(replace(moved, planned=None, grant=None)).granted == 2
    assert after.advance(replace(moved, grant=Grant(None))).granted is None


def test_a_transition_is_logged_with_everything_that_it_does() -> None:
    moved = Transition(
        Action.PROMOTE,
        "rollout.promoted",
        "Promoted.",
        RolloutState.RUNNING,
        stage=2,
        revision=3,
        reason="because",
        stages={1: DONE, 2: B},
        revisions={3: RevisionState.IN_FORCE},
        planned=(1, 2),
        grant=Grant(2),
        held_for=HoldCause.GATE,
        casts=(Cast("r1", vote(on_behalf_of="dee", teams=frozenset({"orders", "legal"}))),),
        voids=(Void("r1", "pia"),),
        closes_requests=("r1",),
        asks_for=(None, 3),
        restarts=2,
        opens_review=ReviewCause.OVERRIDE,
        starts_escalation=EscalationCause.HALT,
        ends_escalation=True,
        override=("errors",),
        skipped_requests=("r2",),
        yielded=("year end",),
        unmeasured=True,
        remaining="some",
        rollback_due_at=NOW,
        extends=timedelta(minutes=30),
        asked="errors",
    )
    content = json.loads(json.dumps(moved.to_content()))
    assert Transition.from_content(moved.kind, content) == moved
    usual = {each.name: each.default for each in fields(moved) if each.default is not MISSING}
    assert not [name for name, value in usual.items() if getattr(moved, name) == value]


def test_events_that_moved_nothing_are_passed_by() -> None:
    seen = snapshot(stages=(stage(1, R), stage(2)))
    moved = does(seen, Action.HOLD)
    told = ("rollout.update_posted", {"sentence": "All is well."})
    assert rebuild([told, (moved.kind, moved.to_content()), told]).rollout is RolloutState.HELD
    assert rebuild([told]) == States()
