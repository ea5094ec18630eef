"""Rollouts that have begun and may still go back to a version of a contract, on either side. One query."""

from collections.abc import Collection
from dataclasses import dataclass

from rollouts.contracts.models import ContractVersion
from rollouts.contracts.queries import Ground, version_key
from rollouts.contracts.values import speaks
from rollouts.plans.models import Change
from rollouts.plans.values import ENDED, NOT_STARTED, RolloutState, Visibility

MOVING = [state.value for state in RolloutState if state not in ENDED | NOT_STARTED]
PRIVATE = "a private rollout"


@dataclass(frozen=True)
class Return:
    """One change of a rollout under way that moves a contract, or a consumer of it.

    `build`, from which the service came, and `version`, that of the contract before it, where it says so.
    """

    rollout: int
    slug: str
    environment: str
    contract: str
    service: str
    build: str
    version: str


def returns(contracts: Collection[str]) -> list[Return]:
    """The changes of rollouts under way that name one of these contracts."""
    if not contracts:
        return []
    rows = Change.objects.filter(contract__slug__in=contracts, rollout__state__in=MOVING).select_related(
        "rollout", "service", "environment", "contract"
    )
    return [
        Return(
            row.rollout_id,
            PRIVATE if row.rollout.visibility == Visibility.PRIVATE else row.rollout.slug,
            row.environment.slug,
            row.contract.slug if row.contract else "",
            row.service.slug,
            row.from_version,
            row.contract_from,
        )
        for row in rows.order_by("rollout__slug", "pk")
    ]


def may_return(one: Return, ground: Ground, version: ContractVersion) -> bool:
    """Whether taking the change back takes somebody to this version.

    It goes back to the version that the plan names, else to that of the provider's build. Where neither is
    known, or a consumer moves of which nobody said what it spoke, to any that is older than the newest.
    """
    if one.version:
        return one.version == version.version
    known = [row.version for row in ground.versions]
    if one.service == ground.contract.provider.slug and (spoken := speaks(one.build, known)):
        return spoken == version.version
    return version.version != max(known, key=version_key)
