"""What is read of requests, votes and delegations."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from django.db.models import Q, QuerySet

from rollouts.accounts.models import Person
from rollouts.approvals import values
from rollouts.approvals.models import PLAN, Delegation, Policy, Request, Vote
from rollouts.approvals.quorum import outcome, teams_for
from rollouts.approvals.services import policy_from_json
from rollouts.catalog.models import Environment
from rollouts.plans.models import Rollout


def open_requests(rollout: Rollout) -> list[Request]:
    """The open requests of a rollout with their votes, oldest first, in two queries."""
    rows = (
        Request.objects.open()
        .filter(rollout=rollout)
        .select_related("revision")
        .prefetch_related("votes__person")
    )
    return list(rows.order_by("pk"))


def vote_value(vote: Vote) -> values.Vote:
    """The vote as the pure core counts it; with the voter's name where that was read with it."""
    known = Vote._meta.get_field("person").is_cached(vote)
    return values.Vote(
        person=str(vote.person_id),
        ballot=values.Ballot(vote.ballot),
        at=vote.at,
        on_behalf_of=str(vote.on_behalf_of_id) if vote.on_behalf_of_id else None,
        teams=frozenset(vote.teams),
        voided_at=vote.voided_at,
        name=str(vote.person) if known else "",
    )


def request_outcome(request: Request, *, now: datetime) -> values.Outcome:
    """What the votes on a request add up to."""
    return outcome(
        policy_from_json(request.policy),
        [vote_value(vote) for vote in request.votes.all()],
        authors=frozenset({request.revision.author_ref}),
        opened_at=request.opened_at,
        now=now,
    )


def voting_teams(
    request: Request, held: Mapping[str, AbstractSet[str]], *, owning: set[str]
) -> frozenset[str]:
    """The teams that a vote of somebody with the roles `held` counts for; empty: they are not asked."""
    return teams_for(policy_from_json(request.policy), held, owning=owning)


def request_for(rollout: Rollout, *, stage: int, gate: str) -> Request | None:
    """The newest request for entering a stage that this gate stands for."""
    return (
        Request.objects.filter(rollout=rollout, stage=stage, gate=gate)
        .select_related("revision")
        .prefetch_related("votes__person")
        .order_by("-pk")
        .first()
    )


def delegators_of(person_id: int, now: datetime) -> list[int]:
    """Ids of those for whom this person may vote now."""
    rows = Delegation.objects.filter(
        delegate_id=person_id,
        starts_at__lte=now,
        ends_at__gt=now,
        ended_at__isnull=True,
        delegator__is_active=True,
    )
    return list(rows.values_list("delegator_id", flat=True).distinct().order_by("delegator_id"))


def title(request: Request) -> str:
    """The name by which refusals and overrides call it."""
    if request.gate:
        return request.gate
    return f"plan of revision {request.revision.number}" if request.stage == PLAN else "approval"


def gates_asked(requests: Iterable[Request]) -> dict[tuple[int, str], Request]:
    """Requests by stage entered and gate."""
    return {(request.stage, request.gate): request for request in requests}


def policies() -> list[tuple[Environment, Policy | None]]:
    """Every environment with its policy; where none was made, one approver is enough."""
    rows = {row.environment_id: row for row in Policy.objects.all()}
    return [(one, rows.get(one.pk)) for one in Environment.objects.order_by("order", "slug")]


def delegations_of(person: Person, now: datetime) -> QuerySet[Delegation]:
    """Delegations of the person, given or held, that have not ended; soonest first."""
    rows = Delegation.objects.filter(Q(delegator=person) | Q(delegate=person))
    return (
        rows.filter(ended_at__isnull=True, ends_at__gt=now)
        .select_related("delegator", "delegate")
        .order_by("starts_at", "pk")
    )
