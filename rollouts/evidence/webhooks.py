"""What a Pact Broker's webhook is about: which contract, and which version of it."""

from collections.abc import Mapping

from rollouts.contracts.models import Consumer, ContractVersion
from rollouts.evidence.about import About
from rollouts.evidence.reports.pact import Told
from rollouts.evidence.services import Unknown
from rollouts.evidence.values import Kind

SOURCE = "Pact Broker"


def about_webhook(told: Told, given: Mapping[str, str]) -> About:
    """By what the webhook's address names, else by what consumer and provider share. Raises Unknown."""
    contract = given.get("contract") or _shared(told)
    return About(
        kind=Kind.CONTRACT_TEST,
        service=told.consumer,
        build=told.consumer_build,
        contract=contract,
        version=given.get("version") or _version(contract, told),
        provider_build=told.provider_build,
        environment=given.get("environment", ""),
        source=SOURCE,
    )


def _shared(told: Told) -> str:
    rows = Consumer.objects.filter(
        service__slug=told.consumer, contract__provider__slug=told.provider, gone_at__isnull=True
    ).order_by("contract__slug", "pk")
    found = list(rows.values_list("contract__slug", flat=True)[:2])
    if len(found) == 1:
        return str(found[0])
    many = "several contracts" if found else "no contract"
    raise Unknown(
        "contract",
        f"{told.consumer} relies on {many} of {told.provider}.",
        "Name the contract in the webhook's address: ?contract=….",
    )


def _version(contract: str, told: Told) -> str:
    """The contract's version that is called as the provider's is."""
    rows = ContractVersion.objects.filter(contract__slug=contract, gone_at__isnull=True)
    if told.provider_build and rows.filter(version=told.provider_build).exists():
        return told.provider_build
    raise Unknown(
        "version",
        f"{contract} has no version named as the provider's {told.provider_build or 'version'}.",
        "Name the contract's version in the webhook's address: ?version=….",
    )
