"""People, teams, the catalog, sources and policies; safe to run at every start."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from demo.fleet import ports
from demo.loader.cast import CAST, PASSWORD, Member
from rollouts.accounts import services as accounts
from rollouts.accounts.models import Person, Team
from rollouts.accounts.values import Role, Scope
from rollouts.audit.values import Actor, Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment, Service
from rollouts.engines import services as engines
from rollouts.engines.models import ServiceToken
from rollouts.escalations import services as escalations
from rollouts.escalations.models import EscalationPolicy
from rollouts.health import services as health
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources import saving
from rollouts.health.sources.own import Own
from rollouts.health.values import Signal, SourceKind

HERE = Path(__file__).resolve().parent.parent
DEMO = Actor(kind="system", id="demo", name="The demo")
CALLERS = ("checkout", "shipping", "invoicing", "notifications")
FLAG = "orders-v3"
WINDOW_S = 5
SIZE = Own(
    "answer-bytes",
    Signal.SATURATION,
    {"value": 'orders_answer_bytes{service=~"{service}"}'},
    ("orders",),
    named=True,
    unit="B",
)
"""What the labels' printers care about: the mean size of an answer of orders."""


def establish() -> None:
    """Everything but rollouts. What is there already stays as people have changed it."""
    if not Person.objects.filter(email=CAST[-1].email).exists():
        catalog.apply_catalog(source=(HERE / "catalog.yaml").read_bytes(), actor=DEMO, face=Face.COMMAND)
    people = {member.email: _person(member) for member in CAST}
    _teams(people)
    _sources()
    admin = people[CAST[-1].email]
    _checks(admin)
    _recorded(admin)
    _escalations()
    _secrets()


def _person(member: Member) -> Person:
    found = Person.objects.filter(email=member.email).first()
    if found is not None:
        return found
    person = Person.objects.create_user(
        member.email,
        PASSWORD,
        name=member.name,
        timezone=member.timezone,
        is_staff=member.admin,
        is_superuser=member.admin,
    )
    if member.slack:
        accounts.link_identity(
            person=person,
            provider="slack",
            workspace=settings.SLACK_TEAM_ID,
            external_id=member.slack,
            face=Face.COMMAND,
        )
    return person


def _teams(people: dict[str, Person]) -> None:
    admin = people[CAST[-1].email]
    if admin.memberships.exists():
        return
    for member in CAST:
        for slug, roles in member.roles.items():
            team = Team.objects.get(slug=slug)
            for role in roles:
                accounts.give_role(
                    team=team, person=people[member.email], role=Role(role), by=admin, face=Face.COMMAND
                )
        for slug in member.on_call:
            team = Team.objects.get(slug=slug)
            accounts.set_on_call(team=team, person=people[member.email], by=admin, face=Face.COMMAND)


def _sources() -> None:
    """The fleet's ports may be others than at the last start."""
    given = ports.from_environment(os.environ)
    services = {service.slug: service for service in Service.objects.all()}
    targets = [
        health.TargetGiven(services[name.partition("-")[0]], f"http://127.0.0.1:{port}/metrics")
        for name, port in given.items()
        if name != "control" and port
    ]
    health.declare_source(
        given=health.SourceGiven(
            slug="demo-fleet",
            name="Demo fleet",
            environment=Environment.objects.get(slug="production"),
            team=Team.objects.get(slug="platform-sre"),
            targets=targets,
            window_s=WINDOW_S,
            timeout_s=2,
        ),
        actor=DEMO,
        face=Face.COMMAND,
    )


def _checks(admin: Person) -> None:
    """What a user of orders would do, at both versions; their ports may be others now.

    The new version is asked as often as checks can be: a gate counts the runs, and bakes are short here.
    """
    given = ports.from_environment(os.environ)
    for name, title, version, interval_s, timeout_s in (
        ("orders-reads", "Orders can be read", "2.4.0", 30, 5),
        ("orders-reads-3", "Orders can be read from 3.0.0", "3.0.0", 5, 2),
    ):
        if not (port := given[f"orders-{version}"]):
            continue
        entry = {"name": name, "title": title, "service": "orders", "version": version}
        times = {"interval_s": interval_s, "timeout_s": timeout_s}
        catalog.save_entry(
            section="probes",
            entry={**entry, **times, "environment": "production", "steps": _reading(port)},
            by=admin,
            face=Face.COMMAND,
        )


def _reading(port: int) -> list[dict[str, Any]]:
    at = f"http://127.0.0.1:{port}/orders"
    quick = {"body_matches": "address", "within_s": 1}
    return [
        {"name": "Find an order", "url": f"{at}/customer-7", "extract": {"order": {"json": "id"}}},
        {"name": "Read it", "url": f"{at}/{{{{order}}}}", "expect": {"status": [200], **quick}},
    ]


