"""Start, promote, complete: what enters and leaves stages, and in which order."""

from dataclasses import replace

import pytest

from rollouts.decisions.machine.snapshot import FreezeSeen
from rollouts.decisions.machine.transition import Grant
from rollouts.decisions.machine.values import Action, ReviewCause
from rollouts.gates.values import Word
from rollouts.plans.values import Advance, RevisionState, RolloutState
from tests.decisions.snapshots import (
    DONE,
    SKIPPED,
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
    stage,
    stages,
    vote,
    with_gate,
    with_stage,
)


def test_starting_puts_the_approved_revision_in_force_and_enters_its_first_stage() -> None:
    seen = resting(RolloutState.APPROVED, requests=(request(1, 2),))
    moved = does(seen, Action.START, stage=1, revision=1)
    assert moved.kind == "rollout.started"
    assert moved.rollout is RolloutState.RUNNING
    assert moved.revisions == {1: RevisionState.IN_FORCE}
    assert moved.planned == (1, 2, 3)
    assert moved.stages == {1: W}
    assert moved.grant == Grant(1)
    assert moved.restarts == 1
    assert moved.asks_for == (2,)
    assert moved.closes_requests == ()
    assert (moved.stage, moved.revision) == (1, 1)
    assert moved.sentence == "Pia started the rollout and entered stage 1 (Staff)."
    assert (moved.opens_review, moved.starts_escalation, moved.ends_escalation) == (None, None, False)


def test_starting_closes_the_requests_for_the_first_stage() -> None:
    seen = resting(RolloutState.APPROVED, requests=(request(1, 1, votes=(vote(),)),))
    assert does(seen, Action.START).closes_requests == ("r1s1",)


def test_the_first_stage_has_its_conditions_too() -> None:
    seen = with_gate(resting(RolloutState.APPROVED), 1, entry_gate(word=Word.PENDING))
    assert refuses(seen, Action.START).code == "gates"
    seen = resting(RolloutState.APPROVED, freezes=(FreezeSeen("Year end"),))
    assert refuses(seen, Action.START).code == "frozen"
    assert (
        refuses(resting(RolloutState.APPROVED, requests=(request(1, 1),)), Action.START).code == "approvals"
    )


def test_the_owner_of_a_freeze_starts_within_it() -> None:
    moved = does(resting(RolloutState.APPROVED, freezes=(FreezeSeen("Year end", owned=True),)), Action.START)
    assert moved.yielded == ("Year end",)
    assert moved.sentence == (
        "Pia started the rollout and entered stage 1 (Staff) within the freeze Year end as its owner."
    )


def test_only_an_approved_revision_starts() -> None:
    assert says(refuses(resting(RolloutState.APPROVED, revisions=()), Action.START)) == (
        "no_revision",
        "No revision is approved.",
        "Propose one and get it approved.",
    )
    assert refuses(resting(RolloutState.APPROVED), Action.START, revision=2).code == "changed"
    assert refuses(resting(RolloutState.APPROVED), Action.START, stage=2).code == "not_next"


def test_promoting_ends_the_stage_before_and_enters_this_one_at_once() -> None:
    moved = does(snapshot(requests=(request(1, 3),)), Action.PROMOTE, stage=2, revision=1)
    assert moved.kind == "rollout.promoted"
    assert moved.rollout is RolloutState.RUNNING
    assert moved.stages == {1: DONE, 2: W}
    assert moved.grant == Grant(2)
    assert moved.restarts == 2
    assert moved.asks_for == (3,)
    assert moved.closes_requests == ()
    assert (moved.stage, moved.revision, moved.planned) == (2, 1, None)
    assert (moved.override, moved.yielded, moved.opens_review) == ((), (), None)
    assert moved.sentence == "Pia promoted the rollout to stage 2 (Canary)."


def test_the_last_stage_asks_about_completing() -> None:
    assert does(snapshot(stages=stages(DONE, R, P)), Action.PROMOTE).asks_for == (4,)


def test_a_skipped_stage_is_passed_by() -> None:
    moved = does(snapshot(stages=stages(R, SKIPPED, P)), Action.PROMOTE)
    assert moved.stages == {1: DONE, 3: W}
    assert moved.grant == Grant(3)


def test_stages_are_entered_in_their_order() -> None:
    assert says(refuses(snapshot(), Action.PROMOTE, stage=3)) == (
        "not_next",
        "Stage 3 is not next.",
        "Next is stage 2 (Canary).",
    )
    assert refuses(snapshot(), Action.PROMOTE, stage=9).code == "not_next"
    reverse = snapshot(stages=tuple(reversed(stages(R, P, P))))
    assert does(reverse, Action.PROMOTE).stage == 2


def test_of_two_who_promote_to_the_same_stage_the_second_is_refused() -> None:
    seen = snapshot(stages=stages(DONE, W, P))
    assert says(refuses(seen, Action.PROMOTE, stage=2)) == (
        "entered",
        "The state of stage 2 (Canary) is waiting: it is not entered again.",
        "Next is stage 3 (Everybody).",
    )
    assert refuses(snapshot(stages=stages(R)), Action.PROMOTE, stage=1).remedy == (
        "Complete the rollout when the last stage is ready."
    )


