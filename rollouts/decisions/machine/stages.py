"""Start, promote, complete and skip: what enters and leaves stages."""

from dataclasses import replace

from rollouts.decisions.machine import votes
from rollouts.decisions.machine.openings import (
    freezes,
    on_entering,
    on_leaving,
    on_meeting,
    on_skipping,
    yielding,
)
from rollouts.decisions.machine.override import Passed, blocked, pass_over, review
from rollouts.decisions.machine.permits import listed
from rollouts.decisions.machine.snapshot import RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.step import (
    asks_for_next,
    every_request,
    requests_until,
    require_none_proposed,
    require_revision,
    step,
)
from rollouts.decisions.machine.transition import Cast, Grant, Transition
from rollouts.decisions.machine.values import Command, Refused, ReviewCause
from rollouts.plans.values import Advance, RevisionState, RolloutState, StageState


def start(seen: Snapshot, command: Command) -> Transition:
    """Puts the first approved revision in force and enters its first stage.

    Gates and freezes are waited for; other rollouts in the way may be passed over.
    """
    revision = _revision(seen, command, RevisionState.APPROVED)
    stage = _upcoming(seen, command)
    firm = on_entering(seen, stage) + freezes(seen)
    if firm:
        raise blocked(firm + on_meeting(seen))
    passed = pass_over(command, on_meeting(seen))
    sentence = f"{seen.who} started the rollout and entered {stage}{_yielded(seen)}."
    moved = step(seen, command, "rollout.started", sentence, stage=stage, passed=passed)
    moved = _enter(seen, moved, stage)
    return replace(
        moved,
        opens_review=review(seen, ReviewCause.OVERRIDE) if command.override else None,
        rollout=RolloutState.RUNNING,
        revisions={revision.number: RevisionState.IN_FORCE},
        planned=tuple(each.number for each in revision.stages),
    )


def promote(seen: Snapshot, command: Command) -> Transition:
    """Ends the stage before and enters this one, at once. By the system only where the plan says so."""
    require_none_proposed(seen)
    _revision(seen, command, RevisionState.IN_FORCE)
    stage = _upcoming(seen, command)
    if seen.by_system and stage.advance is not Advance.AUTOMATIC:
        raise Refused("manual", f"The plan lets a person enter {stage}.", "Wait for an approver to promote.")
    leaving = _current(seen)
    openings = on_leaving(seen, leaving) + on_entering(seen, stage) + freezes(seen) + on_meeting(seen)
    passed = pass_over(command, openings)
    _require_ready(leaving, passed)
    sentence = f"{seen.who} promoted the rollout to {stage}{_yielded(seen)}."
    moved = step(seen, command, "rollout.promoted", sentence, stage=stage, passed=passed)
    moved = _enter(seen, moved, stage)
    return replace(
        moved,
        stages={leaving.number: StageState.PROMOTED, **moved.stages},
        opens_review=review(seen, ReviewCause.OVERRIDE) if command.override else None,
    )


def approve_and_promote(seen: Snapshot, command: Command) -> Transition:
    """One request with both: the vote must be the one that fills, or nothing is done at all."""
    require_none_proposed(seen)
    stage = _upcoming(seen, command)
    revision = _revision(seen, command, RevisionState.IN_FORCE)
    casts: tuple[Cast, ...] = votes.approvals(seen, command, revision, stage)
    moved = promote(votes.with_casts(seen, casts), command)
    sentence = f"{seen.who} approved {stage} and promoted the rollout to it{_yielded(seen)}."
    return replace(moved, casts=casts, sentence=sentence)


def complete(seen: Snapshot, command: Command) -> Transition:
    """Ends the rollout well: the last stage is ready and leaves what it granted."""
    require_none_proposed(seen)
    _revision(seen, command, RevisionState.IN_FORCE)
    if seen.upcoming is not None:
        raise Refused(
            "stages_left",
            f"A stage is still to be entered: {seen.upcoming}.",
            "Promote to it, or let somebody with the break-glass role skip it.",
        )
    leaving = _current(seen)
    passed = pass_over(command, on_leaving(seen, leaving))
    _require_ready(leaving, passed)
    cause = ReviewCause.OVERRIDE if command.override else ReviewCause.COMPLETION
    sentence = f"{seen.who} completed the rollout; the exposure of {leaving} stays."
    return replace(
        step(seen, command, "rollout.completed", sentence, stage=leaving, passed=passed),
        rollout=RolloutState.COMPLETED,
        stages={leaving.number: StageState.PROMOTED},
        closes_requests=every_request(seen),
        opens_review=review(seen, cause),
        ends_escalation=True,
    )


