"""What must be true of every snapshot and every step: the invariants of the design, said anew.

Written from the words of the design and not from the machine, so that both must be wrong alike to agree.
"""

from datetime import timedelta

from rollouts.approvals.values import Ballot
from rollouts.decisions.machine.snapshot import GateSeen, RequestSeen, Snapshot, StageSeen
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, EscalationCause, HoldCause, Measured, Right
from rollouts.gates.values import Position, Then, Word
from rollouts.plans.values import Advance, OnHalt, RevisionState, RolloutState, StageState
from tests.decisions.world import Step

R, S, V = RolloutState, StageState, RevisionState

ROLLOUT_EDGES = {
    (R.DRAFT, R.PROPOSED),
    (R.PROPOSED, R.DRAFT),
    (R.PROPOSED, R.APPROVED),
    (R.APPROVED, R.DRAFT),
    (R.APPROVED, R.PROPOSED),
    (R.APPROVED, R.RUNNING),
    (R.RUNNING, R.HELD),
    (R.HELD, R.RUNNING),
    (R.RUNNING, R.COMPLETED),
    (R.RUNNING, R.HALTED),
    (R.HELD, R.HALTED),
    (R.HALTED, R.RUNNING),
    (R.HALTED, R.ROLLING_BACK),
    (R.HALTED, R.CLOSED),
    (R.ROLLING_BACK, R.ROLLED_BACK),
    (R.ROLLING_BACK, R.ROLLBACK_FAILED),
    (R.ROLLBACK_FAILED, R.ROLLING_BACK),
    (R.ROLLBACK_FAILED, R.CLOSED),
    (R.DRAFT, R.CANCELLED),
    (R.PROPOSED, R.CANCELLED),
    (R.APPROVED, R.CANCELLED),
}
STAGE_EDGES = {
    (S.PENDING, S.WAITING),
    (S.WAITING, S.BAKING),
    (S.BAKING, S.READY),
    (S.READY, S.BAKING),
    (S.READY, S.PROMOTED),
    (S.BAKING, S.HALTED),
    (S.READY, S.HALTED),
    (S.HALTED, S.BAKING),
    (S.ROLLING_BACK, S.ROLLED_BACK),
} | {(each, S.ROLLING_BACK) for each in (S.WAITING, S.BAKING, S.READY, S.HALTED, S.PROMOTED)}
OVERRIDE_STAGE_EDGES = {(S.PENDING, S.SKIPPED), (S.WAITING, S.PROMOTED), (S.BAKING, S.PROMOTED)}
REVISION_EDGES = {
    (V.DRAFT, V.PROPOSED),
    (V.PROPOSED, V.APPROVED),
    (V.PROPOSED, V.IN_FORCE),
    (V.APPROVED, V.IN_FORCE),
    (V.IN_FORCE, V.SUPERSEDED),
    (V.APPROVED, V.SUPERSEDED),
    (V.PROPOSED, V.REJECTED),
    (V.PROPOSED, V.WITHDRAWN),
    (V.APPROVED, V.WITHDRAWN),
}


def check_snapshot(seen: Snapshot) -> None:
    """What fits together at any time."""
    states = [each.state for each in seen.revisions]
    current = [each for each in seen.stages if each.state.current]
    assert states.count(V.PROPOSED) <= 1
    assert states.count(V.APPROVED) <= 1
    assert states.count(V.IN_FORCE) == int(seen.state.begun)
    assert len(current) <= 1
    assert (seen.held_for is not None) == (seen.state is R.HELD)
    if not seen.state.begun:
        assert seen.granted is None
        assert all(each.state is S.PENDING for each in seen.stages)
    if seen.state.moving:
        assert len(current) == 1
        assert seen.granted == current[0].number
    if seen.state in (R.ROLLING_BACK, R.ROLLED_BACK, R.ROLLBACK_FAILED):
        assert seen.granted is None
    if seen.state is R.COMPLETED:
        assert all(each.state in (S.PROMOTED, S.SKIPPED) for each in seen.stages)
    if seen.state in (R.HALTED, R.ROLLING_BACK, R.ROLLED_BACK, R.ROLLBACK_FAILED, R.CLOSED, R.COMPLETED):
        assert seen.has_review
    begun = [each.number for each in seen.stages if each.state.begun]
    pending = [each.number for each in seen.stages if each.state is S.PENDING]
    assert max(begun, default=0) < min(pending, default=99)
    for request in seen.requests:
        _check_votes(seen, request)


