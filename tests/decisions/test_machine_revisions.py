"""The life of a revision: saved, proposed, withdrawn; what stays in force meanwhile."""

from dataclasses import replace
from typing import Any

import pytest

from rollouts.decisions.machine.transition import Void
from rollouts.decisions.machine.values import Action
from rollouts.plans.values import RevisionState, RolloutState
from tests.decisions.snapshots import (
    DONE,
    EVERY_RIGHT,
    B,
    R,
    does,
    refuses,
    request,
    resting,
    revision,
    says,
    snapshot,
    stages,
    vote,
)

V = RevisionState


def two(first: RevisionState, second: RevisionState) -> dict[str, Any]:
    return {"revisions": (revision(1, first), revision(2, second))}


@pytest.mark.parametrize("state", [RolloutState.DRAFT, RolloutState.APPROVED, RolloutState.RUNNING])
def test_saving_a_draft_changes_nothing_else(state: RolloutState) -> None:
    seen = resting(state, requests=(request(1, 2, votes=(vote(),)),))
    moved = does(seen, Action.SAVE, revision=2)
    assert moved.revisions == {2: V.DRAFT}
    assert moved.revision == 2
    assert moved.sentence == "Pia saved revision 2."
    assert (moved.rollout, moved.stages, moved.grant, moved.voids) == (state, {}, None, ())
    assert (moved.closes_requests, moved.asks_for, moved.casts) == ((), (), ())


def test_saving_keeps_a_hold() -> None:
    seen = resting(RolloutState.HELD)
    assert does(seen, Action.SAVE, revision=2).held_for is seen.held_for


def test_a_draft_is_saved_again_under_its_number() -> None:
    assert does(resting(RolloutState.DRAFT), Action.SAVE, revision=1).revisions == {1: V.DRAFT}


def test_a_proposed_revision_is_immutable() -> None:
    assert says(refuses(resting(RolloutState.PROPOSED), Action.SAVE, revision=1)) == (
        "immutable",
        "Revision 1 is proposed and cannot be changed any more.",
        "Save a new revision.",
    )


def test_saving_names_the_revision() -> None:
    assert says(refuses(resting(RolloutState.DRAFT), Action.SAVE)) == (
        "no_number",
        "A saved draft has a number, and none is given.",
        "Name the revision.",
    )


def test_proposing_puts_the_newest_draft_to_the_vote() -> None:
    moved = does(resting(RolloutState.DRAFT, **two(V.DRAFT, V.DRAFT)), Action.PROPOSE)
    assert moved.rollout is RolloutState.PROPOSED
    assert moved.revisions == {2: V.PROPOSED}
    assert moved.revision == 2
    assert moved.asks_for == (None,)
    assert moved.sentence == "Pia proposed revision 2."


def test_proposing_voids_every_open_vote_and_closes_every_request() -> None:
    gone = vote("rob", voided_at=vote().at)
    seen = snapshot(
        **two(V.IN_FORCE, V.DRAFT), requests=(request(1, 2, votes=(vote("quin"), gone)), request(1, 3))
    )
    moved = does(seen, Action.PROPOSE)
    assert moved.voids == (Void("r1s2", "quin"),)
    assert moved.closes_requests == ("r1s2", "r1s3")


def test_the_revision_in_force_keeps_governing_while_another_is_proposed() -> None:
    moved = does(snapshot(**two(V.IN_FORCE, V.DRAFT)), Action.PROPOSE)
    assert moved.rollout is RolloutState.RUNNING
    assert moved.revisions == {2: V.PROPOSED}
    assert (moved.planned, moved.grant, moved.stages) == (None, None, {})


def test_proposing_anew_before_the_start_replaces_the_approved_one() -> None:
    moved = does(resting(RolloutState.APPROVED, **two(V.APPROVED, V.DRAFT)), Action.PROPOSE)
    assert moved.rollout is RolloutState.PROPOSED
    assert moved.revisions == {1: V.SUPERSEDED, 2: V.PROPOSED}


def test_proposing_another_withdraws_the_one_that_was_proposed() -> None:
    moved = does(resting(RolloutState.PROPOSED, **two(V.PROPOSED, V.DRAFT)), Action.PROPOSE, revision=2)
    assert moved.revisions == {1: V.WITHDRAWN, 2: V.PROPOSED}


def test_without_a_draft_nothing_is_proposed() -> None:
    assert says(refuses(snapshot(), Action.PROPOSE)) == (
        "no_draft",
        "There is no draft to propose.",
        "Save a draft of the plan first.",
    )


def test_proposing_another_revision_than_the_newest_draft_is_refused_as_changed() -> None:
    assert says(refuses(resting(RolloutState.DRAFT), Action.PROPOSE, revision=3)) == (
        "changed",
        "This is about revision 1 now, and you named revision 3.",
        "Look at what stands there now, and decide again.",
    )


