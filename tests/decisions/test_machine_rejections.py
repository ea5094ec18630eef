"""Rejections, and requests that ended without a quorum: what they stop, and how they are asked again."""

from datetime import timedelta

from rollouts.approvals.values import Ballot
from rollouts.decisions.machine.transition import Cast, Void
from rollouts.decisions.machine.values import Action, EscalationCause
from rollouts.plans.values import RevisionState, RolloutState
from tests.decisions.asking import A_DAY, ORDERS, TWO, asking, proposed
from tests.decisions.snapshots import (
    NOW,
    by_system,
    does,
    refuses,
    request,
    resting,
    revision,
    says,
    snapshot,
    vote,
)

V = RevisionState


def test_one_rejection_sends_the_revision_back_to_draft() -> None:
    seen = proposed(vote("rob"), policy=TWO)
    moved = does(seen, Action.REJECT, reason="Too fast.")
    assert moved.kind == "rollout.rejected"
    assert moved.sentence == "Pia rejected revision 1."
    assert moved.rollout is RolloutState.DRAFT
    assert moved.revisions == {1: V.REJECTED}
    assert moved.closes_requests == ("r1s0",)
    assert moved.asks_for == ()
    assert moved.casts == (Cast("r1s0", vote("pia", Ballot.REJECT, at=NOW, teams=ORDERS)),)
    assert moved.voids == ()
    assert (moved.stage, moved.revision) == (None, 1)


def test_a_rejection_after_the_start_lets_the_revision_in_force_go_on() -> None:
    seen = snapshot(revisions=(revision(), revision(2, V.PROPOSED)), requests=(request(2),))
    moved = does(seen, Action.REJECT, reason="Too fast.")
    assert moved.rollout is RolloutState.RUNNING
    assert moved.revisions == {2: V.REJECTED}
    assert moved.asks_for == (2,)


def test_a_rejection_blocks_a_stage_and_moves_nothing() -> None:
    moved = does(asking(), Action.REJECT, stage=2, reason="Not on a Friday.")
    assert moved.kind == "rollout.rejected"
    assert moved.sentence == "Pia rejected stage 2 (Canary)."
    assert (moved.rollout, moved.stages, moved.revisions) == (RolloutState.RUNNING, {}, {})
    assert (moved.stage, moved.revision, moved.closes_requests) == (2, 1, ())


def test_a_rejection_needs_a_reason() -> None:
    assert says(refuses(asking(), Action.REJECT, stage=2, reason="  ")) == (
        "reason",
        "A rejection needs a reason.",
        "Say why in your own words.",
    )


def test_who_approved_may_still_reject_until_the_stage_is_entered() -> None:
    moved = does(asking(vote("pia")), Action.REJECT, stage=2, reason="I see it now.")
    assert moved.voids == (Void("r1s2", "pia"),)
    assert moved.casts[0].vote.ballot is Ballot.REJECT


def test_a_person_takes_back_what_a_delegate_approved() -> None:
    moved = does(asking(vote("rob", on_behalf_of="pia")), Action.REJECT, stage=2, reason="No.")
    assert moved.voids == (Void("r1s2", "rob"),)


def test_a_delegate_takes_back_nothing_that_the_delegator_approved() -> None:
    refused = refuses(asking(vote("quin")), Action.REJECT, stage=2, reason="No.", on_behalf_of="quin")
    assert says(refused) == (
        "voted",
        "quin has voted, and a delegate does not take that back.",
        "quin can reject.",
    )


def test_rejecting_twice_is_refused() -> None:
    seen = asking(vote(ballot=Ballot.REJECT))
    assert refuses(seen, Action.REJECT, stage=2, reason="Me too.").code == "rejected"


def test_a_rejection_is_cast_on_every_request_that_is_not_settled() -> None:
    requests = (
        request(1, 2, votes=(vote(),)),
        request(1, 2, id="open"),
        request(1, 2, id="no", votes=(vote(ballot=Ballot.REJECT),)),
    )
    moved = does(snapshot(requests=requests), Action.REJECT, stage=2, reason="No.")
    assert [cast.request for cast in moved.casts] == ["r1s2", "open"]


def test_a_planner_asks_again_for_what_expired_or_was_rejected() -> None:
    expired = request(1, 2, policy=A_DAY, opened_at=NOW - timedelta(days=2))
    rejected = request(1, 2, id="no", votes=(vote(ballot=Ballot.REJECT),))
    filled = request(1, 2, id="yes", votes=(vote(),))
    moved = does(snapshot(requests=(expired, rejected, filled)), Action.ASK_AGAIN, stage=2)
    assert moved.kind == "rollout.approval_requested"
    assert moved.sentence == "Pia asked again for approval of stage 2 (Canary)."
    assert moved.closes_requests == ("r1s2", "no")
    assert moved.asks_for == (2,)
    assert (moved.stage, moved.revision) == (2, 1)


def test_a_planner_asks_again_for_a_revision() -> None:
    moved = does(resting(RolloutState.PROPOSED, requests=()), Action.ASK_AGAIN)
    assert moved.asks_for == (None,)
    assert moved.sentence == "Pia asked again for approval of revision 1."
    assert (moved.stage, moved.revision, moved.closes_requests) == (None, 1, ())


def test_what_is_still_open_is_not_asked_again() -> None:
    assert says(refuses(asking(policy=TWO), Action.ASK_AGAIN, stage=2)) == (
        "asked",
        "“approval”: 0 of 2 approved.",
        "Wait for the approvers.",
    )


def test_an_undecided_request_expires_and_escalates() -> None:
    seen = by_system(asking(policy=A_DAY, opened_at=NOW - timedelta(days=1)))
    moved = does(seen, Action.EXPIRE, request="r1s2")
    assert moved.kind == "rollout.approval_expired"
    assert moved.sentence == "“approval” was not decided in time. Expired with 0 of 1 approved."
    assert moved.closes_requests == ("r1s2",)
    assert moved.starts_escalation is EscalationCause.OVERDUE_DECISION
    assert (moved.rollout, moved.stage, moved.revision) == (RolloutState.RUNNING, 2, 1)


def test_nothing_expires_before_its_time() -> None:
    seen = by_system(asking(policy=A_DAY))
    for name in ("r1s2", "unknown", None):
        assert says(refuses(seen, Action.EXPIRE, request=name)) == (
            "not_expired",
            "This approval request has not expired.",
            "Nothing is to be done.",
        )
