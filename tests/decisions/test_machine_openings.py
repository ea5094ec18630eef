"""What keeps a stage from being entered or left: every gate that binds and does not pass, named at once."""

from dataclasses import replace
from typing import Any

import pytest

from rollouts.decisions.machine.values import Action, ReviewCause
from rollouts.gates.values import Word
from tests.decisions.asking import frozen
from tests.decisions.snapshots import (
    DONE,
    EVERY_RIGHT,
    B,
    W,
    does,
    entry_gate,
    gate,
    refuses,
    request,
    says,
    snapshot,
    vote,
    with_gate,
    with_stage,
)


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
