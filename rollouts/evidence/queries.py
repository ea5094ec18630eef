"""What is read of evidence."""

from collections.abc import Collection
from datetime import timedelta

from rollouts.contracts.models import Contract
from rollouts.contracts.queries import Evidence
from rollouts.evidence.models import Result
from rollouts.evidence.values import COMPATIBILITY, EXPIRES_AFTER
from rollouts.lib.clock import database_now

LOOKED_BACK = timedelta(days=90)
"""Older results are not told again, not even as expired."""


def results_for(contract: Contract, version: str) -> dict[str, list[Evidence]]:
    """Results of contract and end-to-end tests against the version, by the consumer, the newest first. Also
    those that have expired, so that it can be said since when there is none. One query."""
    rows = Result.objects.filter(
        contract=contract,
        version=version,
        kind__in=COMPATIBILITY,
        service__isnull=False,
        at__gt=database_now() - LOOKED_BACK,
    ).select_related("service")
    found: dict[str, list[Evidence]] = {}
    for row in rows.newest_first():
        assert row.service is not None  # noqa: S101 - as filtered
        found.setdefault(row.service.slug, []).append(as_evidence(row))
    return found


def results_of(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, list[Evidence]]]:
    """The same for many contracts (slugs) and versions. One query."""
    if not keys:
        return {}
    rows = Result.objects.filter(
        contract__slug__in={contract for contract, _version in keys},
        version__in={version for _contract, version in keys},
        kind__in=COMPATIBILITY,
        service__isnull=False,
        at__gt=database_now() - LOOKED_BACK,
    ).select_related("service", "contract")
    found: dict[tuple[str, str], dict[str, list[Evidence]]] = {}
    for row in rows.newest_first():
        assert row.service is not None  # noqa: S101 - as filtered
        assert row.contract is not None  # noqa: S101 - as filtered
        if (key := (row.contract.slug, row.version)) in keys:
            found.setdefault(key, {}).setdefault(row.service.slug, []).append(as_evidence(row))
    return found


def as_evidence(row: Result) -> Evidence:
    """As the two questions take it; one that ends as every one does says no end of its own."""
    ends = None if row.expires_at == row.at + EXPIRES_AFTER else row.expires_at
    return Evidence(
        passed=row.passed,
        at=row.at,
        build=row.build,
        version=row.version,
        source=row.source,
        reference=str(row.pk),
        expires_at=ends,
    )
