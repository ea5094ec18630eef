"""What a plan document may refer to, as the database knows it."""

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import versions_known
from rollouts.health import queries as health
from rollouts.health.values import Signal
from rollouts.plans.document.checks.facts import Facts, NamedProbe, NamedSignal
from rollouts.plans.document.gate import BUILT_IN_JUDGES, BUILT_IN_KINDS
from rollouts.plans.registry import ESCALATION_POLICIES, GATE_KINDS, JUDGES, known


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
