"""Approve, reject, ask again and expire: votes, bound to a revision, a stage and a policy as it stood."""

from dataclasses import replace

from rollouts.approvals import quorum
from rollouts.approvals.values import Ballot, Standing, Vote
from rollouts.decisions.machine.openings import standing
from rollouts.decisions.machine.permits import capitalised, listed
from rollouts.decisions.machine.revisions import turned_down
from rollouts.decisions.machine.snapshot import RequestSeen, RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.step import (
    ending,
    every_request,
    require_none_proposed,
    require_reason,
    require_revision,
    step,
)
from rollouts.decisions.machine.transition import Cast, Transition, Void
from rollouts.decisions.machine.values import Command, EscalationCause, Refused
from rollouts.plans.values import RevisionState, RolloutState, StageState


def approve(seen: Snapshot, command: Command) -> Transition:
    """Only votes. The vote that fills a revision's quorum also approves it, or puts it in force."""
    revision, stage = subject(seen, command)
    casts = approvals(seen, command, revision, stage)
    after = with_casts(seen, casts)
    if stage is None and all_filled(after, revision):
        return _filled(seen, command, revision, casts)
    what = str(stage) if stage else f"revision {revision.number}"
    moved = step(seen, command, "rollout.voted", f"{_voter(seen, command)} approved {what}.", stage=stage)
    return replace(moved, revision=revision.number, casts=casts)


def subject(seen: Snapshot, command: Command) -> tuple[RevisionSeen, StageSeen | None]:
    """What a vote is about: a revision that is proposed, or the entering of a stage in force.

    Raises Refused when nothing of the kind can be voted on now.
    """
    if command.stage is None:
        proposed = seen.newest(RevisionState.PROPOSED)
        if proposed is None:
            raise Refused("nothing_asked", "No revision is proposed.", "Name a stage, or propose one.")
        require_revision(command, proposed)
        return proposed, None
    require_none_proposed(seen)
    governing = seen.newest(RevisionState.IN_FORCE) or seen.newest(RevisionState.APPROVED)
    stage = seen.stage(command.stage) or _ending(seen, command.stage)
    if governing is None or stage is None:
        raise Refused(
            "no_stage",
            f"There is no stage {command.stage} in an approved revision.",
            "Name a stage that is still to be entered.",
        )
    require_revision(command, governing)
    if stage.state.begun:
        raise Refused(
            "entered",
            f"{capitalised(str(stage))} is {stage.state.label.lower()}, not still to be entered.",
            "Vote on the stage that comes next.",
        )
    return governing, stage


def _ending(seen: Snapshot, number: int) -> StageSeen | None:
    """Completing, which comes after the last stage and may need approval like a stage."""
    return StageSeen(number, "completion") if number == ending(seen) else None


def asked(seen: Snapshot, revision: RevisionSeen, stage: StageSeen | None) -> tuple[RequestSeen, ...]:
    """The open requests about this revision, or about entering this stage under it."""
    number = stage.number if stage else None
    return tuple(each for each in seen.requests if each.revision == revision.number and each.stage == number)


def approvals(
    seen: Snapshot, command: Command, revision: RevisionSeen, stage: StageSeen | None
) -> tuple[Cast, ...]:
    """The approving votes that this command gives. Raises Refused when it can give none."""
    requests = _mine(seen, command, revision, stage)
    against = quorum.conflict(seen.actor, command.on_behalf_of, authors=revision.authors)
    if against is not None:
        raise Refused("conflict", against, "Ask another approver.")
    open_ones = [each for each in requests if standing(seen, each).standing is Standing.OPEN]
    if not open_ones:
        raise _settled(seen, requests[0])
    free = [each for each in open_ones if not _clashing(seen, command, each, revision)]
    if not free:
        raise Refused(
            "voted",
            "One person has one vote, on every face, and it is given already.",
            f"Wait for the others: {standing(seen, open_ones[0]).sentence}",
        )
    return tuple(_cast(seen, command, each, Ballot.APPROVE) for each in free)


