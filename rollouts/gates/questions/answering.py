"""Answers the two questions from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.contracts.queries import Feeling, Standing
from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.retiring import can_retire
from rollouts.contracts.questions.values import (
    Answer,
    Asked,
    PromoteFacts,
    Question,
    RetireFacts,
    Unanswerable,
)
from rollouts.gates.questions import assembling
from rollouts.gates.questions.gathering import Gathered, Subject, gather
from rollouts.health.queries import speaking
from rollouts.lib.clock import database_now


@dataclass(frozen=True)
class Answered:
    """An answer with the facts that it rests on and the rows behind them.

    `owners`: by service of the catalog the team that owns it.
    """

    subject: Subject
    facts: PromoteFacts | RetireFacts
    answer: Answer
    standings: Mapping[str, Standing]
    feeling: Feeling | None
    calls: speaking.Added
    owners: Mapping[str, str]

    @property
    def asked(self) -> Asked:
        return self.subject.asked

    @property
    def returns(self) -> Sequence[str]:
        """Rollouts that may go back to the version that is to be retired."""
        return self.facts.returns if isinstance(self.facts, RetireFacts) else ()


def answers(
    asked: Sequence[Asked], *, now: datetime | None = None, make: bool = False
) -> list[Answered | Unanswerable]:
    """The answers in the order of the questions; a constant number of queries.

    `make`: documents that nobody has compared are compared now, which takes seconds. Else that is undecided.
    """
    if not asked:
        return []
    known = gather(asked, now or database_now(), make=make)
    return [known.faults.get(place) or _answer(place, known) for place in range(len(asked))]


def answer(asked: Asked, *, now: datetime | None = None, make: bool = True) -> Answered:
    """The answer to one question. Raises Unanswerable."""
    (found,) = answers([asked], now=now, make=make)
    if isinstance(found, Unanswerable):
        raise found
    return found


def answer_of(asked: Asked) -> Answer:
    """What lower packages ask: see `contracts.registry`."""
    return answer(asked).answer


def _answer(place: int, known: Gathered) -> Answered:
    one = known.subjects[place]
    facts: PromoteFacts | RetireFacts
    if one.asked.question is Question.PROMOTE:
        facts = assembling.promote_facts(place, known)
        said, calls = can_promote(facts), assembling.last_hour(one, known)
    else:
        facts = assembling.retire_facts(place, known)
        said, calls = can_retire(facts), assembling.of_late(one, known)
    return Answered(one, facts, said, known.standings[place], known.felt.get(place), calls, known.owners)
