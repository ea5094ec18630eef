"""What a version of a contract would take: who moves, in which waves, whom it reaches, by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.queries import (
    MOST_COMPARED,
    Ready,
    newest_version,
    ready_consumers,
    relies_on,
    rulings,
)
from rollouts.contracts.values import First, Readiness, Rulings, Transition, VersionState
from rollouts.health.queries import Direction, Reach, closure
from rollouts.plans.models import Freeze
from rollouts.plans.queries import binding_freezes
from rollouts.plans.sequencing.judging import judge
from rollouts.plans.sequencing.values import Move, Needs
from rollouts.plans.values import ChangeKind
from rollouts.plans.waves import Wave
from rollouts.plans.whatif.history import lengths_of
from rollouts.plans.whatif.simulating import FEWEST, Estimate, Lengths, estimate

BLAST_SHOWN = 10


@dataclass(frozen=True)
class Question:
    """A service, a contract of its own from one version to another (none: a new build alone), and a start."""

    service: Service
    environment: Environment
    start: datetime
    contract: Contract | None = None
    old: str = ""
    new: str = ""

    @property
    def transition(self) -> Transition | None:
        if self.contract is None or not self.old or not self.new:
            return None
        return Transition(self.contract.slug, self.old, self.new)


@dataclass(frozen=True)
class Answer:
    """`split`: it has to be expanded, migrated and contracted. `unready` are those who would have to move
    and are not ready. Without an `estimate`, `too_little` says of what there is too little history."""

    waves: tuple[Wave, ...]
    split: bool
    consumers: tuple[Ready, ...]
    reach: Reach
    freezes: tuple[Freeze, ...]
    estimate: Estimate | None
    history: tuple[str, ...]
    too_little: str
    because: str

    @property
    def unready(self) -> list[Ready]:
        return [each for each in self.consumers if not each.standing.readiness.ready]


def ask(question: Question, now: datetime) -> Answer:
    """The answer; a constant number of queries, and up to a few comparisons."""
    consumers = _consumers(question)
    known = _known(question, consumers)
    split, because = _split(question, known, consumers)
    moves = _moves(question, consumers, split=split)
    needs = [Needs(*one) for one in relies_on({move.service for move in moves})]
    order = judge(moves, needs, [], known)
    services = [question.service, *(each.consumer.service for each in consumers)]
    lengths = lengths_of(services, question.environment.slug, now)
    freezes = binding_freezes(question.environment.slug, services, max(now, question.start))
    found, told, too_little = _estimate(question, order.waves, moves, lengths, freezes, now)
    return Answer(
        waves=order.waves,
        split=split,
        consumers=tuple(consumers),
        reach=closure(question.service, question.environment.slug, Direction.UP, limit=BLAST_SHOWN),
        freezes=tuple(freezes),
        estimate=found,
        history=told,
        too_little=too_little,
        because=because,
    )


def _consumers(question: Question) -> list[Ready]:
    """Who is declared to rely on the contract, and has not moved to the version."""
    if question.contract is None or not question.new:
        return []
    found = ready_consumers(question.contract, question.new)
    return [each for each in found if each.standing.readiness is not Readiness.MIGRATED]


def _known(question: Question, consumers: Sequence[Ready]) -> dict[Transition, Rulings]:
    transition = question.transition
    if transition is None:
        return {}
    slugs = [each.consumer.service.slug for each in consumers]
    return rulings([transition], slugs, compared=MOST_COMPARED)


def _split(
    question: Question, known: dict[Transition, Rulings], consumers: Sequence[Ready]
) -> tuple[bool, str]:
    """Whether it goes in no order for somebody, and why; or why nobody knows."""
    transition = question.transition
    if transition is None:
        return False, ""
    found = known[transition]
    each = [found.of(one.consumer.service.slug) for one in consumers] or [found.usual]
    worst = next((one for one in each if one.first is First.SPLIT), None)
    unknown = next((one for one in each if one.first is None), None)
    return worst is not None, (worst or unknown or each[0]).because


def _moves(question: Question, consumers: Sequence[Ready], *, split: bool) -> list[Move]:
    service, there = question.service.slug, question.environment.slug
    transition = question.transition
    if transition is None:
        return [Move(service, service, environment=there)]
    api = (transition.contract, transition.old, transition.new)
    moving = ChangeKind.MIGRATE if split else ChangeKind.BUILD
    moves = [
        Move(each.consumer.service.slug, each.consumer.service.slug, moving, there, *api)
        for each in consumers
    ]
    kinds = (ChangeKind.EXPAND, ChangeKind.CONTRACT) if split else (ChangeKind.BUILD,)
    moves += [
        Move(service if kind is ChangeKind.BUILD else f"{service}.{kind}", service, kind, there, *api)
        for kind in kinds
    ]
    return moves


def _estimate(
    question: Question,
    waves: Sequence[Wave],
    moves: Sequence[Move],
    lengths: dict[str, Lengths],
    freezes: Sequence[Freeze],
    now: datetime,
) -> tuple[Estimate | None, tuple[str, ...], str]:
    """When it would be through, from whose stages that is told, or of what there is too little."""
    service_of = {move.name: move.service for move in moves}
    used = {slug: lengths[slug] for slug in dict.fromkeys(service_of.values())}
    if lacking := next((each for each in used.values() if not each.enough), None):
        words = f"{len(lacking.part)} at part of the traffic and {len(lacking.whole)} at all of it"
        return None, (), f"{words} were carried out by {lacking.whose}, and {FEWEST} of each are needed"
    by_wave = [[used[service_of[name]] for name in wave.changes] for wave in waves]
    frozen = [(freeze.starts_at, freeze.ends_at) for freeze in freezes]
    told = tuple(
        dict.fromkeys(f"{len(each.part) + len(each.whole)} of {each.whose}" for each in used.values())
    )
    return estimate(max(now, question.start), by_wave, frozen), told, ""


def served(contract: Contract, new: str) -> str:
    """The version that is moved from: the newest active one but the new, else the newest deprecated one."""
    rows = ContractVersion.objects.filter(contract=contract, gone_at__isnull=True).exclude(version=new)
    for state in (VersionState.ACTIVE, VersionState.DEPRECATED):
        if found := newest_version(row.version for row in rows if row.state == state):
            return found
    return ""
