"""Who may ask for what, as one table; and that rights are asked for before anything else."""

from dataclasses import replace

import pytest

from rollouts.decisions.machine.permits import HOLDERS, OVERRIDABLE, RIGHTS, listed
from rollouts.decisions.machine.values import Action, Right
from rollouts.gates.values import Word
from rollouts.plans.values import RolloutState
from tests.decisions.snapshots import (
    DONE,
    SYSTEM,
    R,
    does,
    entry_gate,
    refuses,
    request,
    resting,
    says,
    snapshot,
    stages,
    with_gate,
)

# Any one right in the row is enough.
TABLE: dict[Action, set[Right]] = {
    Action.SAVE: {Right.PLANNER},
    Action.PROPOSE: {Right.PLANNER},
    Action.WITHDRAW: {Right.PLANNER},
    Action.APPROVE: set(),
    Action.REJECT: set(),
    Action.ASK_AGAIN: {Right.PLANNER},
    Action.START: {Right.PLANNER},
    Action.PROMOTE: {Right.APPROVER, Right.SYSTEM},
    Action.APPROVE_AND_PROMOTE: {Right.APPROVER},
    Action.HOLD: {Right.MEMBER},
    Action.RESUME: {Right.APPROVER},
    Action.HALT: {Right.MEMBER},
    Action.ROLL_BACK: {Right.ROLLBACK},
    Action.CONFIRM_ROLLED_BACK: {Right.ROLLBACK, Right.SYSTEM},
    Action.ROLLBACK_FAILED: {Right.ROLLBACK, Right.SYSTEM},
    Action.COMPLETE: {Right.PLANNER},
    Action.SKIP: {Right.BREAKER},
    Action.CLOSE: {Right.PLANNER},
    Action.CANCEL: {Right.PLANNER},
    Action.STAGE_READY: {Right.SYSTEM},
    Action.STAGE_UNREADY: {Right.SYSTEM},
    Action.BAKE_STARTED: {Right.SYSTEM},
    Action.HOLD_FOR_NO_DATA: {Right.SYSTEM},
    Action.HOLD_FOR_GATE: {Right.SYSTEM},
    Action.LIFT_HOLD: {Right.SYSTEM},
    Action.HALT_FOR_GATE: {Right.SYSTEM},
    Action.EXTEND_BAKE: {Right.SYSTEM},
    Action.ASK_FOR_GATE: {Right.SYSTEM},
    Action.OVERDUE: {Right.SYSTEM},
    Action.EXPIRE: {Right.SYSTEM},
}


def test_the_rights_are_those_of_the_design() -> None:
    assert {action: set(rights) for action, rights in RIGHTS.items()} == TABLE


@pytest.mark.parametrize("action", [action for action in Action if TABLE[action]])
@pytest.mark.parametrize("state", list(RolloutState))
def test_without_the_right_every_state_refuses_as_forbidden(action: Action, state: RolloutState) -> None:
    held = frozenset(Right) - TABLE[action]
    refused = refuses(resting(state, rights=held), action, reason="because")
    assert refused.code == "forbidden"
    assert refused.sentence == f"“{action.label}” is not yours to decide here."
    assert refused.remedy == f"It takes {listed(sorted(HOLDERS[right] for right in TABLE[action]), 'or')}."


@pytest.mark.parametrize("action", [action for action in Action if TABLE[action]])
def test_one_of_the_rights_is_enough(action: Action) -> None:
    for right in TABLE[action]:
        refused = refuses(resting(RolloutState.CANCELLED, rights=frozenset({right})), action)
        assert refused.code != "forbidden"


def test_who_holds_a_right_is_said_in_words() -> None:
    refused = refuses(snapshot(rights=frozenset()), Action.CONFIRM_ROLLED_BACK)
    assert says(refused) == (
        "forbidden",
        "“Confirm rolled back” is not yours to decide here.",
        "It takes Gatehouse itself or one of those whom the plan lets roll back.",
    )


