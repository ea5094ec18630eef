"""Requests and votes as the door writes them, and policies as planners edit them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.approvals import values
from rollouts.approvals.models import PLAN, Delegation, Policy, Request, Vote
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, EventView, Face
from rollouts.catalog.models import Environment
from rollouts.catalog.queries import administers
from rollouts.lib.clock import database_now
from rollouts.lib.idempotency import ClientKey
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Revision, Rollout

LONGEST = timedelta(days=366)


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


class NotAllowed(Refusal):
    """The actor may not do this."""


class Senseless(Refusal):
    """What was given cannot be meant: `sentence` says why."""


def delegate(
    *,
    delegator: Person,
    delegate: Person,
    starts_at: datetime,
    ends_at: datetime,
    by: Person,
    face: Face,
    key: ClientKey | None = None,
) -> Delegation:
    """While it lasts, `delegate` may vote for `delegator`.

    Raises NotAllowed and Senseless; with a client's key that was used before, Repeated or KeyReused.
    """
    with transaction.atomic(durable=True):
        now = database_now()
        audit.require_new(key, actor=by.actor, now=now)
        _require_own(delegator, by, "Ask them to delegate it themselves, or an administrator.")
        if delegate.pk == delegator.pk or not delegate.is_active:
            raise Senseless("senseless", "Nobody votes for themselves.", "Name another active person.")
        if ends_at <= max(starts_at, now) or ends_at - starts_at > LONGEST:
            sentence = "A delegation ends after it begins, in the future, and within a year."
            raise Senseless("senseless", sentence, "Write another end.")
        row = Delegation(delegator=delegator, delegate=delegate, starts_at=starts_at, ends_at=ends_at)
        row.save()
        until = f"{ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        said = f"{delegator.name} lets {delegate.name} vote until {until}."
        event = _log(row, "approvals.delegated", by.actor, face, said, now)
        audit.bind(key, actor=by.actor, event=event, now=now)
        return row


def end_delegation(*, delegation_id: int, by: Person, face: Face) -> Delegation:
    """Ends a delegation now; votes that were given stay. Raises NotAllowed and DoesNotExist."""
    with transaction.atomic(durable=True):
        rows = Delegation.objects.select_for_update(of=("self",)).select_related("delegator", "delegate")
        row = rows.get(pk=delegation_id)
        now = database_now()
        if by.pk != row.delegate_id:
            _require_own(row.delegator, by, "Ask one of the two, or an administrator.")
        if row.ended_at is None and row.ends_at > now:
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            said = f"{row.delegate.name} votes for {row.delegator.name} no longer."
            _log(row, "approvals.delegation_ended", by.actor, face, said, now)
        return row


def _require_own(delegator: Person, by: Person, remedy: str) -> None:
    if by.pk != delegator.pk and not administers(by):
        raise NotAllowed("forbidden", f"Only {delegator.name} says who votes for them.", remedy)


def _log(row: Delegation, kind: str, actor: Actor, face: Face, said: str, now: datetime) -> EventView:
    content = {
        "delegation": row.pk,
        "delegator": str(row.delegator_id),
        "delegate": str(row.delegate_id),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "sentence": said,
    }
    return audit.append(stream="settings", kind=kind, actor=actor, face=face, content=content, at=now)


def plan_request_of(revision: Revision) -> Request | None:
    """The newest request that asks for the plan itself."""
    return revision.requests.filter(stage=PLAN).order_by("-pk").first()
