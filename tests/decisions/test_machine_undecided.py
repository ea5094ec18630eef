"""What follows gates without data and inconclusive ones, by the policies of the plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.openings import on_resuming
from rollouts.decisions.machine.replay import States, apply
from rollouts.decisions.machine.snapshot import GateSeen, Snapshot
from rollouts.decisions.machine.values import Action, HoldCause
from rollouts.gates.values import Then, Word
from rollouts.plans.values import RolloutState
from tests.decisions.snapshots import (
    DONE,
    NOW,
    B,
    P,
    by_system,
    does,
    gate,
    refuses,
    snapshot,
    stages,
    with_stage,
)

MORE, BAKE = timedelta(minutes=25), timedelta(minutes=10)
SILENT = gate(word=Word.NO_DATA, silent_since=NOW - timedelta(minutes=15))
UNCLEAR = gate(word=Word.INCONCLUSIVE, unclear_since=NOW)
NAMED = {"stage": 2, "gate": "errors"}


def baking(wanted: GateSeen, **given: Any) -> Snapshot:
    seen = by_system(snapshot(stages=stages(DONE, B, P), granted=2))
    return with_stage(seen, 2, gates=(wanted,), **{"bake": BAKE, **given})


def wanted(seen: Snapshot) -> Action | None:
    command = duty(seen)
    return command.action if command else None


def test_by_default_silence_holds_and_inconclusive_only_waits() -> None:
    assert wanted(baking(SILENT)) is Action.HOLD_FOR_NO_DATA
    assert wanted(baking(UNCLEAR)) is None


def test_silence_does_what_its_policy_says_and_not_before_its_time() -> None:
    for then, action in (
        (Then.HALT, Action.HALT_FOR_GATE),
        (Then.ASK, Action.ASK_FOR_GATE),
        (Then.EXTEND, Action.EXTEND_BAKE),
        (Then.HOLD, Action.HOLD_FOR_NO_DATA),
        (Then.WAIT, None),
    ):
        given = replace(SILENT, on_no_data=then, no_data_extend=MORE)
        assert wanted(baking(given)) is action
        assert wanted(baking(replace(given, silent_since=NOW - timedelta(minutes=14)))) is None


def test_inconclusive_does_what_its_policy_says_once_it_has_stood() -> None:
    for then, action in (
        (Then.HALT, Action.HALT_FOR_GATE),
        (Then.ASK, Action.ASK_FOR_GATE),
        (Then.EXTEND, Action.EXTEND_BAKE),
        (Then.HOLD, Action.HOLD_FOR_GATE),
    ):
        given = replace(UNCLEAR, on_inconclusive=then, inconclusive_extend=MORE)
        assert wanted(baking(given)) is action
        assert wanted(baking(replace(given, inconclusive_after=timedelta(seconds=1)))) is None
        assert wanted(baking(replace(given, observe=True), baked=False)) is None
        assert wanted(baking(replace(given, passed_over=True))) is None
        assert wanted(baking(replace(given, silenced=True))) is None


def test_the_bake_grows_by_its_own_length_up_to_the_bound_and_then_holds() -> None:
    seen = baking(replace(UNCLEAR, on_inconclusive=Then.EXTEND, inconclusive_extend=MORE))
    grown = []
    while (command := duty(seen)) and command.action is Action.EXTEND_BAKE:
        moved = does(seen, command.action, **NAMED)
        assert moved.kind == "rollout.bake_extended"
        grown.append(moved.extends)
        seen = apply(seen, moved)
        assert seen.current is not None
        assert not seen.current.baked
        assert wanted(seen) is None  # not before the extension is over
        seen = replace(seen, now=seen.current.extended_until or NOW)
    assert grown == [BAKE, BAKE, timedelta(minutes=5)]
    assert wanted(seen) is Action.HOLD_FOR_GATE
    held = does(seen, Action.HOLD_FOR_GATE, **NAMED)
    assert held.held_for is HoldCause.GATE
    assert "is inconclusive, also 25 min later. What is granted stays granted." in held.sentence
    assert States.of(seen).extended == {2: MORE}


def test_a_bake_without_length_grows_at_once() -> None:
    given = replace(SILENT, on_no_data=Then.EXTEND, no_data_extend=MORE)
    moved = does(baking(given, bake=timedelta()), Action.EXTEND_BAKE, **NAMED)
    assert moved.extends == MORE
    assert moved.sentence == (
        "Gatehouse extended the bake of stage 2 (Canary) by 25 min: gate “errors” has no data."
    )


def test_a_restart_takes_the_extension_back() -> None:
    given = replace(UNCLEAR, on_inconclusive=Then.EXTEND, inconclusive_extend=MORE)
    seen = baking(given)
    seen = apply(seen, does(seen, Action.EXTEND_BAKE, **NAMED))
    stopped = apply(seen, does(replace(seen, rights=snapshot().rights), Action.HALT))
    again = apply(stopped, does(replace(stopped, rights=snapshot().rights), Action.RESUME))
    assert again.current is not None
    assert (again.current.extended, again.current.extended_until) == (timedelta(), None)
    assert States.of(again).extended == {}


def test_people_are_asked_once_for_each_verdict() -> None:
    seen = baking(replace(UNCLEAR, on_inconclusive=Then.ASK))
    moved = does(seen, Action.ASK_FOR_GATE, **NAMED)
    assert (moved.kind, moved.asked, moved.rollout) == (
        "rollout.decision_asked",
        "errors",
        RolloutState.RUNNING,
    )
    assert moved.sentence == "Somebody is to decide on stage 2 (Canary): gate “errors” is inconclusive."
    after = apply(seen, moved)
    assert wanted(after) is None
    assert (
        refuses(after, Action.ASK_FOR_GATE, **NAMED).sentence == "Gate “errors” does not ask about the stage."
    )


def test_an_undecided_gate_halts_like_a_failing_one() -> None:
    moved = does(baking(replace(SILENT, on_no_data=Then.HALT)), Action.HALT_FOR_GATE, **NAMED)
    assert moved.rollout is RolloutState.HALTED
    assert "gate “errors” has no data." in moved.sentence
    assert refuses(baking(SILENT), Action.HALT_FOR_GATE, **NAMED).code == "not_failing"


def test_what_is_held_as_inconclusive_needs_an_override_while_it_is() -> None:
    seen = baking(replace(UNCLEAR, on_inconclusive=Then.HOLD))
    held = apply(seen, does(seen, Action.HOLD_FOR_GATE, **NAMED))
    assert held.current is not None
    assert [each.name for each in on_resuming(held, held.current)] == ["errors"]
    assert wanted(held) is None
