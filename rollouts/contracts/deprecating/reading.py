"""Who still relies on a version, who calls it, and what is announced about its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from rollouts.contracts.deprecating.headers import headers
from rollouts.contracts.models import Consumer, ContractVersion, Deprecation
from rollouts.contracts.readiness.reading import Known, moved, next_version
from rollouts.contracts.registry import call_counts
from rollouts.contracts.values import speaks
from rollouts.contracts.versioning.numbers import holds

QUIET = timedelta(days=14)
"""How long a version has to be without a call before nobody is said to use it."""
SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class Live:
    """What still keeps a version: declared consumers that have not moved, and calls in `QUIET`."""

    consumers: tuple[Consumer, ...]
    calls: int

    def __bool__(self) -> bool:
        return bool(self.consumers or self.calls)

    @property
    def sentence(self) -> str:
        names = ", ".join(one.service.name for one in self.consumers)
        parts = [f"relied on by {names}"] if names else []
        if self.calls:
            parts.append(f"called {self.calls:,} times in the last {QUIET.days} days")
        return " and ".join(parts)


def left(version: ContractVersion) -> tuple[Consumer, ...]:
    """Declared consumers whose range holds the version, or may, and that have not moved to a later one.

    Each with its standing for the contract's next version. Eight queries.
    """
    found = Consumer.objects.filter(contract=version.contract_id, gone_at__isnull=True)
    rows = list(found.select_related("service__team", "contract").order_by("service__slug", "pk"))
    known = Known(rows)
    versions = list(ContractVersion.objects.filter(contract=version.contract_id).order_by("pk"))
    following, later = next_version(versions), [one.version for one in versions]
    for row in rows:
        row.next_version, row.standing = following, known.standing(row, following)
    return tuple(
        row
        for row in rows
        if holds(row.uses, version.version) is not False and not moved(row, version.version, later, known)
    )


def live(version: ContractVersion, now: datetime) -> Live:
    """What still keeps the version."""
    counted = calls(version, since=now - QUIET, until=now, step=QUIET)
    return Live(left(version), sum(counted.values()))


def calls(
    version: ContractVersion, *, since: datetime, until: datetime, step: timedelta
) -> Mapping[datetime, int]:
    """Calls that spoke the version, in all environments, by step; empty where nobody counts them."""
    contract = version.contract
    found: dict[datetime, int] = {}
    for count in call_counts.values():
        by_version = count(contract.provider_id, contract.slug, since, until, step)
        for spoken, counted in by_version.items():
            if speaks(spoken, [version.version]):
                for at, many in counted.items():
                    found[at] = found.get(at, 0) + many
    return found


@dataclass(frozen=True)
class Ending:
    """A version with what is announced of its end. `daily`: calls of each day, the oldest first."""

    version: ContractVersion
    deprecation: Deprecation | None
    left: tuple[Consumer, ...]
    daily: tuple[tuple[datetime, int], ...]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return headers_of(self.version, self.deprecation)

    @property
    def sentence(self) -> str:
        """How the use of it goes: the first week shown against the last."""
        if not any(many for _at, many in self.daily):
            return "No call of it was counted in the last 30 days."
        first = sum(many for _at, many in self.daily[:7])
        last = sum(many for _at, many in self.daily[-7:])
        return f"{last:,} calls in the last 7 days, {first:,} in the first 7 of the 30 days shown."


def headers_of(version: ContractVersion, deprecation: Deprecation | None) -> tuple[tuple[str, str], ...]:
    """The header fields for a version; none for one that does not end."""
    if version.state not in ("deprecated", "retired"):
        return ()
    successor = deprecation.successor if deprecation else None
    return headers(
        deprecated_on=version.deprecated_on,
        sunset_on=version.sunset_on,
        page=(deprecation.link if deprecation else "") or page_of(version, "version-end"),
        successor=page_of(successor, "document") if successor else "",
    )


def page_of(version: ContractVersion, name: str) -> str:
    """A page about the version, as links outside name it."""
    path = reverse(f"contracts:{name}", args=[version.contract.slug, version.version])
    return f"{settings.GATEHOUSE_URL}{path}"


def ending(version: ContractVersion, now: datetime) -> Ending:
    """What is known of a version's end; five queries at most."""
    rows = Deprecation.objects.filter(version=version).select_related("successor__contract")
    day = timedelta(days=1)
    until = now.replace(hour=0, minute=0, second=0, microsecond=0) + day
    counted = calls(version, since=until - SHOWN, until=until, step=day)
    days = [until - SHOWN + day * number for number in range(SHOWN.days)]
    daily = tuple((at, counted.get(at, 0)) for at in days)
    return Ending(version, rows.first(), left(version), daily)
