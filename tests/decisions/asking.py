"""Rollouts that ask for votes: on entering a stage, and on a revision."""

from datetime import timedelta
from typing import Any

from rollouts.approvals.values import Policy, Vote
from rollouts.decisions.machine.snapshot import FreezeSeen, Snapshot
from rollouts.plans.values import RolloutState
from tests.decisions.snapshots import EVERY_RIGHT, request, resting, snapshot

TWO = Policy(quorum=2)
A_DAY = Policy(expires_after=timedelta(days=1))
ORDERS = frozenset({"orders"})


def asking(*votes: Vote, **given: Any) -> Snapshot:
    """A running rollout that asks for entering stage 2."""
    return snapshot(requests=(request(1, 2, votes=votes, **given),))


def proposed(*votes: Vote, **given: Any) -> Snapshot:
    """A rollout that was never started and whose revision 1 is proposed."""
    return resting(RolloutState.PROPOSED, requests=(request(votes=votes, **given),))


def breaking(**given: Any) -> Snapshot:
    """A person asks who may also break the glass."""
    return snapshot(rights=EVERY_RIGHT, **given)


def frozen(**given: Any) -> FreezeSeen:
    """A freeze that is in force."""
    return FreezeSeen(name="Black Friday", **given)
