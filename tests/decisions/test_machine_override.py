"""Overrides: they name exactly what is passed over, give a reason, and open a review."""

from dataclasses import replace

import pytest

from rollouts.decisions.machine.values import Action, ReviewCause
from rollouts.gates.values import Word
from rollouts.plans.values import RolloutState
from tests.decisions.asking import breaking, frozen
from tests.decisions.snapshots import (
    DONE,
    EVERY_RIGHT,
    B,
    P,
    R,
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
)


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