def test_after_the_last_stage_there_is_nothing_to_promote_to() -> None:
    assert says(refuses(snapshot(stages=stages(DONE, R)), Action.PROMOTE)) == (
        "last_stage",
        "No stage is left to enter.",
        "Complete the rollout when the last is ready.",
    )


def test_promoting_names_the_revision_in_force() -> None:
    assert refuses(snapshot(), Action.PROMOTE, revision=2).code == "changed"
    assert refuses(snapshot(revisions=()), Action.PROMOTE).sentence == "No revision is in force."


def test_without_a_stage_under_way_nothing_is_left() -> None:
    expected = ("no_stage", "No stage is under way.", "Roll back, or close the rollout.")
    assert says(refuses(snapshot(stages=stages(DONE, P)), Action.PROMOTE)) == expected
    assert says(refuses(snapshot(stages=stages(DONE)), Action.COMPLETE)) == expected
    assert says(refuses(resting(RolloutState.HELD, stages=stages(DONE)), Action.RESUME)) == expected


def test_the_system_promotes_only_where_the_plan_says_automatic() -> None:
    seen = by_system(snapshot())
    assert says(refuses(seen, Action.PROMOTE)) == (
        "manual",
        "The plan lets a person enter stage 2 (Canary).",
        "Wait for an approver to promote.",
    )
    moved = does(with_stage(seen, 2, advance=Advance.AUTOMATIC), Action.PROMOTE)
    assert moved.sentence == "Gatehouse promoted the rollout to stage 2 (Canary)."
    first = with_stage(seen, 1, advance=Advance.AUTOMATIC)
    assert refuses(first, Action.PROMOTE).code == "manual"


def test_a_person_may_promote_where_the_plan_says_automatic() -> None:
    assert does(with_stage(snapshot(), 2, advance=Advance.AUTOMATIC), Action.PROMOTE).stage == 2


def test_the_system_promotes_only_when_every_gate_passes() -> None:
    seen = with_stage(
        by_system(snapshot()), 2, advance=Advance.AUTOMATIC, gates=(entry_gate(word=Word.PENDING),)
    )
    assert refuses(seen, Action.PROMOTE).code == "gates"


def test_completing_ends_the_last_stage_and_keeps_what_it_granted() -> None:
    seen = snapshot(stages=stages(DONE, DONE, R), granted=3, requests=(request(1, 9),))
    moved = does(seen, Action.COMPLETE)
    assert moved.kind == "rollout.completed"
    assert moved.rollout is RolloutState.COMPLETED
    assert moved.stages == {3: DONE}
    assert moved.grant is None
    assert moved.opens_review is ReviewCause.COMPLETION
    assert moved.ends_escalation is True
    assert moved.closes_requests == ("r1s9",)
    assert (moved.stage, moved.revision) == (3, 1)
    assert moved.sentence == "Pia completed the rollout; the exposure of stage 3 (Everybody) stays."
    assert does(replace(seen, has_review=True), Action.COMPLETE).opens_review is None


def test_a_skipped_last_stage_does_not_stop_completing() -> None:
    assert does(snapshot(stages=stages(DONE, R, SKIPPED)), Action.COMPLETE).stages == {2: DONE}


def test_nothing_completes_while_a_stage_is_still_to_be_entered() -> None:
    assert says(refuses(snapshot(), Action.COMPLETE)) == (
        "stages_left",
        "A stage is still to be entered: stage 2 (Canary).",
        "Promote to it, or let somebody with the break-glass role skip it.",
    )


def test_completing_needs_the_last_stage_ready() -> None:
    assert refuses(snapshot(stages=stages(DONE, B)), Action.COMPLETE).code == "not_ready"
    seen = with_gate(snapshot(stages=stages(DONE, R)), 2, gate(word=Word.NO_DATA))
    assert refuses(seen, Action.COMPLETE).code == "no_data"
    assert refuses(snapshot(stages=stages(R)), Action.COMPLETE, revision=3).code == "changed"


def test_a_freeze_does_not_stop_completing() -> None:
    seen = snapshot(stages=stages(R), freezes=(FreezeSeen("Year end", absolute=True),))
    assert does(seen, Action.COMPLETE).rollout is RolloutState.COMPLETED


@pytest.mark.parametrize("state", [RolloutState.HELD, RolloutState.HALTED])
def test_a_stopped_rollout_is_not_promoted(state: RolloutState) -> None:
    assert refuses(resting(state), Action.PROMOTE, stage=3).code == "not_now"


def test_a_stage_without_a_name_goes_by_its_number() -> None:
    plain = snapshot(stages=(stage(1, R), stage(2, P, name="")))
    assert does(plain, Action.PROMOTE).sentence == "Pia promoted the rollout to stage 2."
    assert (
        does(replace(plain, actor_name=""), Action.PROMOTE).sentence == "pia promoted the rollout to stage 2."
    )
