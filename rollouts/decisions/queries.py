"""What pages ask about decisions without taking one: what is open, what could be done, with what effect."""

from typing import Any

from rollouts.decisions.machine.decide import weigh
from rollouts.decisions.machine.effects import halt_effect, halt_grant, rollback_effect
from rollouts.decisions.machine.evidence import evidence, to_content
from rollouts.decisions.machine.openings import (
    Opening,
    calls_for,
    freezes,
    on_entering,
    on_leaving,
    on_meeting,
    on_proposing,
    on_resuming,
    on_skipping,
    standing,
    word_of,
)
from rollouts.decisions.machine.permits import HOLDERS, POSSIBLE, RIGHTS, capitalised, listed, phrase
from rollouts.decisions.machine.snapshot import GateSeen, RequestSeen, RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, HoldCause, Refused, Right
from rollouts.decisions.models import RefusedCount
from rollouts.decisions.seen import Seen, Unknown, keep, recall
from rollouts.plans.models import Rollout
from rollouts.plans.values import RolloutState

__all__ = [
    "HOLDERS",
    "POSSIBLE",
    "RIGHTS",
    "Action",
    "Command",
    "GateSeen",
    "HoldCause",
    "Opening",
    "Refused",
    "RequestSeen",
    "RevisionSeen",
    "Right",
    "Seen",
    "Snapshot",
    "StageSeen",
    "Transition",
    "Unknown",
    "evidence_id",
    "halt_effect",
    "halt_grant",
    "calls_for",
    "capitalised",
    "listed",
    "openings",
    "phrase",
    "recall",
    "rollback_effect",
    "standing",
    "to_pass_over",
    "weigh",
    "word_of",
]


def openings(seen: Snapshot) -> list[Opening]:
    """What keeps the rollout from its next step now: gates, bake, approvals and freezes; empty at an end.

    Stopped: what speaks against resuming. Under way: what keeps the stage from being left, and what
    comes next from being entered.
    """
    if seen.state is RolloutState.HALTED and seen.current:
        return on_resuming(seen, seen.current)
    found: list[Opening] = []
    if seen.state.moving and seen.current:
        found += on_leaving(seen, seen.current)
    if seen.upcoming and not seen.state.ended:
        found += on_entering(seen, seen.upcoming)
    if seen.state.moving or seen.state is RolloutState.APPROVED:
        found += freezes(seen) + on_meeting(seen)
    return found


def evidence_id(rollout: Rollout, seen: Snapshot, **shown: Any) -> str:
    """The id that a decision sends back: it carries what was shown, signed."""
    return keep(rollout, to_content(evidence(seen)), **shown)


def to_pass_over(seen: Snapshot, action: Action) -> list[Opening]:
    """What an override of this action would pass over; it has to name exactly these."""
    current, upcoming = seen.current, seen.upcoming
    if action is Action.PROPOSE:
        return on_proposing(seen)
    if action is Action.START:
        return on_meeting(seen)
    if action is Action.SKIP:
        return on_skipping(seen, upcoming) if upcoming else []
    if current is None:
        return []
    if action is Action.PROMOTE and upcoming:
        return on_leaving(seen, current) + on_entering(seen, upcoming) + freezes(seen) + on_meeting(seen)
    if action is Action.COMPLETE:
        return on_leaving(seen, current)
    if action is Action.RESUME:
        regrants = seen.state is RolloutState.HALTED and seen.granted != current.number
        return on_resuming(seen, current) + (freezes(seen) if regrants else [])
    return []


def refusals() -> dict[tuple[str, str], int]:
    """Refusals by command and code."""
    rows = RefusedCount.objects.order_by("action", "code").values_list("action", "code", "many")
    return {(action, code): many for action, code, many in rows}
