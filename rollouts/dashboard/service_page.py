"""One service: who answers for it, what it provides, who relies on it, how it is now, what moves it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from rollouts.accounts.models import Person
from rollouts.catalog import queries as catalog
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.queries import give_standing
from rollouts.dashboard import (
    contract_shares,
    portfolio,
    service_calls,
    service_health,
    service_list,
    service_trends,
)
from rollouts.dashboard.drawings import lifetime
from rollouts.dashboard.drawings import slice as drawing
from rollouts.dashboard.glance import alerts
from rollouts.dashboard.parts import graph, observed
from rollouts.dashboard.standing import person_of
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word
from rollouts.health import queries as health
from rollouts.lib import learned
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState, StageState

LATELY = 12
LESSONS = 8


@dataclass(frozen=True)
class Verdict:
    """One sentence about a contract that a reader came for, with its reason."""

    tone: str
    lead: str
    detail: str


@login_required
@require_GET
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; a service that is gone still has one, which says so."""
    person, now = person_of(request), database_now()
    row = get_object_or_404(Service.objects.select_related("team__on_call"), slug=slug)
    contracts = provided(row)
    draw_lives(contracts, now.date())
    consumers = [each for contract in contracts for each in contract.consumers.all()]
    uses = list(
        row.consumes.filter(**there(contract=True))
        .select_related("service", "contract__provider")
        .order_by("contract__slug", "pk")
    )
    give_standing([*consumers, *uses], now=now)
    environments = list(service_list.customers_first())
    found = rollouts_of(row, person)
    context: dict[str, Any] = {
        "service": row,
        "describes": catalog.plans_for(person, row.team.slug),
        "contracts": contracts,
        "consumers": consumers,
        "callers": callers(row, consumers),
        "uses": uses,
        "calls": list(
            row.depends.filter(gone_at__isnull=True).select_related("on").order_by("on__name", "pk")
        ),
        "ready": sum(each.standing.readiness.ready for each in consumers),
        "verdicts": [verdict(contract) for contract in contracts if contract.consumers.all()],
        "measures": service_health.measures([row.pk], environments, now)[row.pk],
        "rollouts": portfolio.rows(found, now),
        "lamp": lamp(row, found),
        "lessons": learned.lessons_for([row.slug])[:LESSONS],
        "observing": observed.added(observed.of_service(person, row)),
        "alerts": alerts.told(health.alerts(service=row.slug)),
        "now": now,
        "nav": "services",
    }
    context |= service_calls.context(row, environments, now)
    context |= service_trends.context(request.GET, row, environments, now)
    context |= contract_shares.context(row, context["trend_environment"], context["range"], now)
    context |= picture(row, contracts, consumers, context["callers"])
    return render(request, "dashboard/service.html", context)


def there(*, contract: bool = False) -> dict[str, bool]:
    """Rows that are declared now."""
    return {"gone_at__isnull": True, **({"contract__gone_at__isnull": True} if contract else {})}


def provided(row: Service) -> list[Contract]:
    """The contracts of a service with their versions and consumers, in three queries."""
    versions = ContractVersion.objects.filter(**there()).order_by("-pk")
    consumers = Consumer.objects.filter(**there()).select_related("service__team", "contract")
    return list(
        row.contracts.filter(**there())
        .prefetch_related(
            Prefetch("versions", versions),
            Prefetch("consumers", consumers.order_by("service__tier", "service__name", "pk")),
        )
        .order_by("slug", "pk")
    )


def draw_lives(contracts: list[Contract], today: date) -> None:
    """Gives every version its `life`, all on one scale."""
    versions = [version for contract in contracts for version in contract.versions.all()]
    scale = lifetime.Scale.of(versions, today)
    for version in versions:
        version.life = lifetime.draw(version, scale, today)  # type: ignore[attr-defined]


def callers(row: Service, consumers: list[Consumer]) -> list[Dependency]:
    """Services that call it without a declared contract."""
    known = {each.service_id for each in consumers}
    rows = row.dependents.filter(**there()).exclude(service__in=known)
    return list(rows.select_related("service__team", "on").order_by("service__name", "pk"))


