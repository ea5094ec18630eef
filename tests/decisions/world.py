"""A shell in memory: what the door does with rows and a log, done with values, for long histories."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from rollouts.approvals.values import Policy
from rollouts.decisions.machine.decide import decide
from rollouts.decisions.machine.replay import apply
from rollouts.decisions.machine.snapshot import (
    FreezeSeen,
    GateSeen,
    RequestSeen,
    RevisionSeen,
    Snapshot,
    StageSeen,
)
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, Command, Right
from rollouts.gates.values import Word
from rollouts.plans.values import RevisionState, RolloutState, StageState
from tests.decisions.snapshots import NOW, SYSTEM

RIGHTS = {
    "ann": frozenset({Right.MEMBER, Right.PLANNER}),
    "pia": frozenset({Right.MEMBER, Right.APPROVER}),
    "quin": frozenset({Right.MEMBER, Right.APPROVER, Right.PLANNER, Right.ROLLBACK}),
    "fay": frozenset({Right.MEMBER, Right.APPROVER}),
    "bea": frozenset({Right.BREAKER}),
    "dee": frozenset({Right.MEMBER}),
    "zoe": frozenset[Right](),
    "system": SYSTEM,
}
VOTERS = ("ann", "pia", "quin", "fay")
DELEGATORS = {"dee": ("ann", "pia"), "quin": ("fay",)}
FREEZE_OWNER = "fay"


@dataclass
class Step:
    """One decision that was taken: before, what was asked, what it did, after."""

    before: Snapshot
    command: Command
    moved: Transition
    after: Snapshot


@dataclass
class World:
    """One rollout, its log, and the plans that people save."""

    seen: Snapshot = field(
        default_factory=lambda: Snapshot(
            now=NOW,
            state=RolloutState.DRAFT,
            actor="",
            rights=frozenset(),
            rollback_expected=timedelta(minutes=5),
        )
    )
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    opened: int = 0

    def view(self, person: str) -> Snapshot:
        """What the machine sees when this person asks."""
        may = {name: frozenset({f"team-{name}"}) for name in (person, *DELEGATORS.get(person, ()))}
        may = {name: teams for name, teams in may.items() if name in VOTERS}
        return replace(
            self.seen,
            actor=person,
            rights=RIGHTS[person],
            revisions=tuple(replace(each, alters=self._alters(each)) for each in self.seen.revisions),
            requests=tuple(replace(each, may_vote=may) for each in self.seen.requests),
            freezes=tuple(replace(each, owned=person == FREEZE_OWNER) for each in self.seen.freezes),
        )

    def ask(self, person: str, command: Command, plan: tuple[StageSeen, ...] = ()) -> Step:
        """Takes a decision and logs it. Raises Refused, and nothing is then changed."""
        before = self.view(person)
        moved = decide(before, command)
        self.log.append((moved.kind, json.loads(json.dumps(moved.to_content()))))
        self.seen = apply(before, moved)
        if command.action is Action.SAVE:
            self._write(moved.revision or 0, person, plan)
        self._plan_before_start()
        for asked in moved.asks_for:
            self._open(asked)
        self._link_gates()
        return Step(before, command, moved, self.seen)

    def _write(self, number: int, person: str, plan: tuple[StageSeen, ...]) -> None:
        """Keeps the document of a saved draft."""
        written = RevisionSeen(
            number,
            RevisionState.DRAFT,
            digest=f"digest-{number}-{len(self.log)}",
            authors=frozenset({person}),
            stages=tuple(replace(each, baked=False) for each in plan),
        )
        others = tuple(each for each in self.seen.revisions if each.number != number)
        self.seen = replace(self.seen, revisions=(*others, written))

    def _alters(self, revision: RevisionSeen) -> frozenset[int]:
        """Stages that are settled and that this document would have otherwise than the one in force."""
        governing = self.seen.newest(RevisionState.IN_FORCE)
        if governing is None:
            return frozenset()
        wants, has = ({each.number: each for each in r.stages} for r in (revision, governing))
        settled = [each.number for each in self.seen.stages if each.state is not StageState.PENDING]
        return frozenset(number for number in settled if wants.get(number) != has.get(number))

    def _plan_before_start(self) -> None:
        if not self.seen.state.begun and self.seen.governing is not None:
            self.seen = replace(self.seen, stages=self.seen.governing.stages)

    def _open(self, stage: int | None) -> None:
        """Asks for what policies and approval gates want: a quorum of two for the plan, one for a stage."""
        state = RevisionState.PROPOSED if stage is None else RevisionState.IN_FORCE
        revision = self.seen.newest(state) or self.seen.newest(RevisionState.APPROVED)
        wanted = stage is None or any(each.kind == "approval" for each in self._entry_gates(stage))
        there = any(each.stage == stage for each in self.seen.requests)
        if revision is None or not wanted or there:
            return
        self.opened += 1
        policy = Policy(quorum=2 if stage is None else 1, expires_after=timedelta(hours=6))
        request = RequestSeen(
            f"r{self.opened}", revision.number, policy, self.seen.now, stage, revision.digest, "go"
        )
        self.seen = replace(self.seen, requests=(*self.seen.requests, request))

    def _entry_gates(self, number: int) -> tuple[GateSeen, ...]:
        stage = self.seen.stage(number)
        return tuple(each for each in stage.gates if each.position.value == "entry") if stage else ()

    def _link_gates(self) -> None:
        asked = {each.stage: each.id for each in self.seen.requests}
        self._each_gate(
            lambda stage, gate: (
                replace(gate, request=asked.get(stage.number)) if gate.kind == "approval" else gate
            )
        )

    def _each_gate(self, change: Any) -> None:
        stages = tuple(
            replace(stage, gates=tuple(change(stage, gate) for gate in stage.gates))
            for stage in self.seen.stages
        )
        self.seen = replace(self.seen, stages=stages)

    # --- what happens in the world, without a decision ----------------------------------------------

    def judge(self, number: int, name: str, word: Word) -> None:
        """A verdict changes; whatever was passed over before is no longer."""

        def change(stage: StageSeen, gate: GateSeen) -> GateSeen:
            if stage.number != number or gate.name != name or gate.word is word:
                return gate
            silent = self.seen.now if word is Word.NO_DATA else None
            unclear = self.seen.now if word is Word.INCONCLUSIVE else None
            return replace(
                gate,
                word=word,
                silent_since=silent,
                unclear_since=unclear,
                passed_over=False,
                asked=False,
            )

        self._each_gate(change)

    def bake(self) -> None:
        """The bake of the stage under way has its windows."""
        current = self.seen.current
        self.seen = replace(
            self.seen, stages=tuple(replace(s, baked=True) if s == current else s for s in self.seen.stages)
        )

    def later(self, minutes: int) -> None:
        self.seen = replace(self.seen, now=self.seen.now + timedelta(minutes=minutes))

    def freeze(self, *freezes: FreezeSeen) -> None:
        self.seen = replace(self.seen, freezes=freezes)

    @property
    def now(self) -> datetime:
        return self.seen.now
