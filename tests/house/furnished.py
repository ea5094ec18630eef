"""A house with one of everything in it, and where each thing that has an address stands."""

from datetime import timedelta
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from notifications.models import Delivery, WebhookEndpoint
from rollouts.accounts.models import Membership, Person, Token
from rollouts.accounts.services import issue_token
from rollouts.accounts.values import Scope
from rollouts.approvals.models import Delegation
from rollouts.audit.models import Followup
from rollouts.audit.values import Face
from rollouts.contracts.models import (
    Consumer,
    Contract,
    ContractVersion,
    Dependency,
    Document,
    Import,
    Use,
    VersionDocument,
)
from rollouts.engines.models import ServiceToken
from rollouts.escalations.models import Run
from rollouts.gates.judges import replay
from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.gates.models import Backtest, Gate
from rollouts.gates.registry import judges
from rollouts.health.models import EdgeAnswer, OwnSignal, Probe, Slo
from rollouts.lib.clock import database_now
from rollouts.lib.panels import first_page, panels
from rollouts.plans.models import Campaign, Freeze, Revision
from rollouts.reviews.models import ActionItem, Lesson
from rollouts.statuspages.models import Feedback, Site
from tests.accounts.factories import person
from tests.escalations import factories as escalations
from tests.evidence.factories import result
from tests.health.factories import service, source
from tests.notifications import factories as notifications
from tests.reviews import factories as reviews
from tests.statuspages.factories import public_rollout, world

SKIPPED = ("account_", "admin:")
"""Sign-in and the read-only admin, which are Django's and allauth's own."""


def named_routes() -> dict[str, str]:
    """Every named address of the product's own, with its pattern."""
    found: dict[str, str] = {}

    def walk(patterns: list[Any], space: str, before: str) -> None:
        for each in patterns:
            pattern = f"{before}{each.pattern}"
            if isinstance(each, URLResolver):
                walk(each.url_patterns, f"{space}{each.namespace}:" if each.namespace else space, pattern)
            elif isinstance(each, URLPattern) and each.name:
                found[f"{space}{each.name}"] = pattern

    walk(get_resolver().url_patterns, "", "")
    return {name: pattern for name, pattern in found.items() if not name.startswith(SKIPPED)}


def furnish() -> tuple[Person, dict[str, Any]]:
    """One of everything; an administrator who plans and approves, and what fills in which address.

    The keys are names of parameters ("slug"), or of a route with its parameter ("catalog:team slug").
    """
    admin = person("admin@example.test", staff=True)
    there = world()
    for role in ("planner", "approver", "breaker", "admin"):
        Membership.objects.get_or_create(team=there.owners, person=admin, role=role)
    rollout = public_rollout()
    review = reviews.told_whole(reviews.cast(), closed=False)
    places = _contracts() | _people(admin) | _rollout(admin, rollout.pk) | _watched(admin)
    places |= {"slug": rollout.slug, "rollout": rollout.slug, "number": 1, "key": "orders-v3"}
    for name in named_routes():
        if name.startswith(("reviews:", "api:review")):
            places[f"{name} slug"] = review.rollout.slug
    item, lesson = ActionItem.objects.get(), Lesson.objects.get()
    places |= {"reviews:item pk": item.pk, "api:review-item pk": item.pk, "section": "summary"}
    places |= {"reviews:remove_lesson pk": lesson.pk, "reviews:lesson pk": lesson.pk}
    places |= {"api:review-lesson pk": lesson.pk, "verb": "submit"}
    return admin, places


def _everywhere(slug: str, *names: str) -> dict[str, Any]:
    return {f"{name} slug": slug for name in names}


