"""What halting and rolling back would grant, as sentences for confirmations and for the log."""

from rollouts.decisions.machine.snapshot import Snapshot, StageSeen
from rollouts.decisions.machine.transition import Grant
from rollouts.plans.values import OnHalt


def halt_grant(seen: Snapshot, stage: StageSeen | None) -> Grant | None:
    """What a halt in `stage` grants by its `on_halt`; None: what is granted now."""
    if stage is None or stage.on_halt is OnHalt.KEEP:
        return None
    wanted = seen.last_promoted if stage.on_halt is OnHalt.PREVIOUS else None
    return Grant(wanted) if wanted != seen.granted else None


def halt_effect(seen: Snapshot) -> str:
    """What a halt does to the traffic, e.g. for its confirmation. One sentence."""
    grant = halt_grant(seen, seen.current)
    if grant is None:
        return "The granted exposure stays as it is."
    if grant.stage is None:
        return "Nothing stays granted."
    return f"The granted exposure goes back to that of {seen.stage(grant.stage)}."


def rollback_effect(seen: Snapshot) -> str:
    """What a rollback does. One sentence."""
    begun = [str(stage) for stage in seen.stages if stage.state.begun]
    return f"All stages are taken back ({', '.join(begun)}), and nothing stays granted."
