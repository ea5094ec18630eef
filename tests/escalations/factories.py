"""People, a rollout under way, policies and events for the tests of escalations and messages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Membership, Person, Team
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.catalog.models import Environment, Service
from rollouts.escalations import services
from rollouts.escalations.models import EscalationPolicy, Run
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Revision, Rollout, Stage

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "apiVersion": "gatehouse/v1",
    "kind": "Plan",
    "environment": "production",
    "owner": {"team": "orders"},
    "changes": [{"service": "orders", "from": "2.4.0", "to": "3.0.0", "flag": "orders-v3"}],
    "stages": [
        {"name": "canary", "exposure": {"percent": 10}, "bake": "30s"},
        {"name": "everyone", "exposure": {"percent": 100}, "bake": "1m"},
    ],
    "rollback": {"steps": ["Flag off."], "expected_duration": "4m"},
}


def team(slug: str = "orders", **fields: Any) -> Team:
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug.title(), **fields})[0]


def person(name: str = "Ruth Adeyemi", *, role: str = "", of: str = "orders", **fields: Any) -> Person:
    email = fields.pop("email", f"{name.split()[0].lower()}@fernhill.example")
    made = Person.objects.create_user(email, "long-enough-pass", name=name, **fields)
    if role:
        Membership.objects.create(person=made, team=team(of), role=role)
    return made


def service(slug: str = "orders", *, of: str = "orders", **fields: Any) -> Service:
    defaults = {"name": slug.title(), "team": team(of), **fields}
    return Service.objects.get_or_create(slug=slug, defaults=defaults)[0]


def rollout(slug: str = "orders-v3", *, state: str = "running", **fields: Any) -> Rollout:
    """A rollout of two stages; unless it is a draft, revision 1 is in force and stage 1 bakes."""
    where = Environment.objects.get_or_create(slug="production", defaults={"name": "Production"})[0]
    made = Rollout.objects.create(
        slug=slug,
        title=fields.pop("title", "Orders v3"),
        team=fields.pop("team", None) or team(),
        environment=where,
        salt="salt",
        state_since_at=NOW,
        created_at=NOW,
        **fields,
    )
    revision = Revision.objects.create(
        rollout=made,
        number=1,
        state="in_force" if state not in {"draft", "proposed", "approved"} else state,
        author_ref="0",
        source=b"",
        document=DOCUMENT | {"name": slug, "title": made.title},
        digest="9f3ce21a",
        created_at=NOW,
    )
    Change.objects.create(
        rollout=made,
        service=service(),
        environment=where,
        name="orders",
        from_version="2.4.0",
        to_version="3.0.0",
        flag=slug,
    )
    for number, title, percent in ((1, "Canary", 10), (2, "Everyone", 100)):
        begun = number == 1 and state not in {"draft", "proposed", "approved"}
        Stage.objects.create(
            rollout=made,
            number=number,
            name=title.lower(),
            title=title,
            state="baking" if begun else "pending",
            entered_at=NOW if begun else None,
            exposure={"percent": percent},
            bake=timedelta(seconds=30),
        )
    if state not in {"draft", "proposed", "approved"}:
        made.in_force, made.stage, made.granted_stage = revision, 1, 1
    made.state = state
    made.save()
    return made


def moved(**changed: Any) -> dict[str, Any]:
    """What a decision moved, as events say it."""
    return {
        "rollout": "running",
        "stages": {},
        "revisions": {},
        "casts": [],
        "closes_requests": [],
        "asks_for": [],
        "starts_escalation": None,
        "ends_escalation": False,
        "override": [],
        "skipped_requests": [],
    } | changed


def append(
    about: Rollout, kind: str, *, actor: Actor = SYSTEM, face: Face = Face.TICKER, **content: Any
) -> EventView:
    """One event of the rollout's stream, without what follows it."""
    said = {
        "rollout": about.slug,
        "title": about.title,
        "stage": about.stage,
        "stage_name": "Canary",
        "revision": 1,
        "reason": "",
        "shown": None,
        "sentence": f"It {kind.split('.')[1]}.",
        "moved": moved(),
    } | content
    with transaction.atomic():
        return audit.append(
            stream=about.stream,
            kind=kind,
            actor=actor,
            face=face,
            content=said,
            at=content.get("at", database_now()),
        )


def happen(about: Rollout, kind: str, **content: Any) -> EventView:
    """One event of the rollout's stream, and what follows it."""
    event = append(about, kind, **content)
    audit.follow_now(event.id)
    return event


def halt(about: Rollout) -> EventView:
    """The system halts the rollout for its errors gate."""
    Rollout.objects.filter(pk=about.pk).update(state="halted")
    about.stages.filter(number=1).update(state="halted")
    return happen(
        about,
        "rollout.halted",
        sentence="Gatehouse halted the rollout at stage 1 (Canary): gate “errors” failed.",
        shown={"gate": "errors", "sentence": "31 of 420 requests failed, 7.38 %; the limit is 5 %."},
        moved=moved(rollout="halted", starts_escalation="halt"),
    )


def policy(
    *lines: Sequence[str],
    wait_s: int = 300,
    repeat: int = 0,
    of: str = "orders",
    slug: str = "orders-on-call",
) -> EscalationPolicy:
    """A policy with one level for each sequence of lines."""
    from rollouts.escalations.values import read_line

    team(of)
    levels = [{"wait_s": wait_s, "targets": [read_line(line) for line in level]} for level in lines]
    return services.save_policy(
        slug=slug, name=slug.replace("-", " ").capitalize(), team=of, levels=levels, repeat=repeat,
        actor=SYSTEM, face=Face.COMMAND,
    )  # fmt: skip


def the_run() -> Run:
    return Run.objects.select_related("rollout").get()


def pass_wait(run: Run) -> None:
    """Moves the clock past the level's wait, and lets the ticker look."""
    Run.objects.filter(pk=run.pk, due_at__isnull=False).update(due_at=database_now() - timedelta(seconds=1))
    for pk in services.due(database_now(), 10):
        services.advance(pk)
    run.refresh_from_db()
