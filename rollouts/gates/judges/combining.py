"""Combines the words of several parts into one, and says which parts decided. Django-free.

    required       fails everything when it fails, in every combination; the others wait for its pass
    important      `all`: its failure makes the whole inconclusive; `any`: one of them is enough;
                   `weighted`: their share of the weight is enough
    informational  is shown, and changes nothing

A part without data never helps: it counts in the weight, and never as a pass.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rollouts.gates.values import Word
from rollouts.lib.labels import Labelled

SEVERITY = (Word.FAIL, Word.NO_DATA, Word.INCONCLUSIVE, Word.PENDING, Word.PASS)
"""Of two words that stand beside each other, the earlier one is that of both."""


class Combination(Labelled):
    """How parts make a whole."""

    ALL = "all"
    ANY = "any"
    WEIGHTED = "weighted"


class Importance(Labelled):
    """What a part's failure does."""

    REQUIRED = "required"
    IMPORTANT = "important"
    INFORMATIONAL = "informational"


@dataclass(frozen=True)
class Part:
    """One part with its newest word. `weight` is above 0."""

    name: str
    word: Word
    importance: Importance = Importance.REQUIRED
    weight: float = 1.0


@dataclass(frozen=True)
class Combined:
    """The word of the whole, the names of the parts that decided it (sorted), and the share that passes."""

    word: Word
    because: tuple[str, ...]
    share: float


def combine(parts: Collection[Part], combination: Combination, pass_mark: float = 1.0) -> Combined:
    """One word for all parts; inconclusive where none of them binds. Their order changes nothing."""
    binding = [part for part in parts if part.importance is not Importance.INFORMATIONAL]
    if not binding:
        return Combined(Word.INCONCLUSIVE, (), 0.0)
    required = [part for part in binding if part.importance is Importance.REQUIRED]
    others = [part for part in binding if part.importance is Importance.IMPORTANT]
    words = [part.word for part in required]
    if combination is Combination.WEIGHTED:
        words.append(_weighed(binding, pass_mark))
    elif others:
        words.append(_any(others) if combination is Combination.ANY else _all(others))
    word = min(words, key=SEVERITY.index)
    passing = sum(part.weight for part in binding if part.word is Word.PASS)
    share = passing / sum(part.weight for part in binding)
    return Combined(word, _because(word, required, binding), share)


def _all(others: Sequence[Part]) -> Word:
    """Every one passes; one that fails leaves it open."""
    softened = [Word.INCONCLUSIVE if part.word is Word.FAIL else part.word for part in others]
    return min(softened, key=SEVERITY.index)


def _any(others: Sequence[Part]) -> Word:
    """One passes; it fails when all do. Until then what may still pass decides, the surest first."""
    words = {part.word for part in others}
    order = (Word.PASS, Word.PENDING, Word.NO_DATA, Word.INCONCLUSIVE, Word.FAIL)
    return next(word for word in order if word in words)


def _weighed(binding: Sequence[Part], pass_mark: float) -> Word:
    """So much of the weight passes; it fails when that cannot be reached any more."""
    mark = pass_mark * sum(part.weight for part in binding) - 1e-9
    if sum(part.weight for part in binding if part.word is Word.PASS) >= mark:
        return Word.PASS
    if sum(part.weight for part in binding if part.word is not Word.FAIL) < mark:
        return Word.FAIL
    undecided = {part.word for part in binding} - {Word.PASS, Word.FAIL}
    return min(undecided, key=SEVERITY.index)


def _because(word: Word, required: Sequence[Part], binding: Sequence[Part]) -> tuple[str, ...]:
    """The parts that say the word of the whole: the required ones if any does; else those that hinder it."""
    mine = [part for part in required if part.word is word] or [part for part in binding if part.word is word]
    hinder = mine or [part for part in binding if part.word is not Word.PASS]
    return tuple(sorted({part.name for part in hinder}))