@pytest.mark.parametrize("action", sorted(OVERRIDABLE))
def test_an_override_takes_the_break_glass_role_and_no_other(action: Action) -> None:
    everything_else = frozenset(Right) - {Right.BREAKER}
    refused = refuses(snapshot(rights=everything_else), action, override=("errors",), reason="because")
    assert says(refused) == (
        "forbidden",
        "An override is not yours to decide here.",
        "It takes a person with the break-glass role.",
    )


@pytest.mark.parametrize("action", [action for action in Action if action not in OVERRIDABLE])
def test_nothing_else_can_be_overridden(action: Action) -> None:
    refused = refuses(snapshot(rights=frozenset(Right)), action, override=("errors",), reason="because")
    assert refused.code == "no_override"
    assert refused.sentence == f"An override cannot {action.label.lower()}."
    assert refused.remedy == "It can complete, promote, resume or skip."


def test_the_break_glass_role_alone_is_enough_for_an_override() -> None:
    seen = with_gate(snapshot(rights=frozenset({Right.BREAKER})), 2, entry_gate(word=Word.FAIL))
    assert does(seen, Action.PROMOTE, override=("drill",), reason="because").override == ("drill",)


def test_an_approver_whom_a_gate_or_policy_of_the_stage_names_may_promote_to_it() -> None:
    outsider = snapshot(rights=frozenset(), named_for=frozenset({2}))
    assert does(outsider, Action.PROMOTE).grant is not None
    assert does(outsider, Action.PROMOTE, stage=2).grant is not None
    assert refuses(replace(outsider, named_for=frozenset({3})), Action.PROMOTE).code == "forbidden"
    assert refuses(replace(outsider, named_for=frozenset({3})), Action.PROMOTE, stage=2).code == "forbidden"
    assert refuses(replace(outsider, named_for=frozenset({1})), Action.PROMOTE).code == "forbidden"


def test_an_approver_who_is_named_may_vote_and_promote_in_one_request() -> None:
    outsider = snapshot(rights=frozenset(), named_for=frozenset({2}), requests=(request(1, 2),))
    assert does(outsider, Action.APPROVE_AND_PROMOTE).casts
    assert refuses(replace(outsider, named_for=frozenset()), Action.APPROVE_AND_PROMOTE).code == "forbidden"


@pytest.mark.parametrize("named", [2, 3])
def test_an_approver_named_for_the_stage_or_the_next_may_resume(named: int) -> None:
    outsider = resting(RolloutState.HELD, rights=frozenset(), named_for=frozenset({named}))
    assert does(outsider, Action.RESUME).rollout is RolloutState.RUNNING
    assert refuses(replace(outsider, named_for=frozenset({1})), Action.RESUME).code == "forbidden"


def test_being_named_gives_no_other_right() -> None:
    outsider = snapshot(rights=frozenset(), named_for=frozenset({1, 2, 3}))
    for action in (Action.HALT, Action.HOLD, Action.START, Action.COMPLETE):
        assert refuses(outsider, action).code == "forbidden"


def test_without_a_stage_to_enter_nobody_is_named_for_it() -> None:
    last = snapshot(rights=frozenset(), stages=stages(DONE, R), named_for=frozenset({1, 2}))
    assert refuses(last, Action.PROMOTE).code == "forbidden"


@pytest.mark.parametrize("action", [Action.HALT, Action.HOLD, Action.START, Action.APPROVE, Action.ROLL_BACK])
def test_the_system_does_not_take_a_persons_decision(action: Action) -> None:
    seen = snapshot(rights=SYSTEM, requests=(request(1, 2, may_vote={}),))
    assert refuses(seen, action, stage=2).code == "forbidden"


def test_rights_are_checked_before_evidence_and_state() -> None:
    seen = resting(RolloutState.CANCELLED, rights=frozenset())
    assert refuses(seen, Action.HALT).code == "forbidden"


def test_names_are_listed_as_people_list_them() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")] == ["a", "a and b", "a, b or c"]
