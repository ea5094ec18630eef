"""How ready consumers are, from what was declared, said, tested and seen: the queries stay five."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from rollouts.contracts.models import Consumer, Contract, ContractVersion, Statement
from rollouts.contracts.readiness.ruling import stand
from rollouts.contracts.readiness.values import Called, Source, Standing, Stated
from rollouts.contracts.registry import version_callers
from rollouts.contracts.values import Readiness
from rollouts.contracts.versioning.numbers import key
from rollouts.lib.clock import database_now


def readiness_of(contract: Contract, version: str, *, now: datetime | None = None) -> dict[int, Standing]:
    """How ready each consumer of the contract is for the version, by its key; also of gone ones."""
    rows = Consumer.objects.filter(contract=contract).select_related("service", "contract").order_by("pk")
    return standings(list(rows), {contract.pk: version}, now=now)


def standings(
    consumers: Collection[Consumer], versions: Mapping[int, str], *, now: datetime | None = None
) -> dict[int, Standing]:
    """The same for consumers of several contracts, each with the version that is asked for."""
    at = now or database_now()
    said: dict[int, list[Stated]] = {}
    rows = Statement.objects.filter(consumer__in=consumers, version__in=set(versions.values()))
    for row, contract in ((row, row.consumer.contract_id) for row in rows.select_related("consumer")):
        if row.version == versions.get(contract):
            said.setdefault(row.consumer_id, []).append(row.stated)
    seen = _seen(consumers)
    return {
        row.pk: stand(
            versions.get(row.contract_id, ""),
            [*said.get(row.pk, ()), *declared(row, versions.get(row.contract_id, ""))],
            seen.get((row.contract.slug, row.service.slug), {}),
            at,
        )
        for row in consumers
    }


def declared(row: Consumer, version: str) -> list[Stated]:
    """What stands beside the consumer itself, if it is about this version, or names none."""
    readiness = Readiness(row.readiness)
    if readiness is Readiness.UNKNOWN or row.readiness_for not in ("", version):
        return []
    return [Stated(readiness, Source.DECLARED, row.readiness_at)]


def _seen(consumers: Collection[Consumer]) -> dict[tuple[str, str], dict[str, Called]]:
    """Calls by contract and consumer, and the version that they spoke."""
    contracts = {row.contract.slug for row in consumers}
    found: dict[tuple[str, str], dict[str, Called]] = {}
    for read in version_callers.values():
        for key_, by_version in read(contracts).items():
            found.setdefault(key_, {}).update(by_version)
    return found


def next_version(versions: Iterable[ContractVersion]) -> str:
    """The newest version that is not retired or gone: what consumers get ready for. Empty without one."""
    rows = [row for row in versions if row.gone_at is None and row.state != "retired"]
    return max((row.version for row in rows), key=key, default="")


def next_versions(contracts: Collection[int]) -> dict[int, str]:
    """By the contract's key. One query."""
    rows: dict[int, list[ContractVersion]] = {}
    for row in ContractVersion.objects.filter(contract__in=contracts).order_by("pk"):
        rows.setdefault(row.contract_id, []).append(row)
    return {pk: next_version(found) for pk, found in rows.items()}


def ready_for_next(consumers: Collection[Consumer], *, now: datetime | None = None) -> dict[int, Standing]:
    """How ready each consumer is for the next version of its contract."""
    return standings(consumers, next_versions({row.contract_id for row in consumers}), now=now)
