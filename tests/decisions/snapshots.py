"""Snapshots to decide on: small rollouts of three stages, at rest, ready for the next command."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollouts.approvals.values import Ballot, Policy, Vote
from rollouts.decisions.machine.decide import decide
from rollouts.decisions.machine.snapshot import GateSeen, RequestSeen, RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, HoldCause, Measured, Refused, Right
from rollouts.gates.values import OnFail, Position, Word
from rollouts.plans.values import RevisionState, RolloutState, StageState

NOW = datetime(2025, 11, 25, 12, tzinfo=UTC)
EVERY_RIGHT = frozenset(Right) - {Right.SYSTEM}
EVERYDAY = frozenset({Right.MEMBER, Right.APPROVER, Right.PLANNER, Right.ROLLBACK})
SYSTEM = frozenset({Right.SYSTEM})
NAMES = {1: "Staff", 2: "Canary", 3: "Everybody"}

P, W, B, R = StageState.PENDING, StageState.WAITING, StageState.BAKING, StageState.READY
DONE, STOPPED, SKIPPED = StageState.PROMOTED, StageState.HALTED, StageState.SKIPPED
BACK, GONE = StageState.ROLLING_BACK, StageState.ROLLED_BACK


def gate(name: str = "errors", word: Word = Word.PASS, **given: Any) -> GateSeen:
    return GateSeen(name=name, word=word, **given)


def entry_gate(name: str = "drill", word: Word = Word.PASS, **given: Any) -> GateSeen:
    return GateSeen(
        name=name, word=word, position=Position.ENTRY, kind="evidence", on_fail=OnFail.ASK, **given
    )


def approval_gate(
    request: str | None = "r1s2", position: Position = Position.ENTRY, **given: Any
) -> GateSeen:
    return GateSeen("go", Word.PASS, position, "approval", request=request, **given)


def stage(number: int, state: StageState = P, **given: Any) -> StageSeen:
    return StageSeen(number=number, state=state, **{"name": NAMES[number], "gates": (gate(),), **given})


def stages(*states: StageState) -> tuple[StageSeen, ...]:
    return tuple(stage(number, state) for number, state in enumerate(states, start=1))


def revision(number: int = 1, state: RevisionState = RevisionState.IN_FORCE, **given: Any) -> RevisionSeen:
    usual = {"digest": f"digest-{number}", "authors": frozenset({"ann"}), "stages": stages(P, P, P)}
    return RevisionSeen(number=number, state=state, **{**usual, **given})


def request(
    revision: int = 1, stage: int | None = None, *, votes: tuple[Vote, ...] = (), **given: Any
) -> RequestSeen:
    usual: dict[str, Any] = {
        "id": f"r{revision}s{stage or 0}",
        "policy": Policy(),
        "opened_at": NOW - timedelta(hours=1),
        "digest": f"digest-{revision}",
        "may_vote": {name: frozenset({"orders"}) for name in ("pia", "quin", "ann")},
    }
    return RequestSeen(revision=revision, stage=stage, votes=votes, **{**usual, **given})


def vote(person: str = "quin", ballot: Ballot = Ballot.APPROVE, **given: Any) -> Vote:
    return Vote(person=person, ballot=ballot, **{"at": NOW - timedelta(minutes=5), **given})


def snapshot(state: RolloutState = RolloutState.RUNNING, **given: Any) -> Snapshot:
    """A rollout whose first stage is ready, seen by Pia, who holds every everyday right."""
    usual: dict[str, Any] = {
        "now": NOW,
        "actor": "pia",
        "actor_name": "Pia",
        "rights": EVERYDAY,
        "stages": stages(R, P, P),
        "revisions": (revision(),),
        "granted": 1,
    }
    return Snapshot(state=state, **{**usual, **given})


_RESTING: Mapping[RolloutState, Mapping[str, Any]] = {
    RolloutState.DRAFT: {"revisions": (revision(1, RevisionState.DRAFT),)},
    RolloutState.PROPOSED: {"revisions": (revision(1, RevisionState.PROPOSED),), "requests": (request(),)},
    RolloutState.APPROVED: {"revisions": (revision(1, RevisionState.APPROVED),)},
    RolloutState.RUNNING: {"stages": stages(R, P, P), "granted": 1},
    RolloutState.HELD: {"stages": stages(DONE, B, P), "granted": 2, "held_for": HoldCause.PERSON},
    RolloutState.HALTED: {"stages": stages(DONE, STOPPED, P), "granted": 1, "has_review": True},
    RolloutState.ROLLING_BACK: {
        "stages": stages(BACK, BACK, P),
        "granted": None,
        "rolling_back_since": NOW - timedelta(minutes=20),
        "rollback_expected": timedelta(minutes=10),
        "has_review": True,
    },
    RolloutState.ROLLED_BACK: {"stages": stages(GONE, GONE, P), "granted": None, "has_review": True},
    RolloutState.ROLLBACK_FAILED: {"stages": stages(BACK, BACK, P), "granted": None, "has_review": True},
    RolloutState.COMPLETED: {"stages": stages(DONE, DONE, DONE), "granted": 3, "has_review": True},
    RolloutState.CLOSED: {"stages": stages(DONE, STOPPED, P), "granted": 1, "has_review": True},
    RolloutState.CANCELLED: {"revisions": (revision(1, RevisionState.APPROVED),)},
}


def resting(state: RolloutState, **given: Any) -> Snapshot:
    """A plausible snapshot in each state."""
    unbegun = {} if state.begun else {"stages": stages(P, P, P), "granted": None}
    return snapshot(state, **{**unbegun, **_RESTING[state], **given})


def by_system(seen: Snapshot) -> Snapshot:
    return replace(seen, rights=SYSTEM, actor="gatehouse", actor_name="Gatehouse")


def with_gate(seen: Snapshot, number: int, *gates: GateSeen) -> Snapshot:
    """The same rollout, with these gates in one stage."""
    changed = tuple(replace(each, gates=gates) if each.number == number else each for each in seen.stages)
    return replace(seen, stages=changed)


def with_stage(seen: Snapshot, number: int, **changes: Any) -> Snapshot:
    changed = tuple(replace(each, **changes) if each.number == number else each for each in seen.stages)
    return replace(seen, stages=changed)


def does(snapshot: Snapshot, action: Action, /, **given: Any) -> Transition:
    """What the command does."""
    return decide(snapshot, Command(action, **given))


def refuses(snapshot: Snapshot, action: Action, /, **given: Any) -> Refused:
    """The refusal of the command."""
    with pytest.raises(Refused) as caught:
        decide(snapshot, Command(action, **given))
    return caught.value


def says(refused: Refused) -> tuple[str, str, str]:
    return refused.code, refused.sentence, refused.remedy


def measured(seen: Snapshot, exposure: Measured) -> Snapshot:
    return replace(seen, exposure=exposure)