def _contracts() -> dict[str, Any]:
    orders, shipping = service(), service("shipping")
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=orders, format="openapi"
    )
    ContractVersion.objects.create(contract=contract, version="2.1", state="active")
    document = Document.objects.create(
        digest="d" * 64, text="openapi: 3.0.3\n", size=15, stored_at=database_now()
    )
    VersionDocument.objects.create(
        version=contract.versions.get(), document=document, origin="api", stored_at=database_now()
    )
    Consumer.objects.create(contract=contract, service=shipping, uses=">=2 <3")
    Dependency.objects.create(service=shipping, on=orders)
    campaign = Campaign.objects.create(
        contract=contract, old="2.1", new="3.0", opened_at=database_now(), opened_by="Ada"
    )
    use = Use.objects.create(
        contract=contract, service=shipping, operation="GET /orders/{id}", source="declared"
    )
    said = EdgeAnswer.objects.create(
        caller="shipping", callee="orders", said="none", by="Ada", at=database_now()
    )
    places: dict[str, Any] = {
        "service": "shipping", "calls": "orders", "version": "2.1", "question": "can-promote"
    }  # fmt: skip
    for name in named_routes():
        if name.startswith(("contracts:", "api:contract", "gates:")):
            places[f"{name} slug"] = contract.slug
        if name.startswith(("engines:", "api:service-token")):
            places[f"{name} service"] = orders.slug
    places |= {"api:contract-advice service": "orders"}
    tested = result(service=shipping, contract=contract, version="2.1")
    places |= {"evidence:result pk": tested.pk, "api:evidence-result pk": tested.pk}
    campaigns = ("dashboard:campaign", "dashboard:campaign-end", "api:campaign")
    places |= {f"{name} pk": campaign.pk for name in campaigns}
    places |= {"contracts:consumer-part-remove pk": use.pk, "api:contract-consumer-part pk": use.pk}
    places |= {"health:edge-take-back pk": said.pk, "api:edge-answer pk": said.pk}
    asked = Import.objects.create(
        slug="shop", address="http://127.0.0.1:9/catalog-info.yaml", team=orders.team, enabled=False
    )
    places |= _everywhere(
        asked.slug,
        *("contracts:import", "contracts:import-ask", "contracts:import-stop"),
        *("api:import", "api:import-ask"),
    )
    trends = ("dashboard:trend", "dashboard:trend_figure")
    places |= {f"{name} name": "errors" for name in trends}
    return places | _everywhere(
        orders.slug,
        *("catalog:service", "catalog:service-retire", "dashboard:service", "api:service", *trends),
        *("api:service-trend", "api:service-contract-calls", "api:service-exemplars", "api:service-observed"),
        *("api:service-reach", "health:reach"),
    )


def _people(admin: Person) -> dict[str, Any]:
    other = person("other@example.test")
    token, _plain = issue_token(person=admin, name="one", scope=Scope.READ, days=1, face=Face.PAGE)
    now = database_now()
    delegation = Delegation.objects.create(
        delegator=admin, delegate=other, starts_at=now, ends_at=now + timedelta(days=1)
    )
    assert Token.objects.filter(pk=token.pk).exists()
    places: dict[str, Any] = {"person": admin.pk, "role": "planner"}
    places |= {"accounts:set_active pk": other.pk, "api:person pk": other.pk}
    places |= {"accounts:revoke_token pk": token.pk, "api:token pk": token.pk}
    places |= {"approvals:delegation-end pk": delegation.pk, "api:delegation pk": delegation.pk}
    teams = ("accounts:give_role", "accounts:take_role", "accounts:team", "accounts:set_on_call")
    places |= _everywhere("orders", *teams, "catalog:team", "api:catalog-team")
    places |= _everywhere("orders", "api:team-roles", "api:team-on-call")
    environments = ("approvals:policy", "api:policy", "catalog:environment", "api:environment")
    return places | _everywhere("production", *environments)


