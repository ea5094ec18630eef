"""Approvals among the gates: asked of entering a stage, of leaving one, and of completing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollouts.approvals.values import Ballot, Policy, Vote
from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.replay import apply
from rollouts.decisions.machine.values import Action, HoldCause
from rollouts.decisions.machine.votes import with_casts
from rollouts.gates.values import Position
from rollouts.plans.values import RolloutState
from tests.decisions.asking import breaking
from tests.decisions.snapshots import (
    DONE,
    NOW,
    SKIPPED,
    STOPPED,
    B,
    R,
    W,
    approval_gate,
    by_system,
    does,
    refuses,
    request,
    says,
    snapshot,
    stages,
    vote,
    with_gate,
    with_stage,
)


def test_a_wanted_approval_blocks_also_while_nobody_was_asked() -> None:
    seen = with_stage(breaking(), 2, approvals=("production",))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "approvals",
        "Not now: “production” is wanted, and no request is open.",
        "Let a planner ask for it again.",
    )
    moved = does(seen, Action.PROMOTE, override=("production",), reason="because")
    assert moved.skipped_requests == ()


@pytest.mark.parametrize("votes", [(), (vote(ballot=Ballot.REJECT),), (vote("ann"),), (vote(voided_at=NOW),)])
def test_an_approval_gate_follows_the_votes(votes: tuple[Vote, ...]) -> None:
    asked = approval_gate()
    seen = replace(with_gate(breaking(), 2, asked), requests=(request(1, 2, votes=votes),))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "approvals",
        "Not now: “go” is not given.",
        "Get it approved.",
    )
    moved = does(seen, Action.PROMOTE, override=("go",), reason="because")
    assert (moved.override, moved.skipped_requests) == (("go",), ("r1s2",))


def test_an_approval_gate_passes_once_its_quorum_is_filled() -> None:
    asked = approval_gate()
    seen = replace(with_gate(snapshot(), 2, asked), requests=(request(1, 2, votes=(vote(),)),))
    assert does(seen, Action.PROMOTE).stage == 2
    assert does(replace(seen, requests=(request(1, 2),)), Action.APPROVE_AND_PROMOTE).stage == 2


def test_an_approval_gate_is_pending_while_nobody_was_asked() -> None:
    seen = with_gate(snapshot(), 2, approval_gate("gone"))
    assert refuses(seen, Action.PROMOTE).remedy == "Get it approved."
    assert says(refuses(with_gate(snapshot(), 2, approval_gate(None)), Action.PROMOTE)) == (
        "approvals",
        "Not now: “go” is not given.",
        "Let a planner ask for it again.",
    )


LEAVING = approval_gate(position=Position.EXIT)


def test_an_approval_on_leaving_is_one_of_entering_what_comes_next() -> None:
    """It keeps the stage from being left, not from being ready; whoever votes may promote at once."""
    seen = replace(with_gate(snapshot(), 1, LEAVING), requests=(request(1, 2),))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "approvals",
        "Not now: “go” is not given.",
        "Get it approved.",
    )
    moved = does(seen, Action.APPROVE_AND_PROMOTE)
    assert (moved.stages, moved.closes_requests) == ({1: DONE, 2: W}, ("r1s2",))
    given = replace(seen, requests=(request(1, 2, votes=(vote(),)),))
    assert does(given, Action.PROMOTE).stages == {1: DONE, 2: W}
    baking = by_system(with_stage(seen, 1, state=B))
    assert does(baking, Action.STAGE_READY).stages == {1: R}
    assert refuses(by_system(seen), Action.STAGE_UNREADY).code == "ready"


def test_a_rejected_approval_blocks_and_stops_nothing() -> None:
    no = request(1, 2, votes=(vote(ballot=Ballot.REJECT),))
    seen = replace(with_gate(snapshot(), 1, LEAVING), requests=(no,))
    assert refuses(seen, Action.PROMOTE).code == "approvals"
    assert refuses(by_system(seen), Action.HALT_FOR_GATE, gate="go").code == "no_gate"
    assert duty(by_system(seen)) is None
    held = replace(seen, state=RolloutState.HELD, held_for=HoldCause.PERSON)
    assert does(held, Action.RESUME).rollout is RolloutState.RUNNING
    halted = with_stage(replace(seen, state=RolloutState.HALTED), 1, state=STOPPED)
    assert does(halted, Action.RESUME).rollout is RolloutState.RUNNING


def test_completing_may_need_an_approval_which_has_the_number_after_the_last() -> None:
    seen = snapshot(stages=stages(DONE, R), granted=2, requests=(request(1, 3),))
    seen = with_gate(seen, 2, approval_gate("r1s3", Position.EXIT))
    assert refuses(seen, Action.COMPLETE).code == "approvals"
    voted = does(seen, Action.APPROVE, stage=3)
    assert voted.sentence == "Pia approved stage 3 (completion)."
    moved = does(with_casts(seen, voted.casts), Action.COMPLETE)
    assert moved.rollout is RolloutState.COMPLETED
    assert moved.closes_requests == ("r1s3",)
    assert refuses(seen, Action.APPROVE, stage=4).code == "no_stage"


def test_skipping_the_next_stage_keeps_the_approval_of_leaving_this_one() -> None:
    seen = with_gate(with_gate(breaking(), 1, LEAVING), 2)
    seen = replace(seen, requests=(request(1, 2), request(1, 2, id="entry", name="production")))
    moved = does(seen, Action.SKIP, override=("production",), reason="because")
    assert moved.closes_requests == ("entry",)
    skipped = apply(seen, moved)
    assert refuses(skipped, Action.PROMOTE, stage=3).code == "approvals"
    voted = does(skipped, Action.APPROVE, stage=2)
    entered = does(apply(skipped, voted), Action.PROMOTE, stage=3)
    assert (entered.stages, entered.closes_requests) == ({1: DONE, 3: W}, ("r1s2",))


def test_the_approval_of_leaving_a_skipped_stage_does_not_block_the_next() -> None:
    seen = with_gate(breaking(), 2, approval_gate("r1s3", Position.EXIT))
    seen = replace(with_stage(seen, 2, state=SKIPPED), requests=(request(1, 3),))
    assert does(seen, Action.PROMOTE, stage=3).stages == {1: DONE, 3: W}


def test_votes_on_another_document_count_for_nothing() -> None:
    seen = snapshot(requests=(request(1, 2, digest="another", votes=(vote(),)),))
    assert refuses(seen, Action.PROMOTE).sentence == "Not now: “approval”: 0 of 1 approved."
    orphan = snapshot(requests=(request(8, 2, digest="digest-8", votes=(vote(),)),))
    assert refuses(orphan, Action.PROMOTE).sentence == "Not now: “approval”: 0 of 1 approved."


def test_an_expired_approval_blocks() -> None:
    old = request(1, 2, policy=Policy(expires_after=timedelta(minutes=1)))
    assert refuses(snapshot(requests=(old,)), Action.PROMOTE).sentence == (
        "Not now: “approval”: Expired with 0 of 1 approved."
    )
