"""Save, propose and withdraw: the life of a revision until it is voted on."""

from dataclasses import replace

from rollouts.decisions.machine.openings import on_proposing
from rollouts.decisions.machine.override import pass_over
from rollouts.decisions.machine.permits import listed
from rollouts.decisions.machine.snapshot import RevisionSeen, Snapshot
from rollouts.decisions.machine.step import asks_for_next, every_request, require_revision, step
from rollouts.decisions.machine.transition import Transition, Void
from rollouts.decisions.machine.values import Command, Refused
from rollouts.plans.values import RevisionState, RolloutState


def save(seen: Snapshot, command: Command) -> Transition:
    """Saving a draft changes nothing else: votes, gates and the revision in force stay."""
    if command.revision is None:
        raise Refused("no_number", "A saved draft has a number, and none is given.", "Name the revision.")
    existing = seen.revision(command.revision)
    if existing is not None and existing.state is not RevisionState.DRAFT:
        raise Refused(
            "immutable",
            f"Revision {existing.number} is {existing.state.label.lower()} and cannot be changed any more.",
            "Save a new revision.",
        )
    moved = step(seen, command, "rollout.revision_saved", f"{seen.who} saved revision {command.revision}.")
    return replace(moved, revision=command.revision, revisions={command.revision: RevisionState.DRAFT})


def propose(seen: Snapshot, command: Command) -> Transition:
    """Puts the newest draft to the vote. Voids every open vote; what is in force keeps governing.

    An order that breaks somebody is refused, unless the planner passes over it by name, with a reason; the
    approvers see both.
    """
    draft = seen.newest(RevisionState.DRAFT)
    if draft is None:
        raise Refused("no_draft", "There is no draft to propose.", "Save a draft of the plan first.")
    require_revision(command, draft)
    _require_begun_untouched(draft)
    passed = pass_over(command, on_proposing(seen))
    revisions = {each.number: state for each in seen.revisions if (state := _replaced(each)) is not None}
    revisions[draft.number] = RevisionState.PROPOSED
    sentence = f"{seen.who} proposed revision {draft.number}."
    moved = step(seen, command, "rollout.proposed", sentence, passed=passed)
    return replace(
        moved,
        rollout=seen.state if seen.state.begun else RolloutState.PROPOSED,
        revision=draft.number,
        revisions=revisions,
        voids=_open_votes(seen),
        closes_requests=every_request(seen),
        asks_for=(None,),
    )


def _require_begun_untouched(draft: RevisionSeen) -> None:
    if draft.alters:
        stages = listed(str(number) for number in sorted(draft.alters))
        raise Refused(
            "read_only",
            f"Revision {draft.number} alters stages that have begun or were skipped: {stages}.",
            "Leave such stages as they are in the revision in force, and change later ones.",
        )


def _replaced(revision: RevisionSeen) -> RevisionState | None:
    """What becomes of an older revision when another is proposed; None: it stays."""
    return {
        RevisionState.PROPOSED: RevisionState.WITHDRAWN,
        RevisionState.APPROVED: RevisionState.SUPERSEDED,
    }.get(revision.state)


def _open_votes(seen: Snapshot) -> tuple[Void, ...]:
    return tuple(
        Void(request.id, vote.person)
        for request in seen.requests
        for vote in request.votes
        if vote.voided_at is None
    )


def withdraw(seen: Snapshot, command: Command) -> Transition:
    """Takes back the proposed revision; before the start also the approved one."""
    revision = seen.newest(RevisionState.PROPOSED) or seen.newest(RevisionState.APPROVED)
    if revision is None:
        raise Refused("nothing_proposed", "No revision is proposed.", "There is nothing to withdraw.")
    require_revision(command, revision)
    moved = step(seen, command, "rollout.withdrawn", f"{seen.who} withdrew revision {revision.number}.")
    return turned_down(seen, moved, revision, RevisionState.WITHDRAWN)


def turned_down(
    seen: Snapshot, moved: Transition, revision: RevisionSeen, state: RevisionState
) -> Transition:
    """A rejected or withdrawn revision: before the start the rollout is a draft again.

    After the start the revision in force goes on, and the approvals that the proposal had closed are
    asked for anew.
    """
    current = seen.current
    return replace(
        moved,
        rollout=seen.state if seen.state.begun else RolloutState.DRAFT,
        revision=revision.number,
        revisions={revision.number: state},
        closes_requests=every_request(seen),
        asks_for=asks_for_next(seen, beyond=current.number) if current else (),
    )
