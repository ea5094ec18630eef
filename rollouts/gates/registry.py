"""Plug-in points of gates: kinds and judges. Filled in `AppConfig.ready`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rollouts.gates.judges.protocol import Judge, Opinion
from rollouts.gates.models import Gate
from rollouts.lib.registry import Registry
from rollouts.plans.models import Change, Rollout


@dataclass(frozen=True)
class Context:
    """What a batch is judged under: the time, and each gate's rollout with its changes."""

    now: datetime
    rollouts: Mapping[int, Rollout]
    changes: Mapping[int, list[Change]]

    def rollout(self, gate: Gate) -> Rollout:
        return self.rollouts[gate.rollout_id]


@dataclass(frozen=True)
class Ruling:
    """What a kind says of one gate, and the state that its judge carries on (None: it needs none)."""

    opinion: Opinion
    state: dict[str, Any] | None = field(default=None)


class GateKind(Protocol):
    """One kind of condition. `measured`: it reads windows, so that a restart of the stage starts it anew."""

    name: str
    measured: bool

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """The rulings on a batch of gates of this kind, by their ids; a constant number of queries."""
        ...

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """Later instants at which the gate's word may change by the clock alone."""
        ...


kinds: Registry[GateKind] = Registry("kind of gate")
judges: Registry[Judge] = Registry("judge")
