"""The door of escalations: acknowledge, call the next level, and edit policies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import held_roles, on_call_teams
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.catalog.models import Service
from rollouts.escalations import state
from rollouts.escalations.audience import reach
from rollouts.escalations.models import Cover, EscalationPolicy, Run
from rollouts.escalations.values import (
    MOST_REPEATS,
    Invalid,
    Ladder,
    Refused,
    RunState,
    read_levels,
)
from rollouts.lib.clock import database_now
from rollouts.plans.queries import owning_teams

__all__ = ["Invalid", "Refused", "acknowledge", "advance", "call_next", "delete_policy", "due", "save_policy"]


def due(now: datetime, limit: int) -> list[int]:
    """Runs whose level has been waited for."""
    return list(Run.objects.due(now).values_list("pk", flat=True)[:limit])


def advance(pk: int) -> None:
    """Asks the next level if the run is still due. Safe to run twice at once."""
    rows = Run.objects.select_for_update(of=("self",), skip_locked=True).select_related("rollout")
    with audit.door(lambda: rows.filter(pk=pk).first()) as (run, now):
        # Strictly later: an answer in the very instant in which the level ends comes first.
        if run is None or run.state != RunState.ACTIVE or run.due_at is None or not run.due_at < now:
            return
        state.climb(run, actor=SYSTEM, face=Face.TICKER, now=now)


def acknowledge(*, run: int, actor: Actor, face: Face, note: str = "", key: str | None = None) -> EventView:
    """Takes the run: nobody else is asked. Raises Refused, Run.DoesNotExist; nothing is then changed.

    With `key` the same request by the same actor gives the same answer, once.
    """
    request = {"acknowledge": run, "note": note}
    with audit.door(lambda: _lock(run, actor)) as ((row, roles), now):
        if key and (before := audit.recall(actor=actor, key=key, request=request, now=now)):
            return before
        _require_open(row)
        if row.state == RunState.ACKNOWLEDGED:
            raise Refused(
                "already_acknowledged",
                f"{row.acknowledged_name} acknowledged {row.name} at {row.acknowledged_at:%H:%M:%S} UTC.",
                "Nobody else needs to.",
            )
        person = _require_right(row, actor, roles)
        event = state.acknowledge(row, person=person, actor=actor, face=face, now=now, note=note.strip())
        if key:
            audit.remember(actor=actor, key=key, request=request, event=event, now=now)
        return event


def call_next(
    *, run: int, level: int, actor: Actor, face: Face, note: str = "", key: str | None = None
) -> EventView:
    """Asks the level after `level` now, without waiting. Raises Refused, Run.DoesNotExist.

    `level` is the one that the person saw being asked, so that two who call at once call one level.
    """
    request = {"call_next": run, "level": level, "note": note}
    with audit.door(lambda: _lock(run, actor)) as ((row, roles), now):
        if key and (before := audit.recall(actor=actor, key=key, request=request, now=now)):
            return before
        _require_open(row)
        _require_right(row, actor, roles)
        if row.state != RunState.ACTIVE:
            sentence = f"{row.name} asks nobody any more: it is {row.word.label.lower()}."
            raise Refused("not_active", sentence, "")
        if row.level != level:
            sentence = f"Level {row.level} of {row.name} is being asked already."
            raise Refused("changed", sentence, "Look again before you call one more.")
        event = state.climb(row, actor=actor, face=face, now=now, reason=note.strip())
        if key:
            audit.remember(actor=actor, key=key, request=request, event=event, now=now)
        return event


def _lock(run: int, actor: Actor) -> tuple[Run, dict[str, set[str]]]:
    """Memberships before runs, as everywhere."""
    roles = held_roles(int(actor.id), lock=True) if actor.kind == "person" else {}
    rows = Run.objects.select_for_update(of=("self",)).select_related("rollout__team")
    return rows.get(pk=run), roles


def _require_open(run: Run) -> None:
    if run.state == RunState.ENDED:
        raise Refused("ended", f"{run.name} has ended. {run.ended_why}", "There is nothing to answer.")


def _require_right(run: Run, actor: Actor, roles: dict[str, set[str]]) -> Person:
    person = (
        Person.objects.filter(pk=int(actor.id), is_active=True).first() if actor.kind == "person" else None
    )
    if person is None:
        raise Refused("no_person", "Only a person can answer an escalation.", "Sign in as one.")
    teams = owning_teams(run.rollout) | {run.rollout.team.slug}
    member = bool(teams & set(roles)) or bool(teams & on_call_teams(person.pk))
    if member or person.is_staff or str(person.pk) in asked_people(run):
        return person
    raise Refused(
        "forbidden",
        f"{run.name} is not yours to answer.",
        f"Its policy, or a team among {', '.join(sorted(teams))}, would have to name you.",
    )


def asked_people(run: Run) -> set[str]:
    """Ids of those who were asked, and of those whom the levels reach now."""
    asked = {each["id"] for step in run.steps.all() for each in step.reached if each["kind"] == "person"}
    levels = run.ladder.levels
    return asked | {each.id for level in levels for each in reach(level) if each.kind == "person"}


# --- policies ------------------------------------------------------------------------------------


def save_policy(
    *,
    name: str,
    team: str,
    levels: Any,
    actor: Actor,
    face: Face,
    slug: str = "",
    repeat: int = 0,
    services: Sequence[str] = (),
) -> EscalationPolicy:
    """Makes or edits the policy with this slug; runs under way keep theirs. Without a slug it is a new one.

    `levels` in the JSON form of `values.read_levels`; `services` are the slugs that it covers. Raises
    Invalid with everything to mend, or Refused.
    """
    fresh, slug = not slug, slug or slugify(name)[:60]
    with transaction.atomic(durable=True):
        owner, covered = _checked(name=name, slug=slug, team=team, repeat=repeat, services=services)
        ladder = Ladder(name=name.strip(), slug=slug, repeat=repeat, levels=read_levels(levels))
        policy = EscalationPolicy.objects.select_for_update(of=("self",)).filter(slug=slug).first()
        if fresh and policy is not None:
            raise Invalid([f"There is a policy called {policy.name} already."])
        require_editor(actor, {owner, policy.team} if policy else {owner})
        if policy is None:
            policy = EscalationPolicy(slug=slug)
        policy.name, policy.team, policy.repeat = ladder.name, owner, repeat
        policy.levels = [level.as_json() for level in ladder.levels]
        policy.save()
        _cover(policy, covered)
        _say_policy(policy, "escalation.policy_saved", "saved", actor, face, services=list(services))
        return policy


def _checked(
    *, name: str, slug: str, team: str, repeat: int, services: Sequence[str]
) -> tuple[Team, list[Service]]:
    problems = []
    if not name.strip() or not slug:
        problems.append("A policy needs a name.")
    if not 0 <= repeat <= MOST_REPEATS:
        problems.append(f"A policy begins again 0 to {MOST_REPEATS} times.")
    owner = Team.objects.filter(slug=team).first()
    if owner is None:
        problems.append(f"There is no team {team}.")
    covered = list(Service.objects.filter(slug__in=list(services)).order_by("slug"))
    missing = sorted(set(services) - {service.slug for service in covered})
    problems += [f"There is no service {slug}." for slug in missing]
    if problems or owner is None:
        raise Invalid(problems)
    return owner, covered


def _cover(policy: EscalationPolicy, services: list[Service]) -> None:
    policy.covers.exclude(service__in=services).delete()
    for service in services:
        Cover.objects.update_or_create(service=service, defaults={"policy": policy})


def require_editor(actor: Actor, teams: set[Team]) -> None:
    """Raises Refused unless the actor is planner or admin of every one of the teams, or the system."""
    if actor.is_system or may_edit(actor, teams):
        return
    names = ", ".join(sorted(team.name for team in teams))
    raise Refused(
        "forbidden", "This policy is not yours to edit.", f"It takes a planner or team admin of {names}."
    )


def may_edit(actor: Actor, teams: set[Team]) -> bool:
    """Whether the actor holds planner or admin in every one of the teams, or administers everything."""
    if actor.kind != "person":
        return False
    if Person.objects.filter(pk=int(actor.id), is_staff=True, is_active=True).exists():
        return True
    roles = held_roles(int(actor.id))
    return all({"planner", "admin"} & roles.get(team.slug, set()) for team in teams)


def delete_policy(*, slug: str, actor: Actor, face: Face) -> None:
    """Removes a policy; runs under way keep theirs. Raises Refused, EscalationPolicy.DoesNotExist."""
    with transaction.atomic(durable=True):
        rows = EscalationPolicy.objects.select_for_update(of=("self",)).select_related("team")
        policy = rows.get(slug=slug)
        require_editor(actor, {policy.team})
        _say_policy(policy, "escalation.policy_deleted", "deleted", actor, face)
        policy.delete()


def _say_policy(
    policy: EscalationPolicy, kind: str, verb: str, actor: Actor, face: Face, **more: Any
) -> None:
    content = {
        "policy": policy.slug,
        "ladder": policy.ladder.as_json(),
        "sentence": f"{actor.name} {verb} the escalation policy “{policy.name}”.",
        **more,
    }
    stream = f"team:{policy.team.slug}"
    audit.append(stream=stream, kind=kind, actor=actor, face=face, content=content, at=database_now())
