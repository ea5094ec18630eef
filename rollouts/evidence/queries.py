"""What is read of evidence."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from rollouts.contracts.models import Contract
from rollouts.contracts.queries import Evidence
from rollouts.evidence.models import Result
from rollouts.evidence.values import COMPATIBILITY, EXPIRES_AFTER
from rollouts.lib.clock import database_now

LOOKED_BACK = timedelta(days=90)
"""Older results are not told again, not even as expired."""
MOST_ALIKE = 20


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


@dataclass(frozen=True)
class Sought:
    """Results that a gate looks for. `services`: whose; an empty name among them: those of the rollout as a
    whole, and of its services that are named beside it."""

    kind: str
    rollout: int
    stage: str
    contract: str = ""
    version: str = ""
    environment: str = ""
    services: frozenset[str] = frozenset()

    def who(self, row: Result) -> str | None:
        """Whose result it is, by the names that are sought; None where it is none of these."""
        if row.kind != self.kind or row.rollout_id not in (None, self.rollout):
            return None
        if row.stage and row.stage != self.stage:
            return None
        for name, value in (("contract", row.contract), ("environment", row.environment)):
            if getattr(self, name) and (value is None or value.slug != getattr(self, name)):
                return None
        if self.version and row.version != self.version:
            return None
        service = row.service.slug if row.service else ""
        if "" not in self.services:
            return service if service in self.services else None
        return "" if row.rollout_id == self.rollout or service in self.services - {""} else None


def sought(asked: Collection[Sought]) -> dict[Sought, dict[str, list[Result]]]:
    """The newest results that fit each, by whose they are; also such as have expired. One query.

    Of one service, build and version so many are read as `MOST_ALIKE`: what is older decides nothing.
    """
    if not asked:
        return {}
    about = Q(contract__slug__in={each.contract for each in asked if each.contract})
    about |= Q(service__slug__in={name for each in asked if not each.contract for name in each.services})
    about |= Q(rollout__in={each.rollout for each in asked})
    alike = [F(name) for name in ("kind", "service", "contract", "version", "build", "rollout", "flags")]
    rows = (
        Result.objects.filter(about, kind__in={each.kind for each in asked})
        .filter(at__gt=database_now() - LOOKED_BACK)
        .annotate(place=Window(RowNumber(), partition_by=alike, order_by=[F("at").desc(), F("pk").desc()]))
        .filter(place__lte=MOST_ALIKE)
        .select_related("service", "contract", "environment")
        .newest_first()
    )
    found: dict[Sought, dict[str, list[Result]]] = {each: {} for each in asked}
    for row in rows:
        for each, by_whom in found.items():
            if (who := each.who(row)) is not None:
                by_whom.setdefault(who, []).append(row)
    return found
