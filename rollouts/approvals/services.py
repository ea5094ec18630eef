"""Requests and votes as the door writes them, and policies as planners edit them."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.approvals import values
from rollouts.approvals.models import PLAN, Delegation, Policy, Request, Vote
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Environment
from rollouts.lib.clock import database_now
from rollouts.plans.models import Revision, Rollout


def policy_to_json(policy: values.Policy) -> dict[str, Any]:
    """A policy as a request keeps it."""
    return {
        "quorum": policy.quorum,
        "roles": sorted(policy.roles),
        "teams": sorted(policy.teams),
        "required_teams": sorted(policy.required_teams),
        "expires_after_s": policy.expires_after.total_seconds() if policy.expires_after else None,
    }


def policy_from_json(kept: dict[str, Any]) -> values.Policy:
    """The policy that a request kept."""
    seconds = kept["expires_after_s"]
    return values.Policy(
        quorum=kept["quorum"],
        roles=frozenset(kept["roles"]),
        teams=frozenset(kept["teams"]),
        required_teams=frozenset(kept["required_teams"]),
        expires_after=timedelta(seconds=seconds) if seconds is not None else None,
    )


def policy_for(environment: Environment) -> values.Policy:
    """The environment's policy; where none was made, one approver."""
    row = Policy.objects.filter(environment=environment).first()
    return row.value if row else values.Policy()


def open_request(
    *, rollout: Rollout, revision: Revision, stage: int, gate: str, policy: values.Policy, now: datetime
) -> Request:
    """Asks approvers, unless the same is asked already. Under the rollout's lock."""
    found = Request.objects.open().filter(revision=revision, stage=stage, gate=gate).first()
    if found is not None:
        return found
    return Request.objects.create(
        rollout=rollout,
        revision=revision,
        digest=revision.digest,
        stage=stage,
        gate=gate,
        policy=policy_to_json(policy),
        opened_at=now,
        expires_at=now + policy.expires_after if policy.expires_after else None,
    )


def cast(*, request_id: int, vote: values.Vote, reason: str, face: str) -> Vote:
    """Records a vote that the machine let through."""
    return Vote.objects.create(
        request_id=request_id,
        person_id=int(vote.person),
        on_behalf_of_id=int(vote.on_behalf_of) if vote.on_behalf_of else None,
        ballot=vote.ballot.value,
        teams=sorted(vote.teams),
        reason=reason,
        face=face,
        at=vote.at,
    )


def void(*, request_id: int, person_id: int, now: datetime) -> None:
    """A live vote no longer counts."""
    Vote.objects.filter(request_id=request_id, person_id=person_id, voided_at__isnull=True).update(
        voided_at=now
    )


def settle(*, request_id: int, outcome: str, now: datetime) -> None:
    """Closes a request with what became of it."""
    Request.objects.open().filter(pk=request_id).update(settled_at=now, outcome=outcome)


def set_policy(*, environment: Environment, policy: values.Policy, actor: Actor, face: Face) -> Policy:
    """Edits an environment's policy; requests that are open keep theirs."""
    with transaction.atomic(durable=True):
        row, _ = Policy.objects.select_for_update().get_or_create(environment=environment)
        row.quorum, row.roles, row.teams = policy.quorum, sorted(policy.roles), sorted(policy.teams)
        row.required_teams, row.expires_after = sorted(policy.required_teams), policy.expires_after
        row.full_clean()
        row.save()
        sentence = f"{actor.name} set the approval policy of {environment.name}: quorum {policy.quorum}."
        audit.append(
            stream=f"policy:{environment.slug}",
            kind="approvals.policy_set",
            actor=actor,
            face=face,
            content={"policy": policy_to_json(policy), "sentence": sentence},
            at=database_now(),
        )
        return row


def delegate(
    *, delegator: Person, delegate: Person, starts_at: datetime, ends_at: datetime, actor: Actor, face: Face
) -> Delegation:
    """While it lasts, `delegate` may vote for `delegator`."""
    with transaction.atomic(durable=True):
        row = Delegation(delegator=delegator, delegate=delegate, starts_at=starts_at, ends_at=ends_at)
        row.full_clean()
        row.save()
        audit.append(
            stream="settings",
            kind="approvals.delegated",
            actor=actor,
            face=face,
            content={
                "delegator": str(delegator.pk),
                "delegate": str(delegate.pk),
                "starts_at": starts_at,
                "ends_at": ends_at,
                "sentence": f"{delegator.name} lets {delegate.name} vote until {ends_at:%Y-%m-%d %H:%M} UTC.",
            },
            at=database_now(),
        )
        return row


def plan_request_of(revision: Revision) -> Request | None:
    """The newest request that asks for the plan itself."""
    return revision.requests.filter(stage=PLAN).order_by("-pk").first()