def skip(seen: Snapshot, command: Command) -> Transition:
    """Passes over a stage that was not entered: it grants nothing and is never carried out."""
    require_none_proposed(seen)
    _revision(seen, command, RevisionState.IN_FORCE)
    stage = seen.upcoming if command.stage is None else seen.stage(command.stage)
    if stage is None:
        raise Refused("no_stage", "There is no such stage.", "Name a stage that is still to be entered.")
    if stage.state is not StageState.PENDING:
        raise Refused(
            "entered",
            f"The state of {stage} is {stage.state.label.lower()}, and only pending stages are skipped.",
            "Name a stage that is still to be entered.",
        )
    passed = pass_over(command, on_skipping(seen, stage))
    sentence = f"{seen.who} skipped {stage}."
    return replace(
        step(seen, command, "rollout.stage_skipped", sentence, stage=stage, passed=passed),
        stages={stage.number: StageState.SKIPPED},
        closes_requests=_moot(seen, stage),
        asks_for=asks_for_next(seen, beyond=stage.number) if stage is seen.upcoming else (),
        opens_review=review(seen, ReviewCause.OVERRIDE),
    )


def _moot(seen: Snapshot, stage: StageSeen) -> tuple[str, ...]:
    """The requests for entering a skipped stage, but for what also guards leaving the one under way."""
    leaving = {gate.request for gate in seen.current.gates} if seen.current else set()
    return tuple(each.id for each in seen.requests if each.stage == stage.number and each.id not in leaving)


def _enter(seen: Snapshot, moved: Transition, stage: StageSeen) -> Transition:
    """Grants the stage's exposure, begins its warm-up, and asks for the approvals of the one after."""
    return replace(
        moved,
        stages={stage.number: StageState.WAITING},
        grant=Grant(stage.number),
        restarts=stage.number,
        closes_requests=requests_until(seen, stage.number),
        asks_for=asks_for_next(seen, beyond=stage.number),
        yielded=yielding(seen),
    )


def _revision(seen: Snapshot, command: Command, state: RevisionState) -> RevisionSeen:
    revision = seen.newest(state)
    if revision is None:
        raise Refused(
            "no_revision", f"No revision is {state.label.lower()}.", "Propose one and get it approved."
        )
    require_revision(command, revision)
    return revision


def _upcoming(seen: Snapshot, command: Command) -> StageSeen:
    """The stage that is entered next, if that is the one that was named. Raises Refused."""
    upcoming = seen.upcoming
    named = seen.stage(command.stage)
    if named is not None and named.state is not StageState.PENDING:
        raise Refused(
            "entered",
            f"The state of {named} is {named.state.label.lower()}: it is not entered again.",
            f"Next is {upcoming}." if upcoming else "Complete the rollout when the last stage is ready.",
        )
    if upcoming is None:
        raise Refused(
            "last_stage", "No stage is left to enter.", "Complete the rollout when the last is ready."
        )
    if command.stage is not None and command.stage != upcoming.number:
        raise Refused("not_next", f"Stage {command.stage} is not next.", f"Next is {upcoming}.")
    return upcoming


def _current(seen: Snapshot) -> StageSeen:
    if seen.current is None:
        raise Refused("no_stage", "No stage is under way.", "Roll back, or close the rollout.")
    return seen.current


def _require_ready(leaving: StageSeen, passed: Passed) -> None:
    """Without an override only a ready stage is left, however well its gates read."""
    if leaving.state is not StageState.READY and not passed.names:
        raise Refused(
            "not_ready",
            f"The state of {leaving} is {leaving.state.label.lower()}, not ready.",
            "Wait until it is ready.",
        )


def _yielded(seen: Snapshot) -> str:
    names = yielding(seen)
    return f" within the freeze {listed(names)} as its owner" if names else ""
