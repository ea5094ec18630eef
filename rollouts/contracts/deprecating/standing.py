"""How a consumer stands to a version, read for advice: eight queries, and no comparison is made."""

from rollouts.contracts.deprecating.advising import Standing
from rollouts.contracts.documents.comparing import kept
from rollouts.contracts.documents.difference import User, user_of
from rollouts.contracts.documents.touching import Touch, touch_any
from rollouts.contracts.formats.values import Level
from rollouts.contracts.models import Contract, ContractVersion, Deprecation
from rollouts.contracts.values import Readiness
from rollouts.contracts.versioning.numbers import key
from rollouts.contracts.versioning.reading import rules_of
from rollouts.contracts.versioning.ruling import settings_of


def standing(contract: Contract, version: ContractVersion, consumer: str, *, moving: str = "") -> Standing:
    """What the advice to one consumer is made from; `moving` is a rollout that changes the contract now."""
    following = successor_of(contract, version)
    user = user_of(contract, version.version, consumer, to=following.version if following else "")
    return Standing(
        version=version.version,
        state=version.state,
        sunset_on=version.sunset_on,
        next=following.version if following else "",
        ready=bool(user.readiness) and Readiness(user.readiness).ready,
        harmed=_harmed(contract, version, following, user) if following else None,
        moving=moving,
    )


def successor_of(contract: Contract, version: ContractVersion) -> ContractVersion | None:
    """The version to go to: the one that was named, if it is served, else the newest that is."""
    end = Deprecation.objects.filter(version=version).select_related("successor__documented").first()
    if end and end.successor and end.successor.state == "active" and end.successor.gone_at is None:
        return end.successor
    rows = contract.versions.filter(state="active", gone_at__isnull=True).select_related("documented")
    later = [row for row in rows if key(row.version) > key(version.version)]
    return max(later, key=lambda row: key(row.version), default=None)


def _harmed(contract: Contract, old: ContractVersion, new: ContractVersion, user: User) -> bool | None:
    """Whether what differs touches the consumer, by a comparison that was made; None when there is none."""
    if not hasattr(old, "documented") or not hasattr(new, "documented"):
        return None
    settings = settings_of(contract, rules_of(contract))
    found = kept(old.documented.document_id, new.documented.document_id, settings)
    if found is None or found.error:
        return None
    harmful = [each for each in found.differences if each.level is not Level.SAFE]
    answer = touch_any(harmful, user.uses, whole=settings.whole)
    return {Touch.YES: True, Touch.MAYBE: None, Touch.NO: False}[answer]