def verdict(contract: Contract) -> Verdict:
    """Whether all that rely on a contract have said that they are ready for its next version."""
    rows = list(contract.consumers.all())
    behind = [each for each in rows if not each.standing.readiness.ready]
    if not behind:
        text = ngettext("Its %(n)s consumer is ready.", "All %(n)s consumers are ready.", len(rows))
        lead = _("The next version of %(name)s can be read by everyone") % {"name": contract.name}
        return Verdict("pass", lead, text % {"n": len(rows)})
    names = ", ".join(
        _("%(service)s (%(word)s)")
        % {"service": each.service.name, "word": each.standing.readiness.label.lower()}
        for each in behind
    )
    lead = _("%(name)s cannot leave its old versions yet") % {"name": contract.name}
    text = ngettext(
        "%(n)s of %(all)s is not ready: %(names)s.", "%(n)s of %(all)s are not ready: %(names)s.", len(behind)
    )
    return Verdict("wait", lead, text % {"n": len(behind), "all": len(rows), "names": names})


def rollouts_of(row: Service, person: Person) -> list[Rollout]:
    """The newest rollouts that touch it, those under way first."""
    seen = Rollout.objects.accessible_to(person).filter(changes__service=row).values("pk")
    newest = Rollout.objects.filter(pk__in=seen).order_by("-created_at", "-pk")
    found = list(portfolio.with_parts(newest)[:LATELY])
    return sorted(found, key=lambda each: RolloutState(each.state).ended)


def lamp(row: Service, found: list[Rollout]) -> dict[str, str]:
    """What the gates that measure it say, of the stages that are carried out; without any, nothing judges it.

    Once a halt has taken the traffic of one, what the others say is not its health.
    """
    under_way = [each for each in found if not RolloutState(each.state).ended]
    changes = {each.pk: list(each.changes.all()) for each in under_way}
    gates = Gate.objects.present().filter(
        rollout__in=under_way,
        stage__state__in=[state.value for state in StageState if state.current],
        kind="metric",
        position=Position.EXIT,
        required=True,
        observe=False,
    )
    own = [gate for gate in gates.order_by("pk") if measures(gate, row, changes[gate.rollout_id])]
    words = [gate.word for gate in own if not gate.silenced]
    if Word.FAIL not in words and any(gate.silenced for gate in own):
        return {}
    for word, tone, text in (
        (Word.FAIL, "stop", _("A gate failed")),
        (Word.NO_DATA, "none", _("A gate has no data")),
        (Word.INCONCLUSIVE, "wait", _("Inconclusive")),
        (Word.PENDING, "wait", _("Being judged")),
    ):
        if word in words:
            return {"tone": tone, "word": text}
    return {"tone": "pass", "word": _("Healthy")} if words else {}


def measures(gate: Gate, row: Service, changes: list[Change]) -> bool:
    """Whether a gate is about this service: the one it names, else those that its stage targets."""
    if wanted := gate.settings.get("service"):
        return bool(wanted == row.slug)
    targets = gate.settings.get("targets", ())
    return any(change.service_id == row.pk and change.name in targets for change in changes)


def picture(
    row: Service, contracts: list[Contract], consumers: list[Consumer], plain: list[Dependency]
) -> dict[str, Any]:
    """The slice of the graph around it, from what is already read."""
    newest, beside = [], {}
    for contract in contracts:
        versions = [each for each in contract.versions.all() if each.state in ("active", "deprecated")]
        active = [each for each in versions if each.state == "active"] or versions
        if not active:
            consumers = [each for each in consumers if each.contract_id != contract.pk]
            continue
        newest.append(active[0])
        beside[contract.pk] = [each.version for each in versions if each is not active[0]]
    for version in newest:
        version.contract = next(each for each in contracts if each.pk == version.contract_id)
    found = graph.assemble([row], newest, beside, consumers, plain)
    return {"graph": found, "picture": drawing.draw(found)}
