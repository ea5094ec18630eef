"""What a gate calls for that says neither yes nor no: the plan's policies for no data and for inconclusive.

By default silence holds after a while, and what is inconclusive only keeps the stage from being left.
An extension lets the bake grow by its own length at a time and by the policy's `extend` in all; whoever
is still undecided then holds the stage.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.decisions.machine.snapshot import GateSeen, Snapshot, StageSeen
from rollouts.gates.values import Then, Word


@dataclass(frozen=True)
class Policy:
    """What happens when a word has stood `since` then for as long as `after`."""

    then: Then
    since: datetime | None
    after: timedelta
    extend: timedelta


def policy(gate: GateSeen) -> Policy | None:
    """The policy for the gate's word; None where the word decides."""
    if gate.word is Word.NO_DATA:
        return Policy(gate.on_no_data, gate.silent_since, gate.no_data_after, gate.no_data_extend)
    if gate.word is Word.INCONCLUSIVE:
        return Policy(
            gate.on_inconclusive, gate.unclear_since, gate.inconclusive_after, gate.inconclusive_extend
        )
    return None


def called_for(seen: Snapshot, stage: StageSeen, gate: GateSeen) -> Then | None:
    """What the gate's policy wants done now; None: nothing, or not yet, or it was done."""
    found = policy(gate)
    if found is None or found.since is None or seen.now < found.since + found.after:
        return None
    if found.then is Then.WAIT or (found.then is Then.ASK and gate.asked):
        return None
    if found.then is not Then.EXTEND:
        return found.then
    if stage.extended_until is not None and seen.now < stage.extended_until:
        return None
    return Then.EXTEND if stage.extended < found.extend else Then.HOLD


def extension(stage: StageSeen, gate: GateSeen) -> timedelta:
    """By how much the bake grows at once: as long as it is, but no further than the policy lets it."""
    found = policy(gate)
    left = (found.extend if found else timedelta()) - stage.extended
    return min(left, stage.bake or left)