def _mine(
    seen: Snapshot, command: Command, revision: RevisionSeen, stage: StageSeen | None
) -> list[RequestSeen]:
    """The open requests on which the actor, or the delegator, may vote."""
    found = asked(seen, revision, stage)
    if not found:
        raise Refused(
            "nothing_asked",
            "No approval is asked for here.",
            "A planner can ask for it again.",
        )
    if any(each.digest != revision.digest for each in found):
        raise Refused(
            "changed", "The document that was to be approved has changed.", "Withdraw it and propose it anew."
        )
    mine = [each for each in found if each.may_vote.get(_principal(seen, command))]
    if not mine:
        policy = found[0].policy
        teams = f" of {listed(sorted(policy.teams), 'or')}" if policy.teams else ""
        raise Refused(
            "forbidden",
            f"“{found[0].name}” does not ask you.",
            f"It takes the role {listed(sorted(policy.roles), 'or')} in a team{teams} that is asked.",
        )
    return mine


def _principal(seen: Snapshot, command: Command) -> str:
    return command.on_behalf_of or seen.actor


def _settled(seen: Snapshot, request: RequestSeen) -> Refused:
    outcome = standing(seen, request)
    remedy = {
        Standing.FILLED: "No further vote is needed; promote once the stage before is ready.",
        Standing.REJECTED: "Change the plan and propose it, or let a planner ask again.",
        Standing.EXPIRED: "A planner can ask again.",
    }[outcome.standing]
    return Refused(outcome.standing.value, f"“{request.name}”: {outcome.sentence}", remedy)


def _clashing(seen: Snapshot, command: Command, request: RequestSeen, revision: RevisionSeen) -> list[Vote]:
    """The votes that already speak for the voter or for the person voted for."""
    names = quorum.names_in(seen.actor, command.on_behalf_of)
    counted = quorum.countable(request.votes, authors=revision.authors)
    return [vote for vote in counted if names & quorum.names_in(vote.person, vote.on_behalf_of)]


def _cast(seen: Snapshot, command: Command, request: RequestSeen, ballot: Ballot) -> Cast:
    teams = request.may_vote[_principal(seen, command)]
    return Cast(request.id, Vote(seen.actor, ballot, seen.now, command.on_behalf_of, teams))


def _voter(seen: Snapshot, command: Command) -> str:
    absent = command.on_behalf_of
    return f"{seen.who} (for {seen.names.get(absent, absent)})" if absent else seen.who


def with_casts(seen: Snapshot, casts: tuple[Cast, ...], voids: tuple[Void, ...] = ()) -> Snapshot:
    """The snapshot as it is once votes are voided and others are cast."""
    return replace(seen, requests=tuple(_voted(each, casts, voids, seen) for each in seen.requests))


def _voted(
    request: RequestSeen, casts: tuple[Cast, ...], voids: tuple[Void, ...], seen: Snapshot
) -> RequestSeen:
    gone = {void.person for void in voids if void.request == request.id}
    kept = tuple(
        replace(vote, voided_at=seen.now) if vote.person in gone and vote.voided_at is None else vote
        for vote in request.votes
    )
    return replace(request, votes=kept + tuple(cast.vote for cast in casts if cast.request == request.id))


def all_filled(seen: Snapshot, revision: RevisionSeen) -> bool:
    """Every request about the revision, and everyone that is wanted, has its quorum."""
    found = asked(seen, revision, None)
    names = {each.name for each in found}
    return names >= set(revision.approvals) and all(
        standing(seen, each).standing is Standing.FILLED for each in found
    )


def _filled(seen: Snapshot, command: Command, revision: RevisionSeen, casts: tuple[Cast, ...]) -> Transition:
    """The quorum of a revision is filled: before the start it is approved, afterwards in force."""
    voter = _voter(seen, command)
    if not seen.state.begun:
        moved = step(
            seen,
            command,
            "rollout.approved",
            f"{voter} approved revision {revision.number}, and it may start.",
        )
        return replace(
            moved,
            rollout=RolloutState.APPROVED,
            revision=revision.number,
            revisions={revision.number: RevisionState.APPROVED},
            casts=casts,
            closes_requests=every_request(seen),
            asks_for=tuple(stage.number for stage in revision.stages[:1]),
        )
    moved = step(
        seen,
        command,
        "rollout.revision_in_force",
        f"{voter} approved revision {revision.number}, which is in force now.",
    )
    superseded = {
        each.number: RevisionState.SUPERSEDED
        for each in seen.revisions
        if each.state is RevisionState.IN_FORCE
    }
    return replace(
        moved,
        revision=revision.number,
        revisions=superseded | {revision.number: RevisionState.IN_FORCE},
        planned=tuple(stage.number for stage in revision.stages),
        casts=casts,
        closes_requests=every_request(seen),
        asks_for=_first_unsettled(seen, revision),
    )


