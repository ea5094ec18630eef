"""What stands open before a stage, and breaking the glass: exactly what is open, by name, with a reason."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rollouts.approvals.values import Ballot, Policy, Vote
from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.replay import apply
from rollouts.decisions.machine.snapshot import FreezeSeen, Snapshot
from rollouts.decisions.machine.values import Action, HoldCause, ReviewCause
from rollouts.decisions.machine.votes import with_casts
from rollouts.gates.values import Position, Word
from rollouts.plans.values import Advance, RolloutState
from tests.decisions.snapshots import (
    DONE,
    EVERY_RIGHT,
    NOW,
    SKIPPED,
    STOPPED,
    B,
    P,
    R,
    W,
    approval_gate,
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
    vote,
    with_gate,
    with_stage,
)


def breaking(**given: Any) -> Snapshot:
    return snapshot(rights=EVERY_RIGHT, **given)


def frozen(**given: Any) -> FreezeSeen:
    return FreezeSeen(name="Black Friday", **given)


@pytest.mark.parametrize(
    ("word", "code", "sentence", "remedy"),
    [
        (Word.FAIL, "gates", "gate “drill” fails", "Let “drill” pass."),
        (Word.PENDING, "gates", "gate “drill” is pending", "Let “drill” pass."),
        (Word.INCONCLUSIVE, "gates", "gate “drill” is inconclusive", "Let “drill” pass."),
        (Word.NO_DATA, "no_data", "gate “drill” has no data", "Let “drill” read again."),
    ],
)
def test_only_a_pass_lets_a_stage_be_entered(word: Word, code: str, sentence: str, remedy: str) -> None:
    seen = with_gate(snapshot(), 2, entry_gate(word=word))
    assert says(refuses(seen, Action.PROMOTE)) == (code, f"Not now: {sentence}.", remedy)


@pytest.mark.parametrize("word", [word for word in Word if word is not Word.PASS])
def test_only_a_pass_lets_a_stage_be_left(word: Word) -> None:
    assert refuses(with_gate(snapshot(), 1, gate(word=word)), Action.PROMOTE).sentence.startswith(
        "Not now: gate"
    )


def test_exit_gates_of_the_stage_entered_and_entry_gates_of_the_one_left_do_not_matter() -> None:
    seen = with_gate(snapshot(), 2, gate(word=Word.PENDING))
    seen = with_gate(seen, 1, entry_gate(word=Word.FAIL))
    assert does(seen, Action.PROMOTE).stages == {1: DONE, 2: W}


def test_a_gate_that_observes_binds_nobody() -> None:
    seen = with_gate(snapshot(), 2, entry_gate(word=Word.FAIL, observe=True))
    assert does(seen, Action.PROMOTE).override == ()


def test_in_a_rollout_that_observes_no_gate_binds() -> None:
    seen = with_gate(snapshot(observe=True), 2, entry_gate(word=Word.FAIL))
    assert does(seen, Action.PROMOTE).override == ()


def test_everything_that_is_open_is_named_at_once() -> None:
    seen = with_stage(with_gate(snapshot(), 1, gate(word=Word.NO_DATA)), 1, state=B, baked=False)
    seen = with_stage(seen, 2, gates=(entry_gate(word=Word.FAIL),), approvals=("production",))
    seen = replace(seen, requests=(request(1, 2, name="production"),), freezes=(frozen(),))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "frozen",
        "Not now: gate “errors” has no data; the bake of stage 1 (Staff) has not ended; gate “drill” fails; "
        "“production”: 0 of 1 approved; the freeze “Black Friday” is in force.",
        "Let “errors” read again, let the bake end, let “drill” pass, get it approved and "
        "wait for its end or ask its owner.",
    )
    wanted = ("errors", "bake", "drill", "production", "Black Friday")
    moved = does(replace(seen, rights=EVERY_RIGHT), Action.PROMOTE, override=wanted, reason="Sale is off.")
    assert moved.override == ("Black Friday", "bake", "drill", "errors", "production")
    assert moved.skipped_requests == ("r1s2",)
    assert moved.opens_review is ReviewCause.OVERRIDE
    assert moved.sentence == (
        "Pia promoted the rollout to stage 2 (Canary). "
        "It passes over Black Friday, bake, drill, errors and production."
    )
    assert moved.stages == {1: DONE, 2: W}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"freezes": (frozen(),)}, "frozen"),
        ({}, "approvals"),
        ({"requests": (request(1, 2, votes=(vote(),)),)}, "no_data"),
    ],
)
def test_the_code_names_the_hardest_obstacle(changes: dict[str, Any], code: str) -> None:
    seen = with_stage(
        with_gate(snapshot(), 1, gate(word=Word.NO_DATA), gate("p95", Word.FAIL)), 1, baked=False
    )
    seen = replace(seen, requests=(request(1, 2),))
    assert refuses(replace(seen, **changes), Action.PROMOTE).code == code


def test_failing_comes_before_baking() -> None:
    seen = with_stage(with_gate(snapshot(), 1, gate(word=Word.FAIL)), 1, baked=False, state=B)
    assert refuses(seen, Action.PROMOTE).code == "gates"
    assert refuses(with_gate(seen, 1), Action.PROMOTE).code == "baking"


def test_the_same_remedy_is_said_once() -> None:
    requests = (request(1, 2, name="a"), request(1, 2, id="b", name="b"))
    assert refuses(snapshot(requests=requests), Action.PROMOTE).remedy == "Get it approved."


def test_a_stage_that_is_not_ready_is_not_left_however_its_gates_read() -> None:
    for state in (W, B):
        assert says(refuses(with_stage(snapshot(), 1, state=state), Action.PROMOTE)) == (
            "not_ready",
            f"The state of stage 1 (Staff) is {state.label.lower()}, not ready.",
            "Wait until it is ready.",
        )


def test_the_bake_of_a_ready_stage_is_over() -> None:
    assert does(with_stage(snapshot(), 1, baked=False), Action.PROMOTE).stage == 2


@pytest.mark.parametrize(
    ("override", "given"),
    [(("errors",), "errors"), (("drill", "errors", "more"), "drill, errors and more"), (("p95",), "p95")],
)
def test_an_override_names_exactly_what_is_open(override: tuple[str, ...], given: str) -> None:
    seen = with_gate(with_gate(breaking(), 1, gate(word=Word.FAIL)), 2, entry_gate(word=Word.FAIL))
    assert says(refuses(seen, Action.PROMOTE, override=override, reason="because")) == (
        "override_names",
        f"The override names {given}; open is drill and errors.",
        "Look again and name exactly what is passed over.",
    )


def test_a_name_may_stand_twice() -> None:
    seen = with_gate(with_gate(breaking(), 1, gate(word=Word.FAIL)), 2, entry_gate("errors", Word.FAIL))
    moved = does(seen, Action.PROMOTE, override=("errors", "errors"), reason="because")
    assert moved.override == ("errors",)


def test_an_override_of_nothing_is_refused() -> None:
    assert says(refuses(breaking(), Action.PROMOTE, override=("errors",), reason="because")) == (
        "override_names",
        "The override names errors, and nothing is open.",
        "Promote without an override.",
    )


def test_an_override_needs_a_reason() -> None:
    seen = with_gate(breaking(), 2, entry_gate(word=Word.FAIL))
    assert says(refuses(seen, Action.PROMOTE, override=("drill",), reason=" ")) == (
        "reason",
        "An override needs a reason.",
        "Say why in your own words.",
    )


def test_a_freeze_stops_everybody_and_says_until_when_and_who_owns_it() -> None:
    until = datetime(2025, 12, 1, 6, tzinfo=ZoneInfo("Europe/Berlin"))
    seen = snapshot(freezes=(frozen(ends_at=until, owner="Retail"),))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "frozen",
        "Not now: the freeze “Black Friday” is in force until 01 Dec 2025 06:00 CET.",
        "Wait for its end or ask its owner (Retail).",
    )


def test_a_freeze_yields_to_its_owner() -> None:
    moved = does(snapshot(freezes=(frozen(owned=True),)), Action.PROMOTE)
    assert moved.yielded == ("Black Friday",)
    assert moved.sentence == (
        "Pia promoted the rollout to stage 2 (Canary) within the freeze Black Friday as its owner."
    )
    assert does(snapshot(freezes=(frozen(owned=True, absolute=True),)), Action.PROMOTE).yielded


def test_owning_one_freeze_does_not_lift_another() -> None:
    seen = snapshot(freezes=(frozen(owned=True), FreezeSeen("Year end")))
    assert refuses(seen, Action.PROMOTE).sentence == "Not now: the freeze “Year end” is in force."


def test_a_freeze_yields_to_an_override() -> None:
    seen = breaking(freezes=(frozen(),))
    assert does(seen, Action.PROMOTE, override=("Black Friday",), reason="because").override == (
        "Black Friday",
    )


def test_an_absolute_freeze_yields_to_no_override() -> None:
    seen = breaking(freezes=(frozen(), FreezeSeen("Year end", absolute=True)))
    refused = refuses(seen, Action.PROMOTE, override=("Black Friday", "Year end"), reason="because")
    assert says(refused) == (
        "absolute_freeze",
        "The freeze “Year end” is absolute and yields to no override.",
        "Wait for its end, or ask its owner.",
    )
    assert refuses(seen, Action.PROMOTE).sentence == (
        "Not now: the freeze “Black Friday” is in force; the absolute freeze “Year end” is in force."
    )


def test_a_freeze_never_yields_to_a_quorum() -> None:
    seen = snapshot(freezes=(frozen(),), requests=(request(1, 2, votes=(vote(),)),))
    assert refuses(seen, Action.PROMOTE).code == "frozen"
    assert refuses(replace(seen, requests=(request(1, 2),)), Action.APPROVE_AND_PROMOTE).code == "frozen"


def test_the_system_does_not_advance_within_a_freeze() -> None:
    seen = with_stage(by_system(snapshot(freezes=(frozen(),))), 2, advance=Advance.AUTOMATIC)
    assert refuses(seen, Action.PROMOTE).code == "frozen"


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


def test_skipping_names_what_is_passed_over_and_opens_a_review() -> None:
    seen = with_gate(breaking(), 2, gate(word=Word.PENDING), entry_gate(word=Word.PASS))
    seen = replace(seen, requests=(request(1, 2), request(1, 3)), freezes=(frozen(absolute=True),))
    moved = does(seen, Action.SKIP, override=("errors", "approval"), reason="Not needed.")
    assert moved.kind == "rollout.stage_skipped"
    assert moved.sentence == "Pia skipped stage 2 (Canary). It passes over approval and errors."
    assert moved.stages == {2: P.SKIPPED}
    assert (moved.stage, moved.grant, moved.restarts) == (2, None, None)
    assert moved.closes_requests == ("r1s2",)
    assert moved.skipped_requests == ("r1s2",)
    assert moved.asks_for == (3,)
    assert moved.opens_review is ReviewCause.OVERRIDE


def test_skipping_is_always_an_override() -> None:
    seen = with_gate(snapshot(rights=EVERY_RIGHT), 2)
    assert refuses(seen, Action.SKIP).code == "reason"
    assert does(seen, Action.SKIP, reason="because").override == ()
    refused = refuses(with_gate(seen, 2, gate(word=Word.PENDING)), Action.SKIP, reason="because")
    assert refused.sentence == "The override names nothing; open is errors."
    refused = refuses(seen, Action.SKIP, override=("errors",), reason="because")
    assert refused.remedy == "Skip without an override."


def test_a_later_stage_may_be_skipped_and_asks_for_nothing() -> None:
    moved = does(with_gate(breaking(), 3), Action.SKIP, stage=3, reason="because")
    assert moved.stages == {3: P.SKIPPED}
    assert moved.asks_for == ()


def test_only_pending_stages_are_skipped() -> None:
    assert says(refuses(breaking(), Action.SKIP, stage=1, reason="because")) == (
        "entered",
        "The state of stage 1 (Staff) is ready, and only pending stages are skipped.",
        "Name a stage that is still to be entered.",
    )
    expected = ("no_stage", "There is no such stage.", "Name a stage that is still to be entered.")
    assert says(refuses(breaking(), Action.SKIP, stage=7, reason="because")) == expected
    assert says(refuses(breaking(stages=stages(R)), Action.SKIP, reason="because")) == expected
    assert refuses(breaking(), Action.SKIP, revision=9, reason="because").code == "changed"


def test_a_rollout_has_one_review_opened_by_the_first_cause() -> None:
    seen = with_gate(breaking(has_review=True), 2, entry_gate(word=Word.FAIL))
    assert does(seen, Action.PROMOTE, override=("drill",), reason="because").opens_review is None
    assert does(snapshot(), Action.PROMOTE).opens_review is None


def test_completing_by_override() -> None:
    seen = with_gate(breaking(stages=stages(DONE, B)), 2, gate(word=Word.FAIL))
    moved = does(seen, Action.COMPLETE, override=("errors",), reason="because")
    assert moved.rollout is RolloutState.COMPLETED
    assert moved.opens_review is ReviewCause.OVERRIDE
    assert moved.override == ("errors",)


def test_resuming_by_override() -> None:
    seen = resting(RolloutState.HALTED, rights=EVERY_RIGHT, has_review=False)
    seen = with_gate(seen, 2, gate(word=Word.FAIL))
    moved = does(seen, Action.RESUME, override=("errors",), reason="because")
    assert moved.rollout is RolloutState.RUNNING
    assert moved.opens_review is ReviewCause.OVERRIDE
    assert moved.override == ("errors",)
    assert moved.sentence == (
        "Pia resumed the rollout at stage 2 (Canary). Its exposure is granted; warm-up and bake restart. "
        "It passes over errors."
    )


def test_a_halted_rollout_is_not_promoted_even_by_override() -> None:
    seen = resting(RolloutState.HALTED, rights=EVERY_RIGHT)
    assert refuses(seen, Action.PROMOTE, override=("errors",), reason="because").code == "not_now"
