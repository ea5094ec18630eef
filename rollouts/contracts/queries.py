"""What is read of contracts and of who relies on whom."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.catalog.queries import administers, plans_for
from rollouts.contracts.deprecating.advising import Action as Action
from rollouts.contracts.deprecating.advising import Advice as Advice
from rollouts.contracts.deprecating.advising import advise as advise
from rollouts.contracts.deprecating.reading import headers_of as headers_of
from rollouts.contracts.deprecating.standing import standing as standing
from rollouts.contracts.documents.ordering import MOST_COMPARED as MOST_COMPARED
from rollouts.contracts.documents.ordering import rulings as rulings
from rollouts.contracts.documents.reading import elements_named as elements_named
from rollouts.contracts.documents.reading import holders as holders
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.questions.values import Evidence as Evidence
from rollouts.contracts.readiness.reading import Known as Known
from rollouts.contracts.readiness.reading import Ready as Ready
from rollouts.contracts.readiness.reading import give_standing as give_standing
from rollouts.contracts.readiness.reading import next_version as next_version
from rollouts.contracts.readiness.reading import readiness_of as readiness_of
from rollouts.contracts.readiness.reading import ready_consumers as ready_consumers
from rollouts.contracts.readiness.values import Called as Called
from rollouts.contracts.readiness.values import Source as Source
from rollouts.contracts.readiness.values import Standing as Standing
from rollouts.contracts.registry import call_counts
from rollouts.contracts.relying.feeling import Feeling as Feeling
from rollouts.contracts.relying.feeling import Felt as Felt
from rollouts.contracts.relying.feeling import Move as Move
from rollouts.contracts.relying.feeling import compare_pair as compare_pair
from rollouts.contracts.relying.feeling import feelings as feelings
from rollouts.contracts.relying.reading import Ground as Ground
from rollouts.contracts.relying.reading import grounds as grounds
from rollouts.contracts.using.reading import uses as uses
from rollouts.contracts.using.reading import uses_of as uses_of
from rollouts.contracts.versioning import numbers
from rollouts.contracts.versioning.reading import rules_of as rules_of
from rollouts.contracts.versioning.ruling import settings_of as settings_of

version_key = numbers.key


def contracts_with_all() -> QuerySet[Contract]:
    """Contracts with provider, versions, consumers and which parts these use, in four queries."""
    versions = ContractVersion.objects.select_related("documented").order_by("version", "pk")
    consumers = Consumer.objects.select_related("service").order_by("service__slug", "pk")
    return (
        Contract.objects.select_related("provider")
        .prefetch_related(
            Prefetch("versions", versions), Prefetch("consumers", consumers), Prefetch("used", uses())
        )
        .order_by("slug")
    )


def relies_on(services: set[str]) -> list[tuple[str, str, str]]:
    """Pairs among these services that are declared now: who relies, on whom, by which contract.

    The contract is empty for a plain dependency; a pair with a contract is not told again as a plain one.
    """
    consumers = Consumer.objects.filter(
        gone_at__isnull=True,
        contract__gone_at__isnull=True,
        service__slug__in=services,
        contract__provider__slug__in=services,
    )
    found = list(consumers.values_list("service__slug", "contract__provider__slug", "contract__slug"))
    by_contract = {(consumer, provider) for consumer, provider, _ in found}
    calls = Dependency.objects.filter(
        gone_at__isnull=True, service__slug__in=services, on__slug__in=services
    ).values_list("service__slug", "on__slug")
    return found + [(caller, callee, "") for caller, callee in calls if (caller, callee) not in by_contract]


def edges_at(services: set[str]) -> set[tuple[str, str]]:
    """Who relies on whom, consumer and provider, where one of them is among these. Two queries."""
    consumers = Consumer.objects.filter(
        Q(service__slug__in=services) | Q(contract__provider__slug__in=services),
        gone_at__isnull=True,
        contract__gone_at__isnull=True,
    )
    calls = Dependency.objects.filter(
        Q(service__slug__in=services) | Q(on__slug__in=services), gone_at__isnull=True
    )
    found = set(consumers.values_list("service__slug", "contract__provider__slug"))
    return found | set(calls.values_list("service__slug", "on__slug"))


def contracts_listed(*, provider: str = "", text: str = "") -> QuerySet[Contract]:
    """Contracts for a list: provider, versions, and how many consumers are there."""
    present = Q(consumers__gone_at__isnull=True)
    rows = (
        Contract.objects.select_related("provider")
        .prefetch_related(
            Prefetch("versions", ContractVersion.objects.filter(gone_at=None).order_by("version", "pk"))
        )
        .annotate(used_by=Count("consumers", filter=present & Q(consumers__pk__isnull=False), distinct=True))
        .order_by("slug")
    )
    if provider:
        rows = rows.filter(provider__slug=provider)
    return rows.filter(Q(slug__icontains=text) | Q(name__icontains=text)) if text else rows


def plans_for_service(person: Person, slug: str) -> bool:
    """Whether the person may describe this service: see `catalog.queries.plans_for`."""
    team = Service.objects.filter(slug=slug).values_list("team__slug", flat=True).first()
    return administers(person) or (team is not None and plans_for(person, team))


def calls_by_version(
    contract: Contract, since: datetime, until: datetime, step: timedelta
) -> dict[str, dict[datetime, int]]:
    """Calls of a contract by version and step, in all environments, from whoever counts them."""
    found: dict[str, dict[datetime, int]] = {}
    for count in call_counts.values():
        for version, by_time in count(contract.provider_id, contract.slug, since, until, step).items():
            mine = found.setdefault(version, {})
            for at, many in by_time.items():
                mine[at] = mine.get(at, 0) + many
    return found


def newest_version(versions: Iterable[str]) -> str:
    """Of numbers the one that comes last; empty of none."""
    return max(versions, key=version_key, default="")


def versions_known() -> dict[str, frozenset[str]]:
    """The present versions of every contract, by its slug; one query."""
    rows = ContractVersion.objects.filter(gone_at__isnull=True).values_list("contract__slug", "version")
    found: dict[str, set[str]] = {}
    for slug, version in rows:
        found.setdefault(slug, set()).add(version)
    return {slug: frozenset(versions) for slug, versions in found.items()}
