"""Who holds which role where."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from rollouts.accounts.models import Membership, Person, Team, Visit


def held_roles(person_id: int, *, lock: bool = False) -> dict[str, set[str]]:
    """Roles by team slug; with `lock` the rows stay as they are until the transaction ends."""
    rows: Iterable[Membership] = Membership.objects.filter(
        person_id=person_id, person__is_active=True
    ).order_by("pk")
    if lock:
        # FOR SHARE: a right that is being removed is either still whole or already gone, never between.
        rows = Membership.objects.raw(
            "SELECT m.* FROM accounts_membership m JOIN accounts_person p ON p.id = m.person_id"
            " WHERE m.person_id = %s AND p.is_active ORDER BY m.id FOR SHARE",
            [person_id],
        )
    rows = list(rows)  # first the lock, and only then what goes with what it found
    slugs = dict(Team.objects.filter(pk__in={row.team_id for row in rows}).values_list("pk", "slug"))
    held: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        held[slugs[row.team_id]].add(row.role)
    return dict(held)


def on_call_teams(person_id: int) -> set[str]:
    """Slugs of the teams this person is on call for."""
    return set(
        Team.objects.filter(on_call_id=person_id, on_call__is_active=True).values_list("slug", flat=True)
    )


def holders(*, teams: Iterable[str], roles: Iterable[str]) -> list[Person]:
    """Active people who hold one of the roles in one of the teams, each once."""
    found = Person.objects.filter(
        is_active=True, memberships__team__slug__in=list(teams), memberships__role__in=list(roles)
    )
    return list(found.distinct().order_by("name", "pk"))


def last_visit_ended_at(person_id: int) -> datetime | None:
    """When the person's visit before this one ended; None for somebody who is here for the first time."""
    return Visit.objects.filter(person=person_id).values_list("before_at", flat=True).first()
