"""All that is declared about some contracts, in a constant number of queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency, Rules
from rollouts.contracts.using.models import Use
from rollouts.contracts.using.reading import uses
from rollouts.contracts.values import VersionState
from rollouts.contracts.versioning.numbers import holds, key

SERVED = (VersionState.ACTIVE, VersionState.DEPRECATED)


@dataclass(frozen=True)
class Ground:
    """One contract. `consumers` and `used` by the service's slug.

    `others`: services that rely on another contract of the provider, so that plain calls of theirs say
    nothing about this one. `calls_out`: services on which the provider itself relies.
    """

    contract: Contract
    versions: tuple[ContractVersion, ...]
    consumers: Mapping[str, Consumer]
    used: Mapping[str, tuple[Use, ...]]
    rules: Rules
    others: frozenset[str] = frozenset()
    calls_out: frozenset[str] = frozenset()

    def version(self, name: str) -> ContractVersion | None:
        return next((row for row in self.versions if row.version == name), None)

    def older(self, name: str) -> list[ContractVersion]:
        """Versions before this one that are served, the newest first."""
        found = [row for row in self.versions if row.state in SERVED and key(row.version) < key(name)]
        return sorted(found, key=lambda row: key(row.version), reverse=True)

    def later(self, row: ContractVersion) -> list[str]:
        """Versions after this one that are not retired, the newest first."""
        found = [
            each.version
            for each in self.versions
            if each.state != VersionState.RETIRED and key(each.version) > key(row.version)
        ]
        return sorted(found, key=key, reverse=True)

    def following(self, row: ContractVersion) -> str:
        """The version to go to from this one: the one that was named, else the newest that is active."""
        end = getattr(row, "deprecation", None)
        if end and end.successor and end.successor.state == "active" and end.successor.gone_at is None:
            return str(end.successor.version)
        active = {each.version for each in self.versions if each.state == VersionState.ACTIVE}
        return next((version for version in self.later(row) if version in active), "")

    def excludes(self, service: str, version: str) -> bool:
        """Whether what is recorded of a service leaves the version out: its range, or those of its parts."""
        row, parts = self.consumers.get(service), self.used.get(service, ())
        if row is not None and holds(row.uses, version) is False:
            return True
        return bool(parts) and all(holds(part.versions, version) is False for part in parts)


def grounds(slugs: Collection[str]) -> dict[str, Ground]:
    """What is declared about these contracts, by slug; those that are not there are left out. Six queries."""
    rows = Contract.objects.filter(slug__in=slugs, gone_at__isnull=True).select_related("provider__team")
    contracts = {row.slug: row for row in rows.order_by("slug", "pk")}
    if not contracts:
        return {}
    versions = _versions(contracts)
    providers = {row.provider_id for row in contracts.values()}
    relying = Consumer.objects.filter(
        contract__provider__in=providers, gone_at__isnull=True, contract__gone_at__isnull=True
    ).select_related("service__team", "contract")
    consumers = list(relying.order_by("service__slug", "pk"))
    used: dict[int, dict[str, list[Use]]] = {}
    for part in uses().filter(contract__in=[row.pk for row in contracts.values()]).select_related("service"):
        used.setdefault(part.contract_id, {}).setdefault(part.service.slug, []).append(part)
    rules = {row.contract_id: row for row in Rules.objects.filter(contract__slug__in=contracts)}
    calls_out = _calls_out(providers)
    return {
        slug: Ground(
            contract,
            tuple(versions.get(contract.pk, ())),
            {each.service.slug: each for each in consumers if each.contract_id == contract.pk},
            {service: tuple(parts) for service, parts in used.get(contract.pk, {}).items()},
            rules.get(contract.pk) or Rules(contract=contract),
            frozenset(
                each.service.slug
                for each in consumers
                if each.contract_id != contract.pk and each.contract.provider_id == contract.provider_id
            ),
            frozenset(calls_out.get(contract.provider_id, ())),
        )
        for slug, contract in contracts.items()
    }


def _versions(contracts: Mapping[str, Contract]) -> dict[int, list[ContractVersion]]:
    by_pk = {row.pk: row for row in contracts.values()}
    rows = ContractVersion.objects.filter(contract__in=by_pk, gone_at__isnull=True)
    found: dict[int, list[ContractVersion]] = {}
    for row in rows.select_related("documented", "deprecation__successor").order_by("pk"):
        row.contract = by_pk[row.contract_id]
        found.setdefault(row.contract_id, []).append(row)
    return found


def _calls_out(providers: Collection[int]) -> dict[int, set[str]]:
    """By provider, the services that it is declared to rely on. Two queries."""
    found: dict[int, set[str]] = {}
    plain = Dependency.objects.filter(service__in=providers, gone_at__isnull=True)
    consumed = Consumer.objects.filter(service__in=providers, gone_at__isnull=True)
    for service, on in [
        *plain.order_by("pk").values_list("service_id", "on__slug"),
        *consumed.order_by("pk").values_list("service_id", "contract__provider__slug"),
    ]:
        found.setdefault(service, set()).add(on)
    return found
