"""People and teams for tests."""

from rollouts.accounts.models import Membership, Person, Team


def person(email: str, *, name: str = "", staff: bool = False) -> Person:
    """An active account; its password is `gatehouse-demo`."""
    made = Person.objects.filter(email=email).first()
    if made is None:
        name = name or email.split("@")[0].replace(".", " ").title()
        made = Person.objects.create_user(email, "gatehouse-demo", name=name, is_staff=staff)
    return made


def team(slug: str, **roles: list[Person]) -> Team:
    """A team; keywords are roles with the people who hold them."""
    made, _ = Team.objects.get_or_create(slug=slug, defaults={"name": slug.replace("-", " ").capitalize()})
    for role, people in roles.items():
        for one in people:
            Membership.objects.get_or_create(team=made, person=one, role=role)
    return made
