"""What is read of environments and services, and who may describe them."""

from rollouts.accounts.models import Membership, Person
from rollouts.accounts.values import Role


def plans_for(person: Person, team: str) -> bool:
    """Whether the person may describe what this team owns: its planners and admins, and any administrator."""
    if person.is_staff:
        return True
    roles = [Role.PLANNER.value, Role.ADMIN.value]
    return Membership.objects.filter(person=person, team__slug=team, role__in=roles).exists()