def _check_votes(seen: Snapshot, request: RequestSeen) -> None:
    """One person, one vote, as voter or as delegator; no author approves, nor anybody for an author."""
    revision = seen.revision(request.revision)
    assert revision is not None
    names: list[str] = []
    for vote in request.votes:
        if vote.voided_at is None:
            mine = [vote.person] + ([vote.on_behalf_of] if vote.on_behalf_of else [])
            names += mine
            assert vote.ballot is Ballot.REJECT or not revision.authors & set(mine)
    assert len(names) == len(set(names))


def check_step(step: Step) -> None:
    """What one decision may do."""
    moved = step.moved
    assert Transition.from_content(moved.kind, moved.to_content()) == moved
    assert moved.kind.startswith("rollout.")
    assert moved.sentence
    _check_edges(step)
    _check_entering(step)
    _check_override(step)
    _check_holds(step)
    _check_grant(step)
    _check_ends(step)
    _check_system(step)
    _check_undecided(step)


def _check_edges(step: Step) -> None:
    before, moved = step.before, step.moved
    if moved.rollout is not before.state:
        assert (before.state, moved.rollout) in ROLLOUT_EDGES
    allowed = STAGE_EDGES | (OVERRIDE_STAGE_EDGES if step.command.override else set())
    allowed |= {(S.PENDING, S.SKIPPED)} if moved.action is Action.SKIP else set()
    for number, state in moved.stages.items():
        stage = before.stage(number)
        assert stage is not None
        assert (stage.state, state) in allowed
    for number, stands in moved.revisions.items():
        revision = before.revision(number)
        was = revision.state if revision else V.DRAFT
        assert (was, stands) in REVISION_EDGES or moved.action is Action.SAVE
    for stage in before.stages:
        if stage.state is not S.PENDING:
            kept = step.after.stage(stage.number)
            assert kept is not None
            assert moved.stages.get(stage.number, stage.state) is kept.state


def _entered(step: Step) -> StageSeen | None:
    number = next((number for number, state in step.moved.stages.items() if state is S.WAITING), None)
    return step.before.stage(number)


def _check_entering(step: Step) -> None:
    """A stage is entered only when every condition holds, or was passed over by name."""
    stage, before, moved = _entered(step), step.before, step.moved
    if stage is None:
        return
    assert moved.action in (Action.START, Action.PROMOTE, Action.APPROVE_AND_PROMOTE)
    assert not any(each.state is V.PROPOSED for each in before.revisions)
    assert before.state in (R.APPROVED, R.RUNNING)
    assert moved.restarts == stage.number
    assert all(each.state is not S.PENDING for each in before.stages if each.number < stage.number)
    after_votes = {each.id: each for each in before.requests}
    for cast in moved.casts:
        request = after_votes[cast.request]
        after_votes[cast.request] = _with(request, cast.vote)
    for gate in (*_bound(before.current, Position.EXIT), *_bound(stage, Position.ENTRY)):
        passed = _given(after_votes, gate) if gate.kind == "approval" else gate.word is Word.PASS
        assert passed or gate.name in step.command.override
    for freeze in before.freezes:
        assert freeze.owned or (freeze.name in step.command.override and not freeze.absolute)
    left = before.current
    assert left is None or left.state is S.READY or step.command.override


def _bound(stage: StageSeen | None, position: Position) -> tuple[GateSeen, ...]:
    return tuple(each for each in stage.at(position) if not each.observe) if stage else ()


def _with(request: RequestSeen, vote: object) -> RequestSeen:
    from dataclasses import replace

    return replace(request, votes=(*request.votes, vote))  # type: ignore[arg-type]


def _given(requests: dict[str, RequestSeen], gate: GateSeen) -> bool:
    """Enough live approvals and no rejection, counted plainly."""
    request = requests.get(gate.request or "")
    if request is None:
        return False
    live = [vote.ballot for vote in request.votes if vote.voided_at is None]
    return live.count(Ballot.APPROVE) >= request.policy.quorum and Ballot.REJECT not in live


def _check_override(step: Step) -> None:
    moved, command = step.moved, step.command
    assert set(moved.override) == set(command.override)
    if moved.override or moved.action is Action.SKIP:
        assert Right.BREAKER in step.before.rights
        assert command.reason
        assert moved.reason
        assert step.after.has_review
        assert moved.action in (Action.PROMOTE, Action.RESUME, Action.COMPLETE, Action.SKIP)


