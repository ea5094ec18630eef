"""Computes a verdict again from the evidence that is stored with it: windows or facts. Reads nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rollouts.gates.judges import replay
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.judges.sequential import Sequential
from rollouts.gates.questions.judging import judged
from rollouts.gates.registry import judges
from rollouts.gates.values import Word


@dataclass(frozen=True)
class Recomputed:
    """What comes out of the stored windows (0: of facts), and what overruled it then, if anything did."""

    word: Word
    sentence: str
    windows: int
    overruled: str = ""


def overruled(judged: Opinion, other: Opinion | None) -> Opinion:
    """The other's word in place of the judge's, whose evidence is kept with both sentences."""
    if other is None:
        return judged
    # The newest number belongs to the judge's word, and is not shown beside another.
    evidence = {key: value for key, value in judged.evidence.items() if key != "recent"} | other.evidence
    return replace(
        other, evidence={**evidence, "overruled": {"word": other.word, "sentence": other.sentence}}
    )


def recompute(evidence: Mapping[str, Any]) -> Recomputed | None:
    """The verdict that the evidence gives; None where it holds neither windows nor facts.

    These are metric gates with their windows, and contract gates with the facts of their question.
    """
    if facts := evidence.get("facts"):
        found = judged(facts)
        return Recomputed(found.word, found.sentence, 0)
    kept, judge = evidence.get("replay"), judges.get(evidence.get("judge", ""))
    if not kept or judge is None:
        return None
    _, opinion = replay.again(judge, kept)
    many = len(kept["windows"])
    if by := evidence.get("overruled"):
        return Recomputed(Word(by["word"]), by["sentence"], many, overruled=opinion.sentence)
    return Recomputed(opinion.word, opinion.sentence, many)


def course(evidence: Mapping[str, Any]) -> list[tuple[int, float | None]]:
    """How the evidence grew over the stored windows: see `Sequential.course`. Empty for other judges."""
    kept, judge = evidence.get("replay"), judges.get(evidence.get("judge", ""))
    if not kept or not isinstance(judge, Sequential):
        return []
    return judge.course(replay.before(judge, kept), replay.windows(kept))
