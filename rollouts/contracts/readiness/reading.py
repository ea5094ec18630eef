"""How ready consumers are, from what was declared, said, tested and seen: the queries stay constant."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.contracts.models import Consumer, Contract, ContractVersion, Statement
from rollouts.contracts.readiness.ruling import stand
from rollouts.contracts.readiness.values import Called, Source, Standing, Stated
from rollouts.contracts.registry import version_callers
from rollouts.contracts.values import Readiness
from rollouts.contracts.versioning.numbers import key
from rollouts.lib.clock import database_now

UNKNOWN_NEXT = ""
"""Stands for the next version of a contract where none is declared yet."""


class Known:
    """All that is known of the readiness of some consumers, whichever version is asked for. Four queries.

    The consumers come with their service and contract.
    """

    def __init__(self, consumers: Collection[Consumer], *, now: datetime | None = None) -> None:
        self.now = now or database_now()
        self._said: dict[int, list[Statement]] = {}
        for row in Statement.objects.filter(consumer__in=consumers).newest_first():
            self._said.setdefault(row.consumer_id, []).append(row)
        self._called: dict[tuple[str, str], dict[str, Called]] = {}
        contracts = {row.contract.slug for row in consumers}
        for read in version_callers.values():
            for end, by_version in read(contracts).items():
                self._called.setdefault(end, {}).update(by_version)

    def standing(self, row: Consumer, version: str) -> Standing:
        """How ready the consumer is for the version."""
        said = [each.stated for each in self.said(row) if each.version == version]
        return stand(version, [*said, *declared(row, version)], self.called(row), self.now)

    def said(self, row: Consumer) -> list[Statement]:
        """What was signed and tested, the newest first."""
        return self._said.get(row.pk, [])

    def called(self, row: Consumer) -> Mapping[str, Called]:
        """Its calls in production, by version."""
        return self._called.get((row.contract.slug, row.service.slug), {})


def declared(row: Consumer, version: str) -> list[Stated]:
    """What stands beside the consumer itself, if it is about this version, or names none."""
    readiness = Readiness(row.readiness)
    if readiness is Readiness.UNKNOWN or row.readiness_for not in ("", version):
        return []
    return [Stated(readiness, Source.DECLARED, row.readiness_at)]


def readiness_of(contract: Contract, version: str, *, now: datetime | None = None) -> dict[int, Standing]:
    """How ready each consumer of the contract is for the version, by its key; also of gone ones."""
    rows = Consumer.objects.filter(contract=contract).select_related("service", "contract").order_by("pk")
    known = Known(rows, now=now)
    return {row.pk: known.standing(row, version) for row in rows}


@dataclass(frozen=True)
class Ready:
    """A consumer, how ready it is, and its calls in production by version."""

    consumer: Consumer
    standing: Standing
    called: Mapping[str, Called]

    @property
    def calls(self) -> list[tuple[str, Called]]:
        """Its calls by version, the newest version first."""
        return sorted(self.called.items(), key=lambda each: key(each[0]), reverse=True)


def ready_consumers(contract: Contract, version: str) -> list[Ready]:
    """The present consumers of a contract, those that are not ready first. Five queries."""
    rows = Consumer.objects.filter(contract=contract, gone_at__isnull=True)
    consumers = list(rows.select_related("service__team", "contract").order_by("service__slug", "pk"))
    known = Known(consumers)
    found = [Ready(row, known.standing(row, version), known.called(row)) for row in consumers]
    return sorted(found, key=lambda each: each.standing.readiness.ready)


def next_version(versions: Iterable[ContractVersion]) -> str:
    """The newest version that is not retired or gone: what consumers get ready for."""
    rows = [row for row in versions if row.gone_at is None and row.state != "retired"]
    return max((row.version for row in rows), key=key, default=UNKNOWN_NEXT)


def meant(states: Mapping[str, str]) -> str:
    """The version that is meant by who is ready for the next one, of versions with their states: the newest
    that does not end. Empty where there is one version only: the next one is yet to come."""
    served = [version for version, state in states.items() if state != "retired"]
    lasting = [version for version in served if states[version] != "deprecated"]
    return max(lasting, key=key, default=UNKNOWN_NEXT) if len(served) > 1 else UNKNOWN_NEXT


def next_meant(contract: Contract) -> str:
    """The same of a contract as it stands. One query."""
    return meant(dict(contract.versions.filter(gone_at__isnull=True).values_list("version", "state")))


def next_versions(contracts: Collection[int]) -> dict[int, str]:
    """By the contract's key. One query."""
    rows: dict[int, list[ContractVersion]] = {}
    for row in ContractVersion.objects.filter(contract__in=contracts).order_by("pk"):
        rows.setdefault(row.contract_id, []).append(row)
    return {pk: next_version(found) for pk, found in rows.items()}


def give_standing(consumers: Collection[Consumer], *, now: datetime | None = None) -> None:
    """Gives each its `standing` for the next version of its contract, and that version. Five queries.

    The consumers come with their service and contract.
    """
    known = Known(consumers, now=now)
    versions = next_versions({row.contract_id for row in consumers})
    for row in consumers:
        row.next_version = versions.get(row.contract_id, UNKNOWN_NEXT)
        row.standing = known.standing(row, row.next_version)


def behind(contracts: Collection[Contract]) -> set[int]:
    """Those of the contracts of which not all consumers are ready for the next version. Six queries."""
    rows = Consumer.objects.filter(contract__in=contracts, gone_at__isnull=True)
    consumers = list(rows.select_related("service", "contract").order_by("pk"))
    give_standing(consumers)
    return {row.contract_id for row in consumers if not row.standing.readiness.ready}


def moved(row: Consumer, version: str, later: Iterable[str], known: Known) -> bool:
    """Whether it has migrated to one of the `later` versions, and so left this one."""
    after = [each for each in later if key(each) > key(version)] or [UNKNOWN_NEXT]
    return any(known.standing(row, each).readiness is Readiness.MIGRATED for each in after)