def _recorded(admin: Person) -> None:
    """What the fleet recorded, as a Prometheus source, with the signal of our own that a plan names."""
    port = ports.from_environment(os.environ)["control"]
    if not port:
        return
    health.declare_source(
        given=health.SourceGiven(
            slug="demo-recorded",
            name="What the demo fleet recorded",
            environment=Environment.objects.get(slug="production"),
            team=Team.objects.get(slug="platform-sre"),
            targets=(),
            window_s=WINDOW_S,
            timeout_s=2,
            kind=SourceKind.PROMETHEUS,
            url=f"http://127.0.0.1:{port}",
            delay_s=1,
        ),
        actor=DEMO,
        face=Face.COMMAND,
    )
    if OwnSignal.objects.filter(source__slug="demo-recorded", name=SIZE.name).exists():
        return
    saving.save_signal(slug="demo-recorded", given=SIZE, by=admin, face=Face.COMMAND)


@contextmanager
def recordings() -> Iterator[Source]:
    """The source of what was measured before the fleet was started; asked by nobody, and off at the end."""
    given = health.SourceGiven(
        slug="recordings",
        name="Recordings from before the fleet",
        environment=Environment.objects.get(slug="production"),
        team=Team.objects.get(slug="platform-sre"),
        targets=(),
        window_s=WINDOW_S,
        enabled=True,
    )
    health.declare_source(given=given, actor=DEMO, face=Face.COMMAND)
    with _only("recordings") as source:
        # The ticker would find nothing at no address.
        Source.objects.filter(pk=source.pk).update(due_at=None)
        yield source
    health.declare_source(given=replace(given, enabled=False), actor=DEMO, face=Face.COMMAND)


@contextmanager
def _only(slug: str) -> Iterator[Source]:
    """No other source says how far windows are closed."""
    others = Source.objects.filter(enabled=True).exclude(slug=slug)
    names = list(others.values_list("slug", flat=True))
    others.update(enabled=False)
    try:
        yield Source.objects.get(slug=slug)
    finally:
        Source.objects.filter(slug__in=names).update(enabled=True)


def _escalations() -> None:
    if EscalationPolicy.objects.filter(slug="orders-on-call").exists():
        return
    escalations.save_policy(
        name="Orders on call",
        slug="orders-on-call",
        team="orders",
        repeat=1,
        services=["orders"],
        levels=[
            _level(120, _on_call("orders"), _channel("#orders-on-call")),
            _level(180, _on_call("platform-sre")),
            _level(300, {"kind": "role", "name": "orders", "role": "approver"}),
        ],
        actor=DEMO,
        face=Face.COMMAND,
    )
    escalations.save_policy(
        name="Shop on call",
        slug="shop-on-call",
        team="platform-sre",
        services=["checkout", "shipping", "invoicing", "notifications"],
        levels=[_level(300, _on_call("platform-sre")), _level(600, _channel("#platform-sre"))],
        actor=DEMO,
        face=Face.COMMAND,
    )


def _level(wait_s: int, *targets: dict[str, str]) -> dict[str, Any]:
    return {"wait_s": wait_s, "targets": list(targets)}


def _on_call(team: str) -> dict[str, str]:
    return {"kind": "on_call", "name": team}


def _channel(name: str) -> dict[str, str]:
    return {"kind": "channel", "name": name}


def _secrets() -> None:
    """Tokens for the callers of orders, in the file that the fleet reads; made anew when it was lost."""
    path = Path(os.environ.get("GATEHOUSE_DEMO_SECRETS", "") or settings.GATEHOUSE_STATE_DIR / "demo.json")
    if path.exists():
        return
    tokens = {}
    for slug in CALLERS:
        service = Service.objects.get(slug=slug)
        for old in ServiceToken.objects.filter(service=service, revoked_at__isnull=True).order_by("pk"):
            engines.revoke_token(pk=old.pk, actor=DEMO, face=Face.COMMAND)
        _, tokens[slug] = engines.issue_token(service=service, actor=DEMO, face=Face.COMMAND)
    people = [
        {
            "id": member.slack or f"U01{member.name.split()[0].upper()}",
            "name": member.name,
            "email": member.email,
        }
        for member in CAST
    ]
    document = {"flag": FLAG, "tokens": tokens, "pipeline": _pipeline(), "slack_users": people}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(document, indent=1))
    fresh.replace(path)


def _pipeline() -> str:
    """The token with which the pipeline of shipping sends what its tests found."""
    person = Person.objects.get(email="tomas.rey@fernhill.example")
    _, text = accounts.issue_token(
        person=person, name="shipping-ci", scope=Scope.WRITE, days=366, face=Face.COMMAND
    )
    return text
