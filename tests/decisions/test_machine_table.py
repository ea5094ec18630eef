"""Every command in every state: where it leads, or that it is refused and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollouts.approvals.values import Policy
from rollouts.decisions.machine.decide import VERBS, decide, weigh
from rollouts.decisions.machine.permits import POSSIBLE, RIGHTS
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, HoldCause, Measured, Refused
from rollouts.gates.values import OnFail, Then, Word
from rollouts.plans.values import RevisionState, RolloutState
from tests.decisions.snapshots import (
    DONE,
    EVERY_RIGHT,
    NOW,
    STOPPED,
    SYSTEM,
    B,
    P,
    R,
    W,
    gate,
    request,
    resting,
    revision,
    stages,
    vote,
    with_stage,
)

S = RolloutState

# Where each command leads from each state in which it is possible. What is not here is refused.
LEADS: dict[Action, dict[RolloutState, RolloutState]] = {
    Action.SAVE: {
        s: s
        for s in (
            S.DRAFT,
            S.PROPOSED,
            S.APPROVED,
            S.RUNNING,
            S.HELD,
            S.HALTED,
            S.ROLLING_BACK,
            S.ROLLBACK_FAILED,
        )
    },
    Action.PROPOSE: {
        S.DRAFT: S.PROPOSED,
        S.PROPOSED: S.PROPOSED,
        S.APPROVED: S.PROPOSED,
        S.RUNNING: S.RUNNING,
        S.HELD: S.HELD,
        S.HALTED: S.HALTED,
    },
    Action.WITHDRAW: {
        S.PROPOSED: S.DRAFT,
        S.APPROVED: S.DRAFT,
        S.RUNNING: S.RUNNING,
        S.HELD: S.HELD,
        S.HALTED: S.HALTED,
    },
    Action.APPROVE: {
        S.PROPOSED: S.APPROVED,
        S.APPROVED: S.APPROVED,
        S.RUNNING: S.RUNNING,
        S.HELD: S.HELD,
        S.HALTED: S.HALTED,
    },
    Action.REJECT: {
        S.PROPOSED: S.DRAFT,
        S.APPROVED: S.APPROVED,
        S.RUNNING: S.RUNNING,
        S.HELD: S.HELD,
        S.HALTED: S.HALTED,
    },
    Action.ASK_AGAIN: {s: s for s in (S.PROPOSED, S.APPROVED, S.RUNNING, S.HELD, S.HALTED)},
    Action.START: {S.APPROVED: S.RUNNING},
    Action.PROMOTE: {S.RUNNING: S.RUNNING},
    Action.APPROVE_AND_PROMOTE: {S.RUNNING: S.RUNNING},
    Action.HOLD: {S.RUNNING: S.HELD, S.HELD: S.HELD},
    Action.RESUME: {S.HELD: S.RUNNING, S.HALTED: S.RUNNING},
    Action.HALT: {S.RUNNING: S.HALTED, S.HELD: S.HALTED},
    Action.ROLL_BACK: {S.HALTED: S.ROLLING_BACK, S.ROLLBACK_FAILED: S.ROLLING_BACK},
    Action.CONFIRM_ROLLED_BACK: {S.ROLLING_BACK: S.ROLLED_BACK},
    Action.ROLLBACK_FAILED: {S.ROLLING_BACK: S.ROLLBACK_FAILED},
    Action.COMPLETE: {S.RUNNING: S.COMPLETED},
    Action.SKIP: {S.RUNNING: S.RUNNING, S.HELD: S.HELD},
    Action.CLOSE: {S.HALTED: S.CLOSED, S.ROLLBACK_FAILED: S.CLOSED},
    Action.CANCEL: {S.DRAFT: S.CANCELLED, S.PROPOSED: S.CANCELLED, S.APPROVED: S.CANCELLED},
    Action.STAGE_READY: {S.RUNNING: S.RUNNING},
    Action.STAGE_UNREADY: {S.RUNNING: S.RUNNING, S.HELD: S.HELD},
    Action.BAKE_STARTED: {S.RUNNING: S.RUNNING},
    Action.HOLD_FOR_NO_DATA: {S.RUNNING: S.HELD},
    Action.HOLD_FOR_GATE: {S.RUNNING: S.HELD},
    Action.LIFT_HOLD: {S.HELD: S.RUNNING},
    Action.HALT_FOR_GATE: {S.RUNNING: S.HALTED, S.HELD: S.HALTED},
    Action.EXTEND_BAKE: {S.RUNNING: S.RUNNING},
    Action.ASK_FOR_GATE: {S.RUNNING: S.RUNNING, S.HELD: S.HELD},
    Action.OVERDUE: {S.RUNNING: S.RUNNING, S.HELD: S.HELD},
    Action.EXPIRE: {s: s for s in (S.PROPOSED, S.APPROVED, S.RUNNING, S.HELD, S.HALTED)},
}

KINDS: dict[Action, set[str]] = {
    Action.SAVE: {"rollout.revision_saved"},
    Action.PROPOSE: {"rollout.proposed"},
    Action.WITHDRAW: {"rollout.withdrawn"},
    Action.APPROVE: {"rollout.voted", "rollout.approved"},
    Action.REJECT: {"rollout.rejected"},
    Action.ASK_AGAIN: {"rollout.approval_requested"},
    Action.START: {"rollout.started"},
    Action.PROMOTE: {"rollout.promoted"},
    Action.APPROVE_AND_PROMOTE: {"rollout.promoted"},
    Action.HOLD: {"rollout.held"},
    Action.RESUME: {"rollout.resumed"},
    Action.HALT: {"rollout.halted"},
    Action.ROLL_BACK: {"rollout.rolling_back"},
    Action.CONFIRM_ROLLED_BACK: {"rollout.rolled_back"},
    Action.ROLLBACK_FAILED: {"rollout.rollback_failed"},
    Action.COMPLETE: {"rollout.completed"},
    Action.SKIP: {"rollout.stage_skipped"},
    Action.CLOSE: {"rollout.closed"},
    Action.CANCEL: {"rollout.cancelled"},
    Action.STAGE_READY: {"rollout.stage_ready"},
    Action.STAGE_UNREADY: {"rollout.stage_unready"},
    Action.BAKE_STARTED: {"rollout.stage_baking"},
    Action.HOLD_FOR_NO_DATA: {"rollout.held"},
    Action.HOLD_FOR_GATE: {"rollout.held"},
    Action.LIFT_HOLD: {"rollout.resumed"},
    Action.HALT_FOR_GATE: {"rollout.halted"},
    Action.EXTEND_BAKE: {"rollout.bake_extended"},
    Action.ASK_FOR_GATE: {"rollout.decision_asked"},
    Action.OVERDUE: {"rollout.overdue"},
    Action.EXPIRE: {"rollout.approval_expired"},
}


def prepared(state: RolloutState, action: Action) -> tuple[Snapshot, Command]:
    """A snapshot in `state` in which nothing but the state could speak against `action`."""
    seen = resting(state, rights=SYSTEM if RIGHTS[action] == SYSTEM else EVERY_RIGHT)
    seen, command = _with_paper(seen, action)
    seen = _with_stages(seen, action)
    return _with_gates(seen, action), command


def _with_paper(seen: Snapshot, action: Action) -> tuple[Snapshot, Command]:
    begun = seen.state.begun
    command = Command(action, reason="because", remaining="5 % of EU")
    upcoming = seen.upcoming.number if seen.upcoming else None
    number = None if seen.state is S.PROPOSED else upcoming
    if action is Action.SAVE:
        command = replace(command, revision=7)
    if action is Action.PROPOSE:
        seen = replace(seen, revisions=(*seen.revisions, revision(2, RevisionState.DRAFT)))
    if action is Action.WITHDRAW and begun:
        seen = replace(seen, revisions=(*seen.revisions, revision(2, RevisionState.PROPOSED)))
    if action in (Action.APPROVE, Action.REJECT, Action.APPROVE_AND_PROMOTE):
        command, seen = replace(command, stage=number), replace(seen, requests=(request(1, number),))
    if action is Action.ASK_AGAIN:
        command, seen = replace(command, stage=number), replace(seen, requests=())
    if action is Action.EXPIRE:
        old = request(1, number, opened_at=NOW - timedelta(days=9), policy=_a_day())
        command, seen = replace(command, request=old.id), replace(seen, requests=(old,))
    return seen, command


def _a_day() -> Policy:
    return replace(request().policy, expires_after=timedelta(days=1))


def _with_stages(seen: Snapshot, action: Action) -> Snapshot:
    if action is Action.COMPLETE and seen.state is S.RUNNING:
        return replace(seen, stages=stages(DONE, DONE, R), granted=3)
    if action is Action.STAGE_READY and seen.state.moving:
        return replace(seen, stages=stages(DONE, B, P))
    if action is Action.STAGE_UNREADY and seen.state.moving:
        return replace(seen, stages=stages(DONE, R, P))
    if action is Action.BAKE_STARTED and seen.state.moving:
        return replace(seen, stages=stages(DONE, W, P))
    if action is Action.OVERDUE:
        return with_stage(seen, 1 if seen.state is S.RUNNING else 2, overdue_at=NOW)
    if action is Action.CONFIRM_ROLLED_BACK:
        return replace(seen, exposure=Measured.ZERO)
    return seen


def _with_gates(seen: Snapshot, action: Action) -> Snapshot:
    current = seen.current
    unclear = gate(word=Word.INCONCLUSIVE, unclear_since=NOW)
    more = timedelta(minutes=30)
    bad = {
        Action.EXTEND_BAKE: replace(unclear, on_inconclusive=Then.EXTEND, inconclusive_extend=more),
        Action.ASK_FOR_GATE: replace(unclear, on_inconclusive=Then.ASK),
        Action.HALT_FOR_GATE: gate(word=Word.FAIL),
        Action.HOLD_FOR_GATE: gate(word=Word.FAIL, on_fail=OnFail.HOLD),
        Action.STAGE_UNREADY: gate(word=Word.PENDING),
        Action.HOLD_FOR_NO_DATA: gate(word=Word.NO_DATA, silent_since=NOW - timedelta(minutes=15)),
    }
    if current is not None and action in bad:
        return with_stage(seen, current.number, gates=(bad[action],))
    if action is Action.LIFT_HOLD or (action is Action.HOLD and seen.state is S.HELD):
        return replace(seen, held_for=HoldCause.NO_DATA)
    return seen


def named(seen: Snapshot, command: Command) -> Command:
    """The command with what a system command must name."""
    gates = {
        Action.HALT_FOR_GATE,
        Action.HOLD_FOR_GATE,
        Action.HOLD_FOR_NO_DATA,
        Action.EXTEND_BAKE,
        Action.ASK_FOR_GATE,
    }
    return replace(command, gate="errors") if command.action in gates else command


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", list(RolloutState))
def test_each_command_leads_where_the_table_says(state: RolloutState, action: Action) -> None:
    seen, command = prepared(state, action)
    if action is Action.SKIP and state in LEADS[action]:
        seen = with_stage(seen, seen.upcoming.number if seen.upcoming else 0, gates=())
    answer = weigh(seen, named(seen, command))
    if state in LEADS[action]:
        assert isinstance(answer, Transition), str(answer)
        assert answer.rollout is LEADS[action][state]
        assert answer.kind in KINDS[action]
        assert answer.action is action
        assert answer.sentence.endswith((".", "5 % of EU"))
        assert answer.reason == "because"
    else:
        assert isinstance(answer, Refused)
        assert answer.code == ("already_halted" if (action, state) == (Action.HALT, S.HALTED) else "not_now")
        assert answer.sentence
        assert answer.remedy


def test_every_command_has_states_rights_and_a_verb() -> None:
    assert set(POSSIBLE) == set(RIGHTS) == set(VERBS) == set(LEADS) == set(KINDS) == set(Action)


@pytest.mark.parametrize("state", [s for s in RolloutState if s.ended])
def test_nothing_moves_after_an_end(state: RolloutState) -> None:
    assert [action for action in Action if state in POSSIBLE[action]] == []


def test_a_refusal_says_what_is_possible_instead() -> None:
    seen = resting(S.RUNNING)
    with pytest.raises(Refused) as caught:
        decide(seen, Command(Action.ROLL_BACK))
    assert str(caught.value) == (
        "“Roll back” is not possible while the rollout is running. "
        "It is possible while the rollout is halted or left by a rollback that failed. "
        "Possible now: save, propose, withdraw, approve, reject, ask again, promote, approve and promote, "
        "hold, halt, complete or skip."
    )


def test_a_refusal_after_the_end_says_so() -> None:
    with pytest.raises(Refused) as caught:
        decide(resting(S.CANCELLED), Command(Action.HALT))
    assert caught.value.remedy == (
        "It is possible while the rollout is running or held. Nothing moves any more."
    )


def test_a_draft_is_called_a_draft() -> None:
    with pytest.raises(Refused) as caught:
        decide(resting(S.DRAFT), Command(Action.HALT))
    assert caught.value.sentence == "“Halt” is not possible while the rollout is a draft."
    assert caught.value.args == ("not_now", caught.value.sentence, caught.value.remedy)


def test_a_vote_that_is_not_the_last_only_votes() -> None:
    seen = resting(S.PROPOSED, requests=(request(policy=replace(request().policy, quorum=2)),))
    moved = decide(seen, Command(Action.APPROVE))
    assert moved.kind == "rollout.voted"
    assert moved.rollout is S.PROPOSED
    assert moved.revisions == {}


def test_the_one_who_halted_twice_is_told_that_it_stands() -> None:
    halted = resting(S.HALTED, stages=stages(DONE, STOPPED, P), requests=(request(1, 3, votes=(vote(),)),))
    with pytest.raises(Refused) as caught:
        decide(halted, Command(Action.HALT))
    assert caught.value.code == "already_halted"