def _check_holds(step: Step) -> None:
    """Returning data lifts only what the system held for no data."""
    before, moved = step.before, step.moved
    if before.state is R.HELD and moved.rollout is R.RUNNING and before.by_system:
        assert before.held_for is HoldCause.NO_DATA
        assert all(g.word is not Word.NO_DATA for g in _bound(before.current, Position.EXIT))
    if moved.rollout is R.HELD and before.state is R.HELD:
        assert moved.held_for is before.held_for or moved.held_for is HoldCause.PERSON
    if moved.action in (
        Action.HOLD, Action.HOLD_FOR_GATE, Action.HOLD_FOR_NO_DATA, Action.EXTEND_BAKE, Action.ASK_FOR_GATE,
    ):  # fmt: skip
        assert (moved.grant, moved.stages) == (None, {})


def _check_undecided(step: Step) -> None:
    """A bake grows no further than a policy of the stage lets it, and people are asked once a verdict."""
    before, after, moved = step.before.current, step.after.current, step.moved
    if moved.extends is not None:
        assert before is not None
        assert after is not None
        assert moved.action is Action.EXTEND_BAKE
        assert timedelta() < moved.extends == after.extended - before.extended
        assert after.extended <= max(
            bound
            for gate in _bound(before, Position.EXIT)
            for bound, then in (
                (gate.no_data_extend, gate.on_no_data),
                (gate.inconclusive_extend, gate.on_inconclusive),
            )
            if then is Then.EXTEND
        )
        assert not after.baked
    if moved.asked:
        assert before is not None
        asked = next(gate for gate in before.gates if gate.name == moved.asked)
        assert not asked.asked
        assert asked.word in (Word.NO_DATA, Word.INCONCLUSIVE)
    if moved.action is Action.HALT_FOR_GATE:
        assert before is not None
        assert any(
            gate.word is Word.FAIL
            or (gate.word is Word.NO_DATA and gate.on_no_data is Then.HALT)
            or (gate.word is Word.INCONCLUSIVE and gate.on_inconclusive is Then.HALT)
            for gate in _bound(before, Position.EXIT)
        )


def _check_grant(step: Step) -> None:
    before, moved, after = step.before, step.moved, step.after
    if moved.rollout is R.HALTED and before.state is not R.HALTED:
        assert moved.starts_escalation is EscalationCause.HALT
        assert before.current is not None
        promoted = [each.number for each in before.stages if each.state is S.PROMOTED]
        wanted = {
            OnHalt.KEEP: before.granted,
            OnHalt.PREVIOUS: max(promoted, default=None),
            OnHalt.OFF: None,
        }
        assert after.granted == wanted[before.current.on_halt]
    if before.state is R.HALTED and moved.rollout is R.RUNNING:
        assert after.granted == moved.restarts == (after.current and after.current.number)
        for gate in _bound(before.current, Position.EXIT):
            assert gate.word not in (Word.FAIL, Word.NO_DATA) or gate.name in moved.override
    if moved.grant is not None and moved.grant.stage is not None and moved.rollout is not R.HALTED:
        assert all(each.owned or each.name in moved.override for each in before.freezes)


def _check_ends(step: Step) -> None:
    before, moved = step.before, step.moved
    if moved.rollout is R.ROLLED_BACK:
        measured = before.exposure is Measured.ZERO
        assert measured != moved.unmeasured
        assert measured or (before.exposure is Measured.NO_DATA and moved.reason and not before.by_system)
    if moved.rollout is R.CLOSED and before.state is not R.CLOSED:
        assert moved.reason
        assert moved.remaining
    if moved.rollout.ended:
        assert step.after.requests == ()
        assert step.after.newest(V.PROPOSED) is None
    if moved.rollout is R.COMPLETED:
        assert not any(each.state is S.PENDING for each in before.stages)


def _check_system(step: Step) -> None:
    """The system never decides for a person."""
    if not step.before.by_system:
        assert step.moved.casts == () or step.before.actor != "system"
        return
    assert step.moved.casts == ()
    assert step.moved.override == ()
    stage = _entered(step)
    assert stage is None or stage.advance is Advance.AUTOMATIC
    if step.moved.rollout is R.ROLLBACK_FAILED and step.before.state is not R.ROLLBACK_FAILED:
        since, expected = step.before.rolling_back_since, step.before.rollback_expected
        assert since is not None
        assert expected is not None
        assert step.before.now >= since + 2 * expected
        assert step.before.exposure is not Measured.ZERO
