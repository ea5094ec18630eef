"""What is read of declared and seen edges: a constant number of queries, however many there are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.values import MESSAGES, speaks
from rollouts.health.edges import sorting
from rollouts.health.edges.models import EdgeAnswer
from rollouts.health.edges.sorting import Declared, Pair, Seen, Sorted
from rollouts.health.graph.models import ObservedEdge

OLD = ("deprecated", "retired")
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Owned:
    """A service as these lists name it."""

    slug: str
    name: str
    team: str
    team_name: str


@dataclass(frozen=True)
class Edges:
    """Everything about the edges of one environment; `answers` by the edge and what was said."""

    lists: Sorted
    services: dict[str, Owned]
    contracts: dict[str, str]
    sunsets: dict[tuple[str, str], ContractVersion]
    answers: dict[tuple[Key, str], EdgeAnswer]


def declared(answers: Collection[EdgeAnswer] = ()) -> list[Declared]:
    """What is declared now, by contract first; a plain one beside a contract is told once. Two queries."""
    stands = {
        (one.caller, one.callee, one.contract): one.at
        for one in answers
        if one.said == EdgeAnswer.Said.STANDS
    }
    found = []
    rows = Consumer.objects.filter(gone_at=None, contract__gone_at=None).order_by("pk")
    for caller, callee, contract, form, since in rows.values_list(
        "service__slug", "contract__provider__slug", "contract__slug", "contract__format", "declared_at"
    ):
        last = _later(since, stands.get((caller, callee, contract)))
        found.append(Declared(caller, callee, contract, form in MESSAGES, last))
    told = {(one.caller, one.callee) for one in found}
    plain = Dependency.objects.filter(gone_at=None).order_by("pk")
    for caller, callee, since in plain.values_list("service__slug", "on__slug", "declared_at"):
        if (caller, callee) not in told:
            found.append(Declared(caller, callee, "", False, _later(since, stands.get((caller, callee, "")))))
    return [one for one in found if one.caller != one.callee]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [at for at in (one, other) if at is not None]
    return max(known, default=None)


def seen(environment: str, services: Collection[str] | None = None) -> list[Seen]:
    """What was seen in an environment, or of it what has one of these services at an end. One query."""
    rows = ObservedEdge.objects.filter(environment__slug=environment).order_by("caller", "callee", "pk")
    if services is not None:
        rows = rows.filter(caller__in=services) | rows.filter(callee__in=services)
    columns = ("caller", "callee", "first_seen_at", "last_seen_at", "week_calls", "contract", "version")
    return [Seen(*row) for row in rows.values_list(*columns)]


def edges(environment: str, now: datetime) -> Edges:
    """The lists of an environment with all that is said about them; seven queries."""
    answers = list(EdgeAnswer.objects.filter(ended_at=None).order_by("at", "pk"))
    services = {
        row[0]: Owned(*row)
        for row in Service.objects.filter(gone_at=None)
        .order_by("slug")
        .values_list("slug", "name", "team__slug", "team__name")
    }
    versions = (
        ContractVersion.objects.filter(state__in=OLD, gone_at=None).select_related("contract").order_by("pk")
    )
    sunsets = {(row.contract.slug, row.version): row for row in versions}
    old: dict[str, list[str]] = {}
    for contract, version in sunsets:
        old.setdefault(contract, []).append(version)
    dismissed: set[Pair] = {(one.caller, one.callee) for one in answers if one.said == EdgeAnswer.Said.NONE}
    lists = sorting.sort(declared(answers), seen(environment), old=old, dismissed=dismissed, now=now)
    return Edges(
        lists,
        services,
        dict(Contract.objects.filter(gone_at=None).order_by("slug").values_list("slug", "name")),
        sunsets,
        {((one.caller, one.callee, one.contract, one.version), one.said): one for one in answers},
    )


def sunset_of(found: Edges, one: Seen) -> ContractVersion | None:
    """The deprecated or retired version that calls spoke."""
    known = [version for contract, version in found.sunsets if contract == one.contract]
    return found.sunsets.get((one.contract, speaks(one.version, known)))
