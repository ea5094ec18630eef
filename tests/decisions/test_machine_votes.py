"""Votes: who has one, what they fill, what blocks them, and how they are asked for again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollouts.approvals.values import Ballot, Policy, Vote
from rollouts.decisions.machine.transition import Cast
from rollouts.decisions.machine.values import Action
from rollouts.plans.values import RevisionState, RolloutState
from tests.decisions.asking import A_DAY, ORDERS, TWO, asking, proposed
from tests.decisions.snapshots import (
    DONE,
    NOW,
    SKIPPED,
    P,
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


def test_approving_a_stage_only_votes() -> None:
    moved = does(asking(), Action.APPROVE, stage=2, reason=" fine ")
    assert moved.kind == "rollout.voted"
    assert moved.sentence == "Pia approved stage 2 (Canary)."
    assert moved.casts == (Cast("r1s2", vote("pia", at=NOW, teams=ORDERS)),)
    assert (moved.rollout, moved.stages, moved.grant) == (RolloutState.RUNNING, {}, None)
    assert (moved.closes_requests, moved.asks_for) == ((), ())
    assert (moved.stage, moved.revision, moved.reason) == (2, 1, "fine")


def test_a_vote_of_two_leaves_the_revision_proposed() -> None:
    moved = does(proposed(policy=TWO), Action.APPROVE)
    assert moved.kind == "rollout.voted"
    assert moved.sentence == "Pia approved revision 1."
    assert moved.rollout is RolloutState.PROPOSED
    assert (moved.stage, moved.revision) == (None, 1)


def test_the_vote_that_fills_the_quorum_approves_the_revision() -> None:
    moved = does(proposed(vote("quin"), policy=TWO), Action.APPROVE, revision=1)
    assert moved.kind == "rollout.approved"
    assert moved.rollout is RolloutState.APPROVED
    assert moved.revisions == {1: V.APPROVED}
    assert moved.revision == 1
    assert moved.planned is None
    assert moved.closes_requests == ("r1s0",)
    assert moved.asks_for == (1,)
    assert moved.casts[0].vote.person == "pia"
    assert moved.sentence == "Pia approved revision 1, and it may start."


def test_after_the_start_the_vote_that_fills_puts_the_revision_in_force() -> None:
    planned = stages(P, P, P)
    seen = snapshot(
        stages=stages(R, SKIPPED, P),
        revisions=(revision(), revision(2, V.PROPOSED, stages=planned), revision(3, V.DRAFT)),
        requests=(request(2), request(2, None, id="other", may_vote={})),
    )
    assert does(seen, Action.APPROVE).revisions == {}
    moved = does(replace(seen, requests=seen.requests[:1]), Action.APPROVE)
    assert moved.kind == "rollout.revision_in_force"
    assert moved.sentence == "Pia approved revision 2, which is in force now."
    assert moved.rollout is RolloutState.RUNNING
    assert moved.revisions == {1: V.SUPERSEDED, 2: V.IN_FORCE}
    assert moved.revision == 2
    assert moved.planned == (1, 2, 3)
    assert moved.asks_for == (3,)
    assert moved.closes_requests == ("r2s0",)
    assert (moved.stages, moved.grant) == ({}, None)
    assert moved.casts[0].request == "r2s0"


def test_each_policy_must_be_filled_before_the_revision_is_approved() -> None:
    both = (request(name="production"), request(id="second", name="security", may_vote={}))
    assert does(resting(RolloutState.PROPOSED, requests=both), Action.APPROVE).kind == "rollout.voted"


def test_a_wanted_approval_that_was_never_asked_for_keeps_the_revision_proposed() -> None:
    wanting = revision(1, V.PROPOSED, approvals=("approval", "security"))
    seen = replace(proposed(), revisions=(wanting,))
    assert does(seen, Action.APPROVE).kind == "rollout.voted"
    wanting = replace(wanting, approvals=("approval",))
    assert does(replace(seen, revisions=(wanting,)), Action.APPROVE).kind == "rollout.approved"


def test_one_click_votes_on_everything_that_asks_this_person() -> None:
    requests = (request(1, 2), request(1, 2, id="gate", name="sre"), request(1, 2, id="not", may_vote={}))
    moved = does(snapshot(requests=requests), Action.APPROVE, stage=2)
    assert [cast.request for cast in moved.casts] == ["r1s2", "gate"]


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT, Action.APPROVE_AND_PROMOTE])
def test_who_is_not_asked_has_no_vote(action: Action) -> None:
    policy = Policy(teams=frozenset({"sre", "data"}), roles=frozenset({"approver", "breaker"}))
    for nobody in ({}, {"pia": frozenset[str]()}, {"quin": ORDERS}):
        seen = asking(policy=policy, may_vote=nobody)
        assert says(refuses(seen, action, stage=2, reason="because")) == (
            "forbidden",
            "“approval” does not ask you.",
            "It takes the role approver or breaker in a team of data or sre that is asked.",
        )
    assert refuses(asking(may_vote={}), Action.APPROVE, stage=2).remedy == (
        "It takes the role approver in a team that is asked."
    )


def test_the_author_of_a_revision_cannot_approve_it() -> None:
    conflict = (
        "conflict",
        "You wrote this revision, and nobody approves their own.",
        "Ask another approver.",
    )
    mine = replace(proposed(), actor="ann")
    assert says(refuses(mine, Action.APPROVE)) == conflict
    assert says(refuses(replace(asking(), actor="ann"), Action.APPROVE, stage=2)) == conflict
    assert refuses(replace(asking(), actor="ann"), Action.APPROVE_AND_PROMOTE).code == "conflict"


def test_an_author_can_reject() -> None:
    moved = does(replace(proposed(), actor="ann"), Action.REJECT, reason="I was wrong.")
    assert moved.rollout is RolloutState.DRAFT


def test_a_delegates_vote_bears_both_names_and_the_delegators_teams() -> None:
    seen = asking(may_vote={"dora": frozenset({"sre"})})
    moved = does(seen, Action.APPROVE, stage=2, on_behalf_of="dora")
    assert moved.casts[0].vote == vote("pia", at=NOW, on_behalf_of="dora", teams=frozenset({"sre"}))
    assert moved.sentence == "Pia (for dora) approved stage 2 (Canary)."


def test_a_delegate_inherits_the_delegators_conflict() -> None:
    refused = refuses(asking(), Action.APPROVE, stage=2, on_behalf_of="ann")
    assert says(refused) == (
        "conflict",
        "You would vote for a person who wrote this revision, and their conflict is yours.",
        "Ask another approver.",
    )


def test_nobody_votes_for_a_person_who_delegated_nothing() -> None:
    assert refuses(asking(), Action.APPROVE, stage=2, on_behalf_of="zoe").code == "forbidden"


def test_one_person_has_one_vote() -> None:
    assert says(refuses(asking(vote("pia"), policy=TWO), Action.APPROVE, stage=2)) == (
        "voted",
        "One person has one vote, on every face, and it is given already.",
        "Wait for the others: 1 of 2 approved.",
    )


@pytest.mark.parametrize(
    ("given", "on_behalf_of"),
    [
        (vote("pia"), "quin"),
        (vote("quin"), "quin"),
        (vote("rob", on_behalf_of="quin"), "quin"),
        (vote("rob", on_behalf_of="pia"), None),
        (vote("pia", on_behalf_of="quin"), None),
    ],
)
def test_no_hand_and_no_mandate_counts_twice(given: Vote, on_behalf_of: str | None) -> None:
    seen = asking(given, policy=Policy(quorum=3))
    assert refuses(seen, Action.APPROVE, stage=2, on_behalf_of=on_behalf_of).code == "voted"


def test_a_voided_vote_may_be_given_again() -> None:
    assert does(asking(vote("pia", voided_at=NOW), policy=TWO), Action.APPROVE, stage=2).casts


def test_who_voted_on_one_request_still_votes_on_the_other() -> None:
    requests = (request(1, 2, policy=TWO, votes=(vote("pia"),)), request(1, 2, id="sre", name="sre"))
    assert [c.request for c in does(snapshot(requests=requests), Action.APPROVE, stage=2).casts] == ["sre"]


def test_a_filled_request_takes_no_further_approval() -> None:
    assert says(refuses(asking(vote()), Action.APPROVE, stage=2)) == (
        "filled",
        "“approval”: 1 of 1 approved.",
        "No further vote is needed; promote once the stage before is ready.",
    )


def test_a_rejected_request_takes_no_further_approval() -> None:
    assert says(refuses(asking(vote(ballot=Ballot.REJECT)), Action.APPROVE, stage=2)) == (
        "rejected",
        "“approval”: Rejected by quin; one rejection blocks.",
        "Change the plan and propose it, or let a planner ask again.",
    )


def test_an_expired_request_takes_no_vote() -> None:
    late = asking(policy=A_DAY, opened_at=NOW - timedelta(days=1))
    expected = ("expired", "“approval”: Expired with 0 of 1 approved.", "A planner can ask again.")
    assert says(refuses(late, Action.APPROVE, stage=2)) == expected
    assert says(refuses(late, Action.REJECT, stage=2, reason="because")) == expected
    intime = asking(policy=A_DAY, opened_at=NOW - timedelta(days=1) + timedelta(microseconds=1))
    assert does(intime, Action.APPROVE, stage=2).casts


def test_what_nobody_asked_for_cannot_be_voted_on() -> None:
    nothing = ("nothing_asked", "No approval is asked for here.", "A planner can ask for it again.")
    assert says(refuses(snapshot(), Action.APPROVE, stage=2)) == nothing
    assert (
        says(refuses(snapshot(requests=(request(1, 3), request(2, 2))), Action.APPROVE, stage=2)) == nothing
    )
    assert says(refuses(snapshot(), Action.APPROVE)) == (
        "nothing_asked",
        "No revision is proposed.",
        "Name a stage, or propose one.",
    )


def test_a_vote_is_bound_to_the_document_as_it_was_asked_about() -> None:
    assert says(refuses(asking(digest="another"), Action.APPROVE, stage=2)) == (
        "changed",
        "The document that was to be approved has changed.",
        "Withdraw it and propose it anew.",
    )


def test_a_vote_names_the_revision_that_it_is_about() -> None:
    assert refuses(asking(), Action.APPROVE, stage=2, revision=2).code == "changed"
    assert refuses(proposed(), Action.APPROVE, revision=2).code == "changed"
    assert does(asking(), Action.APPROVE, stage=2, revision=1).casts


def test_votes_are_for_stages_that_are_still_to_be_entered() -> None:
    seen = snapshot(requests=(request(1, 1),))
    assert says(refuses(seen, Action.APPROVE, stage=1)) == (
        "entered",
        "Stage 1 (Staff) is ready, not still to be entered.",
        "Vote on the stage that comes next.",
    )
    for unknown in (9, 0):
        assert says(refuses(seen, Action.APPROVE, stage=unknown)) == (
            "no_stage",
            f"There is no stage {unknown} in an approved revision.",
            "Name a stage that is still to be entered.",
        )
    unapproved = resting(RolloutState.PROPOSED, revisions=())
    assert refuses(unapproved, Action.APPROVE, stage=1).code == "no_stage"


def test_the_first_stage_may_be_approved_before_the_start() -> None:
    seen = resting(RolloutState.APPROVED, requests=(request(1, 1),))
    assert does(seen, Action.APPROVE, stage=1).kind == "rollout.voted"


def test_no_stage_is_voted_on_while_a_revision_is_proposed() -> None:
    seen = replace(asking(), revisions=(revision(), revision(2, V.PROPOSED)))
    assert refuses(seen, Action.APPROVE, stage=2).code == "proposed"


def test_approving_and_promoting_is_one_request_with_both() -> None:
    moved = does(asking(vote("quin"), policy=TWO), Action.APPROVE_AND_PROMOTE, stage=2)
    assert moved.kind == "rollout.promoted"
    assert moved.stages == {1: DONE, 2: P.WAITING}
    assert moved.casts[0].vote.person == "pia"
    assert moved.sentence == "Pia approved stage 2 (Canary) and promoted the rollout to it."
    assert moved.closes_requests == ("r1s2",)


def test_a_vote_that_does_not_fill_the_quorum_is_not_given_by_approving_and_promoting() -> None:
    refused = refuses(asking(policy=TWO), Action.APPROVE_AND_PROMOTE, stage=2)
    assert says(refused) == ("approvals", "Not now: “approval”: 1 of 2 approved.", "Get it approved.")


def test_approving_and_promoting_names_the_revision_in_force() -> None:
    assert refuses(asking(), Action.APPROVE_AND_PROMOTE, revision=4).code == "changed"
    assert refuses(snapshot(revisions=()), Action.APPROVE_AND_PROMOTE).code == "no_revision"


def test_a_vote_for_somebody_else_names_them_in_the_log() -> None:
    asked = asking()
    may = {"pia": frozenset({"orders"}), "dora": frozenset({"sre"})}
    asked = replace(
        asked, names={"dora": "Dora"}, requests=tuple(replace(each, may_vote=may) for each in asked.requests)
    )
    assert does(asked, Action.APPROVE, stage=2, on_behalf_of="dora").sentence.startswith("Pia (for Dora) ")
