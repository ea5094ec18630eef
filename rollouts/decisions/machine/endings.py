"""Roll back, its confirmation or failure, close and cancel: the ends that are not completion."""

from dataclasses import replace
from datetime import timedelta

from rollouts.decisions.machine.effects import rollback_effect
from rollouts.decisions.machine.override import review
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.step import every_request, require_reason, step, withdrawn_proposal
from rollouts.decisions.machine.transition import Grant, Transition
from rollouts.decisions.machine.values import Command, EscalationCause, Measured, Refused, ReviewCause
from rollouts.plans.values import RolloutState, StageState


def roll_back(seen: Snapshot, command: Command) -> Transition:
    """Takes all stages back, to nothing granted. After a rollback that failed: tries again."""
    sentence = f"{seen.who} rolls the rollout back. {rollback_effect(seen)}"
    expected = seen.rollback_expected
    return replace(
        step(seen, command, "rollout.rolling_back", sentence, stage=seen.current),
        rollout=RolloutState.ROLLING_BACK,
        stages=_taken_back(seen),
        revisions=withdrawn_proposal(seen),
        grant=Grant(None) if seen.granted is not None else None,
        closes_requests=every_request(seen),
        opens_review=review(seen, ReviewCause.ROLLBACK),
        rollback_due_at=None if expected is None else seen.now + 2 * expected,
    )


def _taken_back(seen: Snapshot) -> dict[int, StageState]:
    back = StageState.ROLLING_BACK
    return {each.number: back for each in seen.stages if each.state.begun and each.state is not back}


def confirm_rolled_back(seen: Snapshot, command: Command) -> Transition:
    """By measurement; with no data only by a named person with a reason, logged as unmeasured."""
    if seen.exposure is Measured.NOT_ZERO:
        raise Refused(
            "still_exposed",
            "Measured exposure is not 0.",
            "Wait until it reads 0, or say that the rollback failed.",
        )
    unmeasured = seen.exposure is Measured.NO_DATA
    if unmeasured:
        _require_person_and_reason(seen, command)
    how = "without a measurement" if unmeasured else "by measurement: exposure reads 0"
    return replace(
        step(seen, command, "rollout.rolled_back", f"{seen.who} confirmed the rollback {how}."),
        rollout=RolloutState.ROLLED_BACK,
        stages=_in_state(seen, StageState.ROLLING_BACK, StageState.ROLLED_BACK),
        unmeasured=unmeasured,
        ends_escalation=True,
    )


def _require_person_and_reason(seen: Snapshot, command: Command) -> None:
    if seen.by_system or not command.unmeasured:
        raise Refused(
            "no_data",
            "There is no data on the exposure, and no data is not 0.",
            "Wait for a measurement, or confirm in person as unmeasured, with a reason.",
        )
    require_reason(command, "A confirmation without a measurement")


def _in_state(seen: Snapshot, old: StageState, new: StageState) -> dict[int, StageState]:
    return {each.number: new for each in seen.stages if each.state is old}


def rollback_failed(seen: Snapshot, command: Command) -> Transition:
    """A person says so, or exposure does not read 0 by twice the expected duration."""
    if seen.by_system and not rollback_overdue(seen):
        raise Refused("not_overdue", "The rollback still has time, or exposure reads 0.", "Wait.")
    why = ": exposure does not read 0 in time" if seen.by_system else ""
    return replace(
        step(seen, command, "rollout.rollback_failed", f"{seen.who} says that the rollback failed{why}."),
        rollout=RolloutState.ROLLBACK_FAILED,
        starts_escalation=EscalationCause.ROLLBACK_FAILED,
    )


def rollback_overdue(seen: Snapshot) -> bool:
    """Exposure does not read 0 although twice the expected duration of the rollback has passed."""
    if seen.exposure is Measured.ZERO or seen.rolling_back_since is None or seen.rollback_expected is None:
        return False
    taken: timedelta = seen.now - seen.rolling_back_since
    return taken >= 2 * seen.rollback_expected


def close(seen: Snapshot, command: Command) -> Transition:
    """Ends a stopped rollout as it stands: why, and which exposure remains."""
    require_reason(command, "Closing")
    remaining = command.remaining.strip()
    if not remaining:
        raise Refused(
            "remaining", "Closing states the exposure that remains.", "Say who still gets the new version."
        )
    return replace(
        step(seen, command, "rollout.closed", f"{seen.who} closed the rollout. What remains: {remaining}"),
        rollout=RolloutState.CLOSED,
        revisions=withdrawn_proposal(seen),
        closes_requests=every_request(seen),
        remaining=remaining,
        ends_escalation=True,
    )


def cancel(seen: Snapshot, command: Command) -> Transition:
    """Ends a rollout that never started."""
    return replace(
        step(seen, command, "rollout.cancelled", f"{seen.who} cancelled the rollout before it started."),
        rollout=RolloutState.CANCELLED,
        revisions=withdrawn_proposal(seen),
        closes_requests=every_request(seen),
    )
