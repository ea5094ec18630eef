"""The transition that changes nothing yet: every command starts from it and states its differences."""

from rollouts.decisions.machine.override import Passed
from rollouts.decisions.machine.permits import listed
from rollouts.decisions.machine.snapshot import RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Command, Refused
from rollouts.plans.values import RevisionState, StageState

NOTHING_PASSED = Passed()


def step(
    seen: Snapshot,
    command: Command,
    kind: str,
    sentence: str,
    *,
    stage: StageSeen | None = None,
    passed: Passed = NOTHING_PASSED,
) -> Transition:
    """What stays as it is, and who said what about which stage of which revision.

    The sentence is for the log and for people, so that it has the gates' titles.
    """
    titles = [seen.title_of(name) for name in passed.names]
    overriding = f" It passes over {listed(titles)}." if titles else ""
    return Transition(
        action=command.action,
        kind=kind,
        sentence=seen.titled(sentence) + overriding,
        rollout=seen.state,
        stage=stage.number if stage else None,
        revision=seen.governing.number if seen.governing else None,
        reason=command.reason.strip(),
        held_for=seen.held_for,
        override=passed.names,
        skipped_requests=passed.requests,
    )


def require_reason(command: Command, wanted: str) -> None:
    """Raises Refused when no reason is given; `wanted` says for what it is wanted."""
    if not command.reason.strip():
        raise Refused("reason", f"{wanted} needs a reason.", "Say why in your own words.")


def require_revision(command: Command, revision: RevisionSeen) -> None:
    """Raises Refused when the command names another revision than the one it would be about."""
    if command.revision is not None and command.revision != revision.number:
        raise Refused(
            "changed",
            f"This is about revision {revision.number} now, and you named revision {command.revision}.",
            "Look at what stands there now, and decide again.",
        )


def require_none_proposed(seen: Snapshot) -> None:
    """Raises Refused while a revision is proposed: no stage is then entered, skipped or completed."""
    proposed = seen.newest(RevisionState.PROPOSED)
    if proposed is not None:
        raise Refused(
            "proposed",
            f"Revision {proposed.number} is proposed, and no stage is entered until it is decided on.",
            "Approve, reject or withdraw it. Hold, halt, resume and roll back work meanwhile.",
        )


def asks_for_next(seen: Snapshot, *, beyond: int) -> tuple[int, ...]:
    """What comes after `beyond`, whose approvals are asked for while `beyond` is carried out.

    After the last stage comes completing, which has the number after the last.
    """
    later = [each.number for each in seen.stages if each.state is StageState.PENDING and each.number > beyond]
    return (min(later, default=ending(seen)),)


def ending(seen: Snapshot) -> int:
    """The number by which votes and requests name completing: the one after the last stage."""
    return max((each.number for each in seen.stages), default=0) + 1


def requests_until(seen: Snapshot, stage: int) -> tuple[str, ...]:
    """The open requests for entering this stage, or one before it that was skipped."""
    return tuple(each.id for each in seen.requests if each.stage is not None and each.stage <= stage)


def every_request(seen: Snapshot) -> tuple[str, ...]:
    """All open requests."""
    return tuple(request.id for request in seen.requests)


def withdrawn_proposal(seen: Snapshot) -> dict[int, RevisionState]:
    """An open proposal ends with the rollout: nobody will decide on it any more."""
    return {
        each.number: RevisionState.WITHDRAWN
        for each in seen.revisions
        if each.state is RevisionState.PROPOSED
    }
