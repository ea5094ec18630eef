"""What is read of environments and services, and who may describe them."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import held_roles
from rollouts.accounts.values import Role
from rollouts.catalog.models import Environment, Service

DESCRIBING = frozenset({Role.PLANNER.value, Role.ADMIN.value})


def administers(person: Person) -> bool:
    """Whether the person administers the installation now, whatever was true when the page was loaded."""
    return Person.objects.filter(pk=person.pk, is_active=True, is_staff=True).exists()


def plans_for(person: Person, team: str) -> bool:
    """Whether the person may describe what this team owns: its planners and admins, and any administrator.

    Within a transaction the roles are locked against being taken until it ends.
    """
    if administers(person):
        return True
    held = held_roles(person.pk, lock=connection.in_atomic_block)
    return bool(DESCRIBING & held.get(team, set()))


def teams_described_by(person: Person) -> QuerySet[Team]:
    """The teams that the person may describe services for, by name."""
    rows = Team.objects.order_by("name", "pk")
    if administers(person):
        return rows
    held = held_roles(person.pk)
    return rows.filter(slug__in=[slug for slug, roles in held.items() if DESCRIBING & roles])


def services_described_by(person: Person) -> QuerySet[Service]:
    """Present services that the person may describe, by slug."""
    rows = Service.objects.filter(gone_at__isnull=True, team__in=teams_described_by(person))
    return rows.order_by("slug")


@dataclass(frozen=True)
class Contents:
    """What the catalog holds, for its first page."""

    environments: list[Environment]
    teams: list[Team]
    services: int
    gone: int


def contents() -> Contents:
    """Environments, teams with `owned` services, and how many services there are."""
    owned = Count("services", filter=Q(services__gone_at__isnull=True))
    counted = Service.objects.aggregate(
        present=Count("pk", filter=Q(gone_at__isnull=True)), gone=Count("pk", filter=Q(gone_at__isnull=False))
    )
    return Contents(
        environments=list(Environment.objects.order_by("order", "slug")),
        teams=list(Team.objects.select_related("on_call").annotate(owned=owned).order_by("name", "pk")),
        services=counted["present"],
        gone=counted["gone"],
    )
