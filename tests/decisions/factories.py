"""A small organisation with a rollout, made through the door."""

from dataclasses import dataclass
from typing import Any

from rollouts.accounts.models import Person, Team
from rollouts.approvals.models import Policy
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment, Service
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action, Command
from rollouts.decisions.services import Decided
from rollouts.lib.documents import canonical
from rollouts.plans.document.check import check
from rollouts.plans.models import Change, Rollout
from rollouts.plans.registry import Draft
from tests.accounts.factories import person, team

PLAN = """
apiVersion: gatehouse/v1
kind: Plan
name: {slug}
title: "Orders v3"
environment: production
rationale: Addresses in separate fields.
owner: {{team: orders, person: mina@example.test}}
changes:
  - {{service: orders, kind: build, from: "2.4.0", to: "3.0.0", flag: {slug}}}
{gates}
stages:
  - name: canary
    title: Canary
    targets: [orders]
    exposure: {{percent: 10}}
    bake: 0s
    on_halt: off
    gates: {{exit: [{exit}], entry: []}}
  - name: half
    title: Half
    targets: [orders]
    exposure: {{percent: 50}}
    bake: 0s
    gates:
      entry:
        - name: approval-half
          title: Approved
          kind: approval
          on_fail: ask
          settings: {{quorum: {quorum}, teams: [orders]}}
      exit: [{exit}]
  - name: all
    title: All
    targets: [orders]
    exposure: {{percent: 100}}
    bake: 0s
rollback:
  steps: [Flag off]
  expected_duration: 1m
"""


@dataclass
class World:
    """Who and what there is. `mina` plans, `priya` and `jonas` approve, `tomas` may break the glass."""

    production: Environment
    orders: Service
    owners: Team
    mina: Person
    priya: Person
    jonas: Person
    tomas: Person


def world() -> World:
    """Makes the organisation, or finds it."""
    mina, priya = person("mina@example.test"), person("priya@example.test")
    jonas, tomas = person("jonas@example.test"), person("tomas@example.test")
    owners = team("orders", planner=[mina], approver=[mina, priya, jonas], breaker=[tomas])
    production, _ = Environment.objects.get_or_create(
        slug="production", defaults={"name": "Production", "production": True}
    )
    Policy.objects.get_or_create(environment=production, defaults={"quorum": 1, "roles": ["approver"]})
    orders, _ = Service.objects.get_or_create(
        slug="orders", defaults={"name": "Orders", "team": owners, "tier": 1}
    )
    return World(production, orders, owners, mina, priya, jonas, tomas)


def draft(there: World, source: str) -> Draft:
    """A checked document as the door wants it; a plan with problems fails the test."""
    checked = check(source.encode())
    assert not checked.problems, checked.problems
    document: Any = checked.document
    return Draft(
        source=source.encode(),
        media_type="application/yaml",
        document=document,
        digest=canonical.digest(document),
        author_id=there.mina.pk,
        author_ref=str(there.mina.pk),
    )


def plan_text(slug: str = "orders-v3", *, quorum: int = 1, gates: str = "", exit_: str = "") -> str:
    """The plan of these tests."""
    return PLAN.format(slug=slug, quorum=quorum, gates=gates, exit=exit_)


def rollout(there: World, slug: str = "orders-v3", *, source: str | None = None, quorum: int = 1) -> Rollout:
    """A rollout with a saved draft."""
    unsaved = Rollout(title="Orders v3", team=there.owners, owner=there.mina, environment=there.production)
    services.save_plan(
        rollout=slug,
        draft=draft(there, source or plan_text(slug, quorum=quorum)),
        actor=there.mina.actor,
        face=Face.COMMAND,
        create=unsaved,
    )
    return Rollout.objects.get(slug=slug)


def decide(
    who: Person, action: Action, slug: str = "orders-v3", *, key: str | None = None, **more: Any
) -> Decided:
    """One decision by one person, in the page."""
    command = Command(action=action, **more)
    return services.decide(rollout=slug, command=command, actor=who.actor, face=Face.PAGE, key=key)


def start(there: World, slug: str = "orders-v3") -> Decided:
    """Starts it; where rollouts stand side by side on one service, Ida passes over those that hold it."""
    _, seen = services.look(rollout=slug, person=there.mina.actor)
    if others := tuple(clash.name for clash in seen.clashes):
        ida = person("ida@example.test")
        team("orders", breaker=[ida], approver=[ida])
        return decide(ida, Action.START, slug, override=others, reason="Side by side.")
    return decide(there.mina, Action.START, slug)


def running(there: World, slug: str = "orders-v3", *, source: str | None = None, quorum: int = 1) -> Rollout:
    """A rollout whose plan is approved and whose first stage is entered."""
    rollout(there, slug, source=source, quorum=quorum)
    decide(there.mina, Action.PROPOSE, slug)
    decide(there.priya, Action.APPROVE, slug)
    start(there, slug)
    return Rollout.objects.get(slug=slug)


def alone(there: World, rollout: Rollout) -> None:
    """Gives it a service of its own: of several rollouts that hold one, only the first would go on."""
    own = Service.objects.create(slug=f"of-{rollout.slug}", name=rollout.slug, team=there.owners, tier=1)
    Change.objects.filter(rollout=rollout).update(service=own)


def ready(there: World, slug: str = "orders-v3", *, quorum: int = 1) -> Rollout:
    """A running rollout whose first stage is ready to be left."""
    row = running(there, slug, quorum=quorum)
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    assert row.stages.get(number=1).state == "ready", row.stages.get(number=1).state
    return row