def _first_unsettled(seen: Snapshot, revision: RevisionSeen) -> tuple[int, ...]:
    settled = {stage.number for stage in seen.stages if stage.state is not StageState.PENDING}
    return tuple(stage.number for stage in revision.stages if stage.number not in settled)[:1]


def reject(seen: Snapshot, command: Command) -> Transition:
    """One rejection blocks: a proposed revision is rejected, a stage cannot be entered."""
    revision, stage = subject(seen, command)
    require_reason(command, "A rejection")
    requests = _mine(seen, command, revision, stage)
    open_ones = [
        each for each in requests if standing(seen, each).standing in (Standing.OPEN, Standing.FILLED)
    ]
    if not open_ones:
        raise _settled(seen, requests[0])
    voids = tuple(
        Void(each.id, vote.person) for each in open_ones for vote in _retracted(seen, command, each, revision)
    )
    casts = tuple(_cast(seen, command, each, Ballot.REJECT) for each in open_ones)
    what = str(stage) if stage else f"revision {revision.number}"
    sentence = f"{_voter(seen, command)} rejected {what}."
    moved = replace(step(seen, command, "rollout.rejected", sentence, stage=stage), casts=casts, voids=voids)
    if stage is not None:
        return replace(moved, revision=revision.number)
    return turned_down(seen, moved, revision, RevisionState.REJECTED)


def _retracted(seen: Snapshot, command: Command, request: RequestSeen, revision: RevisionSeen) -> list[Vote]:
    """Earlier approvals that the rejecting person gave, or that were given in that person's name."""
    clashing = _clashing(seen, command, request, revision)
    for vote in clashing:
        if seen.actor not in quorum.names_in(vote.person, vote.on_behalf_of):
            raise Refused(
                "voted",
                f"{vote.name or vote.person} has voted, and a delegate does not take that back.",
                f"{vote.name or vote.person} can reject.",
            )
    return clashing


def ask_again(seen: Snapshot, command: Command) -> Transition:
    """Closes requests that expired or were rejected, and asks for the same anew, without their votes."""
    revision, stage = subject(seen, command)
    found = asked(seen, revision, stage)
    stale = [each for each in found if standing(seen, each).standing in (Standing.EXPIRED, Standing.REJECTED)]
    if found and not stale:
        raise Refused(
            "asked", f"“{found[0].name}”: {standing(seen, found[0]).sentence}", "Wait for the approvers."
        )
    what = str(stage) if stage else f"revision {revision.number}"
    sentence = f"{seen.who} asked again for approval of {what}."
    moved = step(seen, command, "rollout.approval_requested", sentence, stage=stage)
    return replace(
        moved,
        revision=revision.number,
        closes_requests=tuple(each.id for each in stale),
        asks_for=(stage.number if stage else None,),
    )


def expire(seen: Snapshot, command: Command) -> Transition:
    """The time of a request has run out: it closes, what it asked for stays undecided, and it escalates."""
    request = next((each for each in seen.requests if each.id == command.request), None)
    if request is None or standing(seen, request).standing is not Standing.EXPIRED:
        raise Refused("not_expired", "This approval request has not expired.", "Nothing is to be done.")
    sentence = f"“{request.name}” was not decided in time. {standing(seen, request).sentence}"
    moved = step(seen, command, "rollout.approval_expired", sentence, stage=seen.stage(request.stage))
    return replace(
        moved,
        revision=request.revision,
        closes_requests=(request.id,),
        starts_escalation=EscalationCause.OVERDUE_DECISION,
    )
