"""Hold, resume and halt: stopping, at once or for a while, and going on."""

from dataclasses import replace

from rollouts.decisions.machine.effects import halt_effect, halt_grant
from rollouts.decisions.machine.openings import Opening, freezes, on_resuming, yielding
from rollouts.decisions.machine.override import pass_over, review
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.step import step
from rollouts.decisions.machine.transition import Grant, Transition
from rollouts.decisions.machine.values import Command, EscalationCause, HoldCause, Refused, ReviewCause
from rollouts.plans.values import RolloutState, StageState


def hold(seen: Snapshot, command: Command) -> Transition:
    """Keeps what is granted and lets nothing go on. A person's hold replaces one by the system."""
    if seen.held_for is HoldCause.PERSON:
        raise Refused("already_held", "A person holds the rollout already.", "An approver can resume it.")
    sentence = f"{seen.who} held the rollout; what is granted stays granted."
    moved = step(seen, command, "rollout.held", sentence, stage=seen.current)
    return replace(moved, rollout=RolloutState.HELD, held_for=HoldCause.PERSON)


def halt(seen: Snapshot, command: Command) -> Transition:
    """Stops the stage and applies its `on_halt`."""
    return halted(seen, command, f"{seen.who} halted the rollout{_at(seen)}.")


def halted(seen: Snapshot, command: Command, sentence: str) -> Transition:
    """The halt itself, whoever asks for it; `sentence` says who and why."""
    stage = seen.current
    stops = stage is not None and stage.state in (StageState.BAKING, StageState.READY)
    return replace(
        step(seen, command, "rollout.halted", f"{sentence} {halt_effect(seen)}", stage=stage),
        rollout=RolloutState.HALTED,
        stages={stage.number: StageState.HALTED} if stage is not None and stops else {},
        grant=halt_grant(seen, stage),
        held_for=None,
        opens_review=review(seen, ReviewCause.HALT),
        starts_escalation=EscalationCause.HALT,
    )


def _at(seen: Snapshot) -> str:
    return f" at {seen.current}" if seen.current else ""


def resume(seen: Snapshot, command: Command) -> Transition:
    """Goes on with the stage. After a halt its exposure is granted again; warm-up and bake restart."""
    stage = seen.current
    if stage is None:
        raise Refused("no_stage", "No stage is under way.", "Roll back, or close the rollout.")
    again = seen.state is RolloutState.HALTED
    regrants = again and seen.granted != stage.number
    passed = pass_over(command, on_resuming(seen, stage) + _frozen(seen, regrants))
    sentence = f"{seen.who} resumed the rollout at {stage}."
    if again:
        sentence += " Its exposure is granted; warm-up and bake restart."
    return replace(
        step(seen, command, "rollout.resumed", sentence, stage=stage, passed=passed),
        rollout=RolloutState.RUNNING,
        stages={stage.number: StageState.BAKING} if stage.state is StageState.HALTED else {},
        grant=Grant(stage.number) if regrants else None,
        restarts=stage.number if again else None,
        held_for=None,
        yielded=yielding(seen) if regrants else (),
        opens_review=review(seen, ReviewCause.OVERRIDE) if command.override else None,
        ends_escalation=again,
    )


def _frozen(seen: Snapshot, regrants: bool) -> list[Opening]:
    """A freeze is about exposure that changes; going on with what is granted changes none."""
    return freezes(seen) if regrants else []
