"""What was looked at, and whether it is still so. Numbers may move; words, states and revisions not."""

from collections.abc import Mapping
from typing import Any

from rollouts.decisions.machine.openings import binding, word_of
from rollouts.decisions.machine.permits import listed
from rollouts.decisions.machine.snapshot import GateSeen, Snapshot, StageSeen
from rollouts.decisions.machine.values import Action, Command, Evidence, Refused
from rollouts.gates.values import Position, Word
from rollouts.plans.values import RevisionState, StageState

# The safe direction is never refused for having looked at something older.
NEVER_STALE = frozenset({Action.HALT})
# Taking back rests on no verdict: a gate that fell silent after the halt must not stand in the way.
WORDLESS = frozenset({Action.ROLL_BACK})


def key(stage: StageSeen, gate: GateSeen) -> str:
    """How evidence names a gate: "3/exit/p95"."""
    return f"{stage.number}/{gate.position.value}/{gate.name}"


def evidence(seen: Snapshot) -> Evidence:
    """What a page drawn from this snapshot shows, as far as a decision on it depends on it."""
    proposed = seen.newest(RevisionState.PROPOSED)
    return Evidence(
        revision=seen.governing.number if seen.governing else None,
        proposed=proposed.number if proposed else None,
        stages={stage.number: stage.state for stage in seen.stages},
        words=_words(seen),
    )


def _words(seen: Snapshot) -> dict[str, Word]:
    """Words of the gates that guard leaving the current stage and entering the upcoming one."""
    guarded = ((seen.current, Position.EXIT), (seen.upcoming, Position.ENTRY))
    return {
        key(stage, gate): word_of(seen, gate)
        for stage, position in guarded
        if stage is not None
        for gate in binding(seen, stage.at(position))
    }


def require_unchanged(seen: Snapshot, command: Command) -> None:
    """Raises Refused when what was seen differs from what is, in a word, a state or a revision."""
    if command.seen is None or command.action in NEVER_STALE:
        return
    changes = _changes(command, command.seen, evidence(seen))
    if changes:
        raise Refused(
            "changed",
            f"Changed since you looked: {listed(changes)}.",
            "Look at what stands there now, and decide again.",
        )


def _changes(command: Command, then: Evidence, now: Evidence) -> list[str]:
    changes = []
    if then.revision is not None and then.revision != now.revision:
        changes.append(f"revision {then.revision} no longer governs")
    votes = command.action in (Action.APPROVE, Action.REJECT) and command.stage is None
    if votes and then.proposed is not None and then.proposed != now.proposed:
        changes.append(f"revision {then.proposed} is no longer proposed")
    for number, state in then.stages.items():
        if (stands := now.stages.get(number)) is not state:
            changes.append(f"stage {number} was {_lower(state)} and is {_lower(stands)}")
    for name, word in () if command.action in WORDLESS else then.words.items():
        if (says := now.words.get(name, word)) is not word:
            changes.append(f"“{name.split('/', 2)[2]}” said {_lower(word)} and says {_lower(says)}")
    return changes


def _lower(word: StageState | Word | None) -> str:
    return word.label.lower() if word else "gone"


def to_content(seen: Evidence) -> dict[str, Any]:
    """The evidence as JSON values."""
    return {
        "revision": seen.revision,
        "proposed": seen.proposed,
        "stages": {str(number): state.value for number, state in sorted(seen.stages.items())},
        "words": {name: word.value for name, word in sorted(seen.words.items())},
    }


def from_content(content: Mapping[str, Any]) -> Evidence:
    """The evidence that `to_content` wrote. Raises KeyError or ValueError for anything else."""
    return Evidence(
        revision=content["revision"],
        proposed=content["proposed"],
        stages={int(number): StageState(state) for number, state in content["stages"].items()},
        words={name: Word(word) for name, word in content["words"].items()},
    )
