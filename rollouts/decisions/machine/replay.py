"""States from what was decided: the log replayed, and the next snapshot after a transition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from rollouts.decisions.machine.snapshot import GateSeen, RevisionSeen, Snapshot, StageSeen
from rollouts.decisions.machine.transition import Transition
from rollouts.decisions.machine.values import Action, HoldCause
from rollouts.decisions.machine.votes import with_casts
from rollouts.plans.values import RevisionState, RolloutState, StageState


@dataclass(frozen=True)
class States:
    """Where a rollout, its stages and its revisions stand, and whose exposure is granted.

    A stage that is not named is pending and a revision that is not named is a draft: the log only
    tells what moved.
    """

    rollout: RolloutState = RolloutState.DRAFT
    stages: Mapping[int, StageState] = field(default_factory=dict)
    revisions: Mapping[int, RevisionState] = field(default_factory=dict)
    granted: int | None = None
    held_for: HoldCause | None = None
    extended: Mapping[int, timedelta] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Snapshot) -> Self:
        """The states in a snapshot."""
        return cls(
            rollout=seen.state,
            stages={each.number: each.state for each in seen.stages},
            revisions={each.number: each.state for each in seen.revisions},
            granted=seen.granted,
            held_for=seen.held_for,
            extended={each.number: each.extended for each in seen.stages if each.extended},
        )

    def advance(self, moved: Transition) -> "States":
        """The states after a transition."""
        stages = dict(self.stages)
        if moved.planned is not None:
            stages = {number: stages.get(number, StageState.PENDING) for number in moved.planned}
        return States(
            rollout=moved.rollout,
            stages=stages | dict(moved.stages),
            revisions=dict(self.revisions) | dict(moved.revisions),
            granted=self.granted if moved.grant is None else moved.grant.stage,
            held_for=moved.held_for,
            extended=self._extended(moved),
        )

    def _extended(self, moved: Transition) -> Mapping[int, timedelta]:
        """By how much bakes have grown; a restart takes it back."""
        kept = {number: by for number, by in self.extended.items() if number != moved.restarts}
        if moved.extends is None or moved.stage is None:
            return kept
        return kept | {moved.stage: kept.get(moved.stage, timedelta()) + moved.extends}

    def differences(self, other: "States") -> tuple[str, ...]:
        """What differs, a sentence for each; none when both say the same."""
        found = [
            f"{name} is {_word(mine)} here and {_word(theirs)} there."
            for name, mine, theirs in (
                ("The rollout", self.rollout, other.rollout),
                ("The granted stage", self.granted, other.granted),
                ("The cause of the hold", self.held_for, other.held_for),
            )
            if mine != theirs
        ]
        found += [
            f"The bake of stage {number} grew by {mine} here and by {theirs} there."
            for number in sorted({*self.extended, *other.extended})
            if (mine := self.extended.get(number, timedelta()))
            != (theirs := other.extended.get(number, timedelta()))
        ]
        found += _differing("Stage", self.stages, other.stages, StageState.PENDING)
        found += _differing("Revision", self.revisions, other.revisions, RevisionState.DRAFT)
        return tuple(found)


def _differing(
    noun: str,
    mine: Mapping[int, StageState | RevisionState],
    theirs: Mapping[int, StageState | RevisionState],
    default: StageState | RevisionState,
) -> list[str]:
    return [
        f"{noun} {number} is {_word(left)} here and {_word(right)} there."
        for number in sorted({*mine, *theirs})
        if (left := mine.get(number, default)) is not (right := theirs.get(number, default))
    ]


def _word(value: object) -> str:
    return "nothing" if value is None else str(value)


def rebuild(events: Iterable[tuple[str, Mapping[str, Any]]]) -> States:
    """The states that a rollout's events (kind and content, in their order) lead to.

    Events that moved nothing (updates, feedback, changed verdicts) carry no "moved" and are passed by.
    """
    states = States()
    for kind, content in events:
        if "moved" in content:
            states = states.advance(Transition.from_content(kind, content))
    return states


def apply(seen: Snapshot, moved: Transition) -> Snapshot:
    """The snapshot after a transition, as far as the transition tells: requests that `asks_for` opens,
    measurements, verdicts and the clock are the shell's.
    """
    states = States.of(seen).advance(moved)
    voted = with_casts(seen, moved.casts, moved.voids)
    rolls_back = moved.action is Action.ROLL_BACK
    return replace(
        seen,
        state=states.rollout,
        stages=tuple(_stage(seen, states, moved, each) for each in _planned(seen, moved)),
        revisions=_revisions(seen, states),
        requests=tuple(each for each in voted.requests if each.id not in moved.closes_requests),
        granted=states.granted,
        held_for=states.held_for,
        rolling_back_since=seen.now if rolls_back else seen.rolling_back_since,
        has_review=seen.has_review or moved.opens_review is not None,
    )


def _planned(seen: Snapshot, moved: Transition) -> tuple[StageSeen, ...]:
    """The stages of the revision that is put in force; what has begun or was skipped stays as it is."""
    revision = seen.revision(moved.revision)
    if moved.planned is None or revision is None:
        return seen.stages
    settled = {each.number: each for each in seen.stages if each.state is not StageState.PENDING}
    return tuple(settled.get(each.number, each) for each in revision.stages)


def _stage(seen: Snapshot, states: States, moved: Transition, stage: StageSeen) -> StageSeen:
    restarts = moved.restarts == stage.number
    extends = moved.extends is not None and moved.stage == stage.number
    until = None if restarts else stage.extended_until
    gates = stage.gates
    if moved.action is Action.RESUME and moved.stage == stage.number:
        gates = tuple(replace(each, passed_over=each.name in moved.override) for each in gates)
    if moved.asked and moved.stage == stage.number:
        gates = tuple(replace(each, asked=each.asked or each.name == moved.asked) for each in gates)
    if restarts:
        gates = tuple(_restarted(seen, each) for each in gates)
    return replace(
        stage,
        state=states.stages[stage.number],
        gates=gates,
        baked=stage.baked and not restarts and not extends,
        extended=states.extended.get(stage.number, timedelta()),
        extended_until=seen.now + moved.extends if extends and moved.extends else until,
        overdue_said=stage.overdue_said or (moved.action is Action.OVERDUE and moved.stage == stage.number),
    )


def _restarted(seen: Snapshot, gate: GateSeen) -> GateSeen:
    gate = replace(gate, asked=False, unclear_since=gate.unclear_since and seen.now)
    return gate if gate.silent_since is None else replace(gate, silent_since=seen.now, silenced=False)


def _revisions(seen: Snapshot, states: States) -> tuple[RevisionSeen, ...]:
    known = {each.number for each in seen.revisions}
    added = tuple(
        RevisionSeen(number, state) for number, state in states.revisions.items() if number not in known
    )
    return tuple(replace(each, state=states.revisions[each.number]) for each in seen.revisions) + added
