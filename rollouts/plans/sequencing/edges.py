"""What must move before what: a pure function of changes, who relies on whom, and compared documents."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rollouts.contracts.values import UNCOMPARED, First, Ruling, Rulings, Transition
from rollouts.plans.sequencing.values import Edge, Move, Needs
from rollouts.plans.values import ChangeKind

STEPS = {
    ChangeKind.EXPAND: 0,
    ChangeKind.BUILD: 1,
    ChangeKind.MIGRATE: 2,
    ChangeKind.FLAG: 3,
    ChangeKind.CONTRACT: 4,
}
"""The order of the changes of one service: make room, build, move over, expose, remove."""

NOTHING_KNOWN: Mapping[Transition, Rulings] = {}


def needed(
    moves: Sequence[Move], needs: Iterable[Needs], known: Mapping[Transition, Rulings] = NOTHING_KNOWN
) -> Iterator[Edge]:
    """Every edge that follows from services and contracts, but for `removals`."""
    yield from _own(moves)
    by_service: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_service[move.service].append(move)
    for need in sorted(needs, key=lambda one: (one.consumer, one.provider, one.through, one.first)):
        for provider in by_service.get(need.provider, ()):
            for consumer in by_service.get(need.consumer, ()):
                if provider is not consumer and provider.environment == consumer.environment:
                    yield from _between(need, provider, consumer, known)


def transition_of(move: Move) -> Transition | None:
    """From which version of its contract to which a change moves, where it says both."""
    if move.contract and move.contract_from and move.contract_to:
        return Transition(move.contract, move.contract_from, move.contract_to)
    return None


def removals(moves: Sequence[Move]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """By environment, the contract steps, and all that comes before them because they may still use it."""
    last: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for move in moves:
        (last if move.kind is ChangeKind.CONTRACT else before)[move.environment].append(move.name)
    return last, before


def removal_why(removal: str) -> str:
    return f"{removal} removes what others may still use"


def _own(moves: Sequence[Move]) -> Iterator[Edge]:
    """Changes of one service in one environment follow each other."""
    together: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for move in moves:
        together[move.service, move.environment].append(move)
    for group in together.values():
        for one, other in itertools.permutations(group, 2):
            if STEPS[one.kind] < STEPS[other.kind]:
                yield Edge(one.name, other.name, f"{one.service} does its {one.kind} first")


def _between(
    need: Needs, provider: Move, consumer: Move, known: Mapping[Transition, Rulings]
) -> Iterator[Edge]:
    if consumer.kind is ChangeKind.CONTRACT:
        return
    if provider.kind is ChangeKind.CONTRACT:
        yield from _before_removal(need, provider, consumer)
        return
    how = f"{need.consumer} relies on {need.through} of" if need.through else f"{need.consumer} calls"
    what = f"{how} {need.provider}"
    found = _ruling(need, provider, consumer, known)
    adopts = _adopts(need, provider, consumer)
    note = f" ({found.because})" if found.because else ""
    if found.first in (First.CONSUMER, First.SPLIT):
        breaks = ""
        if need.proven or _moves(need, provider):
            breaks = f"{need.consumer} fails when {provider.name} moves before it{note}"
        why = f"{what} and must move first{note}"
        yield Edge(consumer.name, provider.name, why, breaks, need.consumer, need.through)
    if found.first in (First.PROVIDER, First.SPLIT, None) or (found.first is First.ANY and adopts):
        yield Edge(
            provider.name,
            consumer.name,
            f"{what}{note}",
            _too_early(need, provider, consumer, found, adopts=adopts, note=note),
            need.consumer,
            need.through,
        )


def _too_early(need: Needs, provider: Move, consumer: Move, found: Ruling, *, adopts: bool, note: str) -> str:
    """What fails when the consumer moves before the provider; empty where nobody knows that anything does."""
    told = need.proven or (adopts and found.first in (First.PROVIDER, First.SPLIT))
    if not told:
        return ""
    uses = f" to {need.through} {provider.contract_to}" if adopts and provider.contract_to else ""
    return f"{need.consumer} fails when {consumer.name} moves{uses} before {provider.name}{note}"


def _ruling(need: Needs, provider: Move, consumer: Move, known: Mapping[Transition, Rulings]) -> Ruling:
    transition = transition_of(provider) if _moves(need, provider) else None
    if need.proven or transition is None:
        return Ruling(need.first)
    if provider.kind is ChangeKind.EXPAND:
        return Ruling(First.PROVIDER)  # it serves the old beside the new
    found = known.get(transition, Rulings()).of(need.consumer)
    if found.first is None:
        said = found.because or UNCOMPARED.because
        return Ruling(None, f"{transition}: {said}, so {need.provider} first")
    return Ruling(found.first, f"{transition}: {found.because}" if found.because else str(transition))


def _moves(need: Needs, provider: Move) -> bool:
    """Whether the provider's change is one of the contract that is relied on."""
    return bool(need.through) and provider.contract == need.through and transition_of(provider) is not None


def _adopts(need: Needs, provider: Move, consumer: Move) -> bool:
    """Whether the consumer's change begins to use what the provider's change serves."""
    if provider.contract and provider.contract != need.through:
        return False
    names = bool(need.through) and consumer.contract == need.through
    if names and consumer.contract_to and provider.contract == need.through and provider.contract_to:
        return consumer.contract_to == provider.contract_to
    migrates = consumer.kind is ChangeKind.MIGRATE and provider.kind is ChangeKind.EXPAND
    return migrates and consumer.contract in ("", need.through)


def _before_removal(need: Needs, removal: Move, consumer: Move) -> Iterator[Edge]:
    """A consumer that is on its way is to arrive before what it leaves is gone."""
    if removal.contract and need.through and removal.contract != need.through:
        return
    leaves = consumer.kind is ChangeKind.MIGRATE or (need.through and consumer.contract == need.through)
    if not leaves:
        return
    what = f"{need.through} {removal.contract_from}".strip() or "what it uses"
    yield Edge(
        consumer.name,
        removal.name,
        removal_why(removal.name),
        f"{need.consumer} fails when {removal.name} takes {what} away before {consumer.name}",
        need.consumer,
        need.through,
    )