def test_stages_that_have_begun_are_read_only() -> None:
    draft = revision(2, V.DRAFT, alters=frozenset({2, 1}))
    seen = snapshot(revisions=(revision(), draft))
    assert says(refuses(seen, Action.PROPOSE)) == (
        "read_only",
        "Revision 2 alters stages that have begun or were skipped: 1 and 2.",
        "Leave such stages as they are in the revision in force, and change later ones.",
    )


@pytest.mark.parametrize(
    ("state", "stands"), [(RolloutState.PROPOSED, V.PROPOSED), (RolloutState.APPROVED, V.APPROVED)]
)
def test_withdrawn_before_the_start_the_rollout_is_a_draft_again(
    state: RolloutState, stands: RevisionState
) -> None:
    seen = resting(state, revisions=(revision(1, stands),), requests=(request(),))
    moved = does(seen, Action.WITHDRAW, revision=1)
    assert moved.rollout is RolloutState.DRAFT
    assert moved.revisions == {1: V.WITHDRAWN}
    assert moved.revision == 1
    assert moved.closes_requests == ("r1s0",)
    assert moved.asks_for == ()
    assert moved.sentence == "Pia withdrew revision 1."


def test_withdrawn_after_the_start_the_next_stage_asks_again() -> None:
    seen = snapshot(**two(V.IN_FORCE, V.PROPOSED), stages=stages(DONE, R, B.PENDING))
    moved = does(seen, Action.WITHDRAW)
    assert moved.rollout is RolloutState.RUNNING
    assert moved.revisions == {2: V.WITHDRAWN}
    assert moved.asks_for == (3,)


def test_withdrawn_in_the_last_stage_completing_is_asked_about() -> None:
    seen = snapshot(**two(V.IN_FORCE, V.PROPOSED), stages=stages(DONE, R))
    assert does(seen, Action.WITHDRAW).asks_for == (3,)


def test_withdrawing_nothing_is_refused() -> None:
    assert says(refuses(snapshot(), Action.WITHDRAW)) == (
        "nothing_proposed",
        "No revision is proposed.",
        "There is nothing to withdraw.",
    )


def test_withdrawing_another_revision_is_refused() -> None:
    assert refuses(resting(RolloutState.PROPOSED), Action.WITHDRAW, revision=2).code == "changed"


@pytest.mark.parametrize(
    ("action", "stage"),
    [(Action.PROMOTE, None), (Action.APPROVE_AND_PROMOTE, 2), (Action.SKIP, 2), (Action.COMPLETE, None)],
)
def test_no_stage_is_entered_while_a_revision_is_proposed(action: Action, stage: int | None) -> None:
    seen = snapshot(**two(V.IN_FORCE, V.PROPOSED), rights=EVERY_RIGHT)
    assert says(refuses(seen, action, stage=stage, reason="because")) == (
        "proposed",
        "Revision 2 is proposed, and no stage is entered until it is decided on.",
        "Approve, reject or withdraw it. Hold, halt, resume and roll back work meanwhile.",
    )


def test_hold_halt_resume_and_roll_back_work_while_a_revision_is_proposed() -> None:
    proposed = two(V.IN_FORCE, V.PROPOSED)
    assert does(snapshot(**proposed), Action.HOLD).rollout is RolloutState.HELD
    assert does(snapshot(**proposed), Action.HALT).rollout is RolloutState.HALTED
    assert does(resting(RolloutState.HELD, **proposed), Action.RESUME).rollout is RolloutState.RUNNING
    assert does(resting(RolloutState.HALTED, **proposed), Action.RESUME).rollout is RolloutState.RUNNING
    rolled = does(resting(RolloutState.HALTED, **proposed), Action.ROLL_BACK)
    assert rolled.rollout is RolloutState.ROLLING_BACK


def test_an_open_proposal_ends_with_the_rollout() -> None:
    halted = resting(RolloutState.HALTED, **two(V.IN_FORCE, V.PROPOSED), requests=(request(2),))
    for action in (Action.ROLL_BACK, Action.CLOSE):
        moved = does(halted, action, reason="because", remaining="all of EU")
        assert moved.revisions == {2: V.WITHDRAWN}
        assert moved.closes_requests == ("r2s0",)
    cancelled = does(resting(RolloutState.PROPOSED), Action.CANCEL)
    assert cancelled.revisions == {1: V.WITHDRAWN}
    assert cancelled.closes_requests == ("r1s0",)


def test_a_halt_leaves_the_proposal_open() -> None:
    seen = snapshot(**two(V.IN_FORCE, V.PROPOSED), requests=(request(2),))
    moved = does(seen, Action.HALT)
    assert (moved.revisions, moved.closes_requests) == ({}, ())


def test_who_governs_follows_the_life_of_revisions() -> None:
    seen = snapshot(revisions=())
    assert seen.governing is None
    for state in (V.DRAFT, V.PROPOSED, V.APPROVED, V.IN_FORCE):
        seen = replace(seen, revisions=(*seen.revisions, revision(len(seen.revisions) + 1, state)))
        assert seen.governing is not None
        assert seen.governing.state is state
    assert does(snapshot(revisions=()), Action.HALT).revision is None
