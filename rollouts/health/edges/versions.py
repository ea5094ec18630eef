"""Which versions of contracts were seen to be called in production, and by whom."""

from collections.abc import Collection, Mapping

from rollouts.contracts.models import Contract
from rollouts.contracts.queries import Called
from rollouts.health.graph.models import ObservedEdge


def callers(contracts: Collection[str]) -> Mapping[tuple[str, str], Mapping[str, Called]]:
    """By contract and consumer (slugs) the calls by version, in all of production. Two queries.

    The consumer is the end that does not provide the contract: of events the provider is the one that calls.
    """
    provided = dict(Contract.objects.filter(slug__in=contracts).values_list("slug", "provider__slug"))
    rows = ObservedEdge.objects.filter(contract__in=provided, environment__production=True).exclude(
        version=""
    )
    found: dict[tuple[str, str], dict[str, Called]] = {}
    for row in rows.order_by("pk"):
        provider = provided[row.contract]
        consumer = row.callee if row.caller == provider else row.caller
        if not consumer or consumer == provider:
            continue
        by_version = found.setdefault((row.contract, consumer), {})
        before = by_version.get(row.version)
        by_version[row.version] = Called(
            min(before.first_at, row.first_seen_at) if before else row.first_seen_at,
            max(before.last_at, row.last_seen_at) if before else row.last_seen_at,
            row.week_calls + (before.week_calls if before else 0),
        )
    return found
