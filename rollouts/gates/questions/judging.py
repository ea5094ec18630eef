"""From facts to a verdict: what the answer to a question is as a gate. Django-free."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollouts.contracts.questions import writing
from rollouts.contracts.questions.values import Answer, Line
from rollouts.contracts.questions.values import Word as Said
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.values import Word

WORDS = {Said.NO: Word.FAIL, Said.NO_DATA: Word.NO_DATA, Said.PENDING: Word.PENDING, Said.YES: Word.PASS}
WORST_FIRST = (Word.FAIL, Word.NO_DATA, Word.INCONCLUSIVE, Word.PENDING, Word.PASS)
CLOSED = (Said.NO, Said.NO_DATA)


def judged(facts: Mapping[str, Any]) -> Opinion:
    """The verdict that facts as JSON give, with the lines of the answer as evidence."""
    answer = writing.answered(dict(facts))
    word, sentence = verdict(answer)
    warning = word is Word.PASS and any(line.warning for line in answer.lines)
    told = answer.as_json()
    evidence = {name: told[name] for name in ("lines", "todo", "left_out")}
    return Opinion(word, sentence, evidence, warning)


def verdict(answer: Answer) -> tuple[Word, str]:
    """The word and its sentence. What rests on an undecided difference is inconclusive, and no failure."""
    by_word: dict[Word, list[Line]] = {}
    for line in answer.lines:
        by_word.setdefault(word_of(line), []).append(line)
    for word in WORST_FIRST:
        if lines := by_word.get(word):
            return word, replace(answer, lines=lines).sentence
    return Word.PASS, answer.sentence


def word_of(line: Line) -> Word:
    """What one line would be alone. Who only has to act, such as to send a result, is waited for."""
    return Word.INCONCLUSIVE if line.undecided and line.word in CLOSED else WORDS[line.word]
