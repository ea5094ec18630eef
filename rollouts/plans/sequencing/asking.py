"""The order of a plan's changes, as the database knows services and contracts."""

from collections.abc import Iterable, Sequence

from rollouts.contracts.queries import MOST_COMPARED, relies_on, rulings
from rollouts.contracts.values import Rulings, Transition
from rollouts.plans.document.plan import Plan
from rollouts.plans.sequencing.edges import transition_of
from rollouts.plans.sequencing.judging import Order, judge
from rollouts.plans.sequencing.order import Step
from rollouts.plans.waves import Move, Needs, Stated, Wave, waves


def moves_of(plan: Plan) -> list[Move]:
    """The plan's changes, as far as their order goes."""
    return [
        Move(
            change.name,
            change.service,
            change.kind,
            change.environment,
            change.contract,
            change.contract_from,
            change.contract_to,
        )
        for change in plan.changes
    ]


def stated_in(plan: Plan) -> list[Stated]:
    """The edges that the plan states."""
    return [Stated(edge.first, edge.then, edge.why) for edge in plan.order]


def waves_of(plan: Plan) -> list[Wave]:
    """The waves of a plan's changes, from declared consumers and dependencies, the documents of contracts
    that move, and the plan's own edges."""
    return waves_among(moves_of(plan), stated_in(plan))


def waves_among(moves: Sequence[Move], stated: Iterable[Stated] = ()) -> list[Wave]:
    """The waves of changes, also of some that no plan names yet."""
    return waves(moves, needs_among(services_of(moves)), stated, known_of(moves, compared=MOST_COMPARED))


def services_of(moves: Sequence[Move]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(move.service for move in moves))


def needs_among(services: tuple[str, ...]) -> list[Needs]:
    """Who relies on whom among these services, in two queries."""
    return [Needs(consumer, provider, through) for consumer, provider, through in relies_on(set(services))]


def known_of(moves: Sequence[Move], *, compared: int = 0) -> dict[Transition, Rulings]:
    """What the documents say of the contracts that these changes move; see `contracts.queries.rulings`."""
    transitions = [found for move in moves if (found := transition_of(move)) is not None]
    return rulings(transitions, services_of(moves), compared=compared)


def steps_of(plan: Plan) -> list[Step]:
    """The plan's stages, as far as the order of changes goes."""
    return [Step(stage.number, stage.targets, stage.exposure.percent) for stage in plan.stages]


def order_of(plan: Plan, *, compared: int = MOST_COMPARED) -> Order:
    """Waves, what the stages break, and what is stated in vain; a constant number of queries.

    Documents that were not compared before are, up to `compared` of them: 0 while a row is locked.
    """
    moves = moves_of(plan)
    return judge(
        moves,
        needs_among(services_of(moves)),
        stated_in(plan),
        known_of(moves, compared=compared),
        steps_of(plan),
    )