def _rollout(admin: Person, rollout: int) -> dict[str, Any]:
    now = database_now()
    site = Site.objects.filter(default=True).first() or Site.objects.create(
        slug="main", title="Status", default=True
    )
    feedback = Feedback.objects.create(rollout_id=rollout, text="It is slow.", key="k" * 32, at=now)
    followup = Followup.objects.filter(stream="rollout:orders-v3").order_by("pk").first()
    assert followup is not None
    Followup.objects.filter(pk=followup.pk).update(done_at=None, parked_at=now)
    gate = Gate.objects.present().filter(rollout=rollout, kind="checklist").get()
    measuring = Gate.objects.create(
        rollout_id=rollout, stage=gate.stage, name="errors", kind="metric", position="exit",
        settings={"signal": "errors", "limit": 0.05, "service": "orders", "targets": ["orders"]},
    )  # fmt: skip
    weighing = Gate.objects.create(
        rollout_id=rollout, stage=gate.stage, name="beside", kind="metric", position="exit",
        settings={"signal": "errors", "service": "orders", "targets": ["orders"]}, evidence=weighed(),
    )  # fmt: skip
    freeze = Freeze.objects.create(
        name="Peak trade",
        team=admin.memberships.all()[0].team,
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    places: dict[str, Any] = {"site": site.slug, "gate": gate.pk, "action": "halt"}
    places |= {"dashboard:panel name": panels.names()[0], "dashboard:home_panel name": first_page.names()[0]}
    places |= {"statuspages:letter key": feedback.key, "statuspages:answer pk": feedback.pk}
    places |= {"api:answer pk": feedback.pk, "plans:freeze pk": freeze.pk, "plans:freeze-lift pk": freeze.pk}
    places |= {"api:freeze pk": freeze.pk, "dashboard:retry_followup pk": followup.pk}
    places |= {"api:followup-retry pk": followup.pk, "api:gate pk": gate.pk}
    trial = Backtest.objects.create(
        revision=Revision.objects.filter(rollout=rollout).order_by("-number")[0],
        asked_by=admin.name,
        asked_at=now,
        due_at=now,
        done_at=now,
    )
    places |= {"api:backtest pk": trial.pk}
    places |= {"api:gate-recompute pk": measuring.pk, "api:gate-exemplars pk": measuring.pk}
    places |= {"api:gate-observed pk": measuring.pk}
    places |= {"api:gate-ticks pk": gate.pk, "api:gate-verdicts pk": gate.pk}
    places |= {"dashboard:chart gate": measuring.pk, "dashboard:figure gate": measuring.pk}
    places |= {"dashboard:gate gate": weighing.pk, "dashboard:evidence_figure gate": weighing.pk}
    return places | _everywhere(site.slug, "api:status-site")


def weighed() -> dict[str, Any]:
    """The evidence of a gate that has compared five windows."""
    judge = judges["compare"]
    begin = judge.start({"min_requests": 1})
    windows = [
        JudgedWindow(start=60 * number, bad=3, total=100, baseline_bad=20, baseline_total=900)
        for number in range(5)
    ]
    state, opinion = judge.update(begin, windows)
    kept = replay.take(judge, replay.begin(begin), begin, windows)
    return {**opinion.evidence, "judge": "compare", "replay": kept}


def _watched(admin: Person) -> dict[str, Any]:
    policy = escalations.policy(["#orders"], ["#platform"])
    escalations.halt(escalations.rollout("halted-v1", title="Halted"))
    run = Run.objects.get()
    fleet = source()
    webhook = WebhookEndpoint(name="outside", url="https://example.test/hook", events=["rollout.*"])
    webhook.set_secret("a secret of theirs")
    webhook.save()
    (delivery,) = notifications.write(notifications.draft("d"))
    Delivery.objects.filter(pk=delivery.pk).update(state="parked", due_at=None, parked_at=database_now())
    token = ServiceToken.objects.create(
        service=service(),
        environment=fleet.environment,
        digest="d" * 64,
        hint="gf_…",
        issued_by=admin.name,
        created_at=database_now(),
    )
    places: dict[str, Any] = {"engines:revoke pk": token.pk, "api:service-token pk": token.pk}
    for name in named_routes():
        if name.startswith(("escalations:", "api:escalation")):
            places |= {f"{name} pk": run.pk, f"{name} slug": policy.slug}
        if name.startswith(("notifications:webhook", "api:webhook")):
            places[f"{name} pk"] = webhook.pk
    places |= {"notifications:retry pk": delivery.pk, "api:delivery-retry pk": delivery.pk}
    promise = Slo.objects.create(
        slug="orders-answers",
        title="Orders answers",
        service=service(),
        environment=fleet.environment,
        target=0.99,
    )
    places |= _everywhere(promise.slug, "health:slo", "health:slo-edit", "health:slo-end", "api:slo")
    source("batch", kind="push")
    check = Probe.objects.create(
        slug="orders-check",
        title="Orders",
        service=service(),
        environment=fleet.environment,
        locations=["here"],
    )
    for name in named_routes():
        if name.startswith(("health:probe", "api:probe")):
            places[f"{name} slug"] = check.slug
    mesh = source("mesh", kind="prometheus", url="http://127.0.0.1:9", timeout_s=1)
    own = OwnSignal.objects.create(source=mesh, name="mine", signal="saturation", value="vector(1)")
    for name in named_routes():
        if name.startswith(("health:access", "health:signal", "api:source-", "dashboard:source_")):
            places |= {f"{name} slug": mesh.slug, f"{name} name": own.name}
    return places | _everywhere(fleet.slug, "health:source", "health:switch", "api:source")
