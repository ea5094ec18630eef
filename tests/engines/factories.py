"""Services, rollouts and tokens for the tests of flags."""

from datetime import UTC, datetime
from typing import Any

from rollouts.accounts.models import Membership, Person, Team
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog.models import Environment, Service
from rollouts.engines import services
from rollouts.plans.models import Change, Revision, Rollout

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def team(slug: str = "orders-team") -> Team:
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]


def person(email: str, *, role: str = "", of: Team | None = None, staff: bool = False) -> Person:
    made = Person.objects.create_user(
        email, "long-enough-pass", name=email.split("@")[0].title(), is_staff=staff
    )
    if role:
        Membership.objects.create(person=made, team=of or team(), role=role)
    return made


def environment(slug: str = "production") -> Environment:
    return Environment.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]


def service(slug: str = "orders", *, of: Team | None = None) -> Service:
    return Service.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "team": of or team()})[0]


def token(caller: str = "checkout", *, at: str | None = None) -> str:
    """The plain token of a service."""
    _row, plain = services.issue_token(
        service=service(caller, of=team(f"{caller}-team")),
        actor=SYSTEM,
        face=Face.COMMAND,
        environment=environment(at) if at else None,
    )
    return plain


def rollout(
    slug: str = "orders-v2",
    *,
    state: str = "running",
    grant: dict[str, Any] | None = None,
    flag: str = "orders-v2",
    begun: bool = True,
    **fields: Any,
) -> Rollout:
    """A rollout with one change `orders`; `grant` is what the door grants it now."""
    made = Rollout.objects.create(
        slug=slug,
        title=slug,
        team=team(),
        environment=environment(fields.pop("at", "production")),
        state="draft",
        salt=fields.pop("salt", f"salt-of-{slug}"),
        granted={"orders": grant} if grant else {},
        state_since_at=NOW,
        created_at=NOW,
        started_at=fields.pop("started_at", NOW) if begun else None,
        **fields,
    )
    Change.objects.create(
        rollout=made,
        service=service(),
        environment=made.environment,
        name="orders",
        flag=flag,
        to_version="2",
    )
    if begun:
        made.in_force = Revision.objects.create(
            rollout=made,
            number=1,
            state="in_force",
            author_ref="1",
            source=b"",
            document={},
            digest="",
            created_at=NOW,
        )
        made.stage = 2
    made.state = state
    made.save()
    return made
