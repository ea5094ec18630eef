"""Who hears of a rollout: its channel, the people asked, its owner, and their accounts in Slack."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q

from rollouts.accounts.models import Identity, Person
from rollouts.accounts.queries import holders
from rollouts.approvals.models import Delegation, Request
from rollouts.approvals.services import policy_from_json
from rollouts.catalog.models import Service
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.queries import owning_teams
from rollouts.plans.values import Visibility

MOST = 30
"""People told of one thing by e-mail; a policy that names more is answered by these."""


def channel_of(rollout: Rollout) -> str:
    """The Slack channel that hears of it; empty when Slack is not set up, or nobody else may hear of it."""
    if not settings.SLACK_BOT_TOKEN:
        return ""
    own = str(rollout.team.slack_channel)
    if rollout.visibility == Visibility.PRIVATE.value:
        return named(own)
    rows = rollout.changes.exclude(service__slack_channel="").order_by("service__tier", "pk")
    of_service = rows.values_list("service__slack_channel", flat=True).first() or ""
    return named(own or of_service or settings.SLACK_DEFAULT_CHANNEL)


def channel_of_service(service: Service) -> str:
    """The Slack channel that hears of a service: its own, its team's, the default; empty without Slack."""
    if not settings.SLACK_BOT_TOKEN:
        return ""
    return named(service.slack_channel or service.team.slack_channel or settings.SLACK_DEFAULT_CHANNEL)


def named(channel: str) -> str:
    """A channel as Slack takes it: with a hash, unless it is an id."""
    bare = channel.strip()
    if (
        not bare
        or bare.startswith("#")
        or (bare[0] in "CGD" and bare.isalnum() and bare.isupper() and len(bare) > 8)
    ):
        return bare
    return f"#{bare}"


def slack_user(person: Person) -> str:
    """The person's linked user in our workspace; empty when there is none."""
    return slack_users([person]).get(person.pk, "")


def slack_users(people: Iterable[Person]) -> dict[int, str]:
    """Linked users of our workspace by person."""
    if not settings.SLACK_BOT_TOKEN:
        return {}
    rows = Identity.objects.filter(provider="slack", person__in=list(people)).order_by("pk")
    if settings.SLACK_TEAM_ID:
        rows = rows.filter(workspace=settings.SLACK_TEAM_ID)
    return dict(rows.values_list("person_id", "external_id"))


def voters(request: Request, rollout: Rollout) -> list[Person]:
    """Those who may vote, without the author, and those who vote for them meanwhile."""
    policy = policy_from_json(request.policy)
    teams = (policy.teams or owning_teams(rollout)) | policy.required_teams
    found = [p for p in holders(teams=teams, roles=policy.roles) if str(p.pk) != request.revision.author_ref]
    now = database_now()
    delegates = Person.objects.filter(
        Q(is_active=True),
        delegations_held__in=Delegation.objects.filter(
            delegator__in=found, starts_at__lte=now, ends_at__gt=now, ended_at__isnull=True
        ),
    ).exclude(pk__in=[p.pk for p in found])
    others = [
        p for p in delegates.distinct().order_by("name", "pk") if str(p.pk) != request.revision.author_ref
    ]
    return (found + others)[:MOST]


def owners(rollout: Rollout) -> list[Person]:
    """The owner; where there is none, the planners of the owning team."""
    if rollout.owner and rollout.owner.is_active:
        return [rollout.owner]
    return holders(teams=[rollout.team.slug], roles=["planner"])[:MOST]


def on_call(rollout: Rollout) -> list[Person]:
    """The people on call of the teams that own a service in it, or the rollout itself."""
    teams = owning_teams(rollout) | {rollout.team.slug}
    rows = Person.objects.filter(is_active=True, on_call_for__slug__in=teams)
    return list(rows.distinct().order_by("name", "pk"))
