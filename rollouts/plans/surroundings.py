"""What a plan document may refer to, as the database knows it, and the waves of a plan."""

from collections.abc import Iterable, Sequence

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import MOST_COMPARED, relies_on, rulings, versions_known
from rollouts.contracts.values import Rulings, Transition
from rollouts.health import queries as health
from rollouts.health.values import Signal
from rollouts.plans.document.checks.facts import Facts, NamedProbe, NamedSignal
from rollouts.plans.document.gate import BUILT_IN_JUDGES, BUILT_IN_KINDS
from rollouts.plans.document.plan import Plan
from rollouts.plans.registry import ESCALATION_POLICIES, GATE_KINDS, JUDGES, known
from rollouts.plans.sequencing.edges import transition_of
from rollouts.plans.waves import Move, Needs, Stated, Wave, waves


def facts() -> Facts:
    """Names that exist now; what is gone cannot be planned with."""
    present = Service.objects.filter(gone_at__isnull=True)
    return Facts(
        services=frozenset(present.values_list("slug", flat=True)),
        environments=frozenset(Environment.objects.values_list("slug", flat=True)),
        teams=frozenset(Team.objects.values_list("slug", flat=True)),
        contracts=frozenset(Contract.objects.filter(gone_at__isnull=True).values_list("slug", flat=True)),
        versions=versions_known(),
        people=frozenset(
            email.lower() for email in Person.objects.filter(is_active=True).values_list("email", flat=True)
        ),
        policies=_known(ESCALATION_POLICIES),
        signals=_signals(),
        probes={
            probe.slug: NamedProbe(probe.service.slug, probe.environment.slug, probe.version)
            for probe in health.probes()
        },
        slos={slo.slug: (slo.service.slug, slo.environment.slug) for slo in health.slos()},
        gate_kinds=_known(GATE_KINDS) or BUILT_IN_KINDS,
        judges=_known(JUDGES) or BUILT_IN_JUDGES,
    )


def _signals() -> dict[str, tuple[NamedSignal, ...]]:
    found: dict[str, tuple[NamedSignal, ...]] = {}
    for row in health.own_signals():
        counted = row.signal_word is not Signal.SATURATION
        one = NamedSignal(row.source.environment.slug, frozenset(row.services), counted)
        found[row.name] = (*found.get(row.name, ()), one)
    return found


def _known(what: str) -> frozenset[str] | None:
    names = known.get(what)
    return None if names is None else frozenset(names())


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
