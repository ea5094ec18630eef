"""Who depends on this: the services that change, the contracts they provide, who consumes them."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, ContractVersion, Dependency
from rollouts.contracts.queries import give_standing
from rollouts.contracts.values import Readiness, VersionState
from rollouts.dashboard.addresses import maybe
from rollouts.dashboard.drawings import slice as drawing
from rollouts.dashboard.standing import standing_of
from rollouts.dashboard.values import Edge, GraphSlice, Node
from rollouts.plans.models import Change, Rollout

UNREADY = (Readiness.NOT_READY, Readiness.TESTING)
TONES = {"ready": "pass", "migrated": "pass", "testing": "wait", "not_ready": "wait", "unknown": "none"}


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/graph_slice.html."""
    graph = slice_of(standing_of(request, rollout.slug).changes)
    return {"graph": graph, "picture": drawing.draw(graph)}


def slice_of(changes: list[Change]) -> GraphSlice:
    """The slice around the services of some changes, in eight queries."""
    services = list({change.service_id: change.service for change in changes}.values())
    versions = (
        ContractVersion.objects.filter(contract__provider__in=services, gone_at__isnull=True)
        .filter(contract__gone_at__isnull=True, state__in=[VersionState.ACTIVE, VersionState.DEPRECATED])
        .select_related("contract")
        .order_by("contract__slug", "-state", "-pk")
    )
    newest: dict[int, ContractVersion] = {}
    beside: dict[int, list[str]] = {}
    for version in versions:
        if version.contract_id in newest:
            beside.setdefault(version.contract_id, []).append(version.version)
        elif version.state == VersionState.ACTIVE:
            newest[version.contract_id] = version
    contracts = list(newest.values())
    consumers = list(
        Consumer.objects.filter(contract__in=[each.contract_id for each in contracts], gone_at__isnull=True)
        .select_related("service__team", "contract")
        .order_by("service__name", "pk")
    )
    give_standing(consumers)
    plain = list(
        Dependency.objects.filter(on__in=services, gone_at__isnull=True)
        .exclude(service__in=[each.service_id for each in consumers])
        .select_related("service__team", "on")
        .order_by("service__name", "pk")
    )
    return assemble(services, contracts, beside, consumers, plain)


def assemble(
    services: list[Service],
    contracts: list[ContractVersion],
    beside: dict[int, list[str]],
    consumers: list[Consumer],
    plain: list[Dependency],
) -> GraphSlice:
    """The values of the picture. A plain dependency goes through a contract that says so."""
    boxes = [contract_node(each, beside.get(each.contract_id, [])) for each in contracts]
    provides = [Edge(index_of(services, each.contract.provider_id), at) for at, each in enumerate(contracts)]
    places = {each.contract_id: at for at, each in enumerate(contracts)}
    for on in {each.on_id: each.on for each in plain}.values():
        provides.append(Edge(index_of(services, on.pk), len(boxes)))
        places[-on.pk] = len(boxes)
        boxes.append(Node(_("calls to %(service)s") % {"service": on.name}, _("no contract is declared")))
    people: dict[int, int] = {}
    nodes: list[Node] = []
    lines: list[Edge] = []
    for row in consumers:
        if row.service_id not in people:
            people[row.service_id] = len(nodes)
            nodes.append(consumer_node(row))
        lines.append(Edge(places[row.contract_id], people[row.service_id]))
    for call in plain:
        if call.service_id not in people:
            people[call.service_id] = len(nodes)
            nodes.append(
                Node(call.service.name, call.service.team.name, maybe("dashboard:service", call.service.slug))
            )
        lines.append(Edge(places[-call.on_id], people[call.service_id], call.kind == "soft"))
    return GraphSlice(
        providers=tuple(provider_node(each) for each in services),
        contracts=tuple(boxes),
        consumers=tuple(nodes),
        provides=tuple(provides),
        consumes=tuple(lines),
        sentence=sentence(services, consumers, len(nodes)),
    )


def index_of(services: list[Service], pk: int) -> int:
    """The place of a service in its column."""
    return next((at for at, each in enumerate(services) if each.pk == pk), 0)


def provider_node(service: Service) -> Node:
    """A service that changes."""
    note = _("Tier %(tier)s, %(team)s") % {"tier": service.tier, "team": service.team.name}
    return Node(service.name, note, maybe("dashboard:service", service.slug), focus=True)


def contract_node(version: ContractVersion, beside: list[str]) -> Node:
    """A contract in its newest active version."""
    note = version.contract.get_format_display()
    if beside:
        note = _("%(format)s, beside %(versions)s") % {"format": note, "versions": ", ".join(beside)}
    return Node(f"{version.contract.name} {version.version}", note, tone="move")


def consumer_node(row: Consumer) -> Node:
    """A service that consumes, with its readiness in words."""
    uses = _("uses %(range)s") % {"range": row.uses} if row.uses else row.service.team.name
    word = row.standing.readiness
    return Node(
        row.service.name,
        uses,
        maybe("dashboard:service", row.service.slug),
        TONES.get(word.value, ""),
        word.label,
    )


def sentence(services: list[Service], consumers: list[Consumer], all_of_them: int) -> str:
    """The slice in one sentence, those that are not ready by name."""
    names = ", ".join(service.name for service in services)
    if not all_of_them:
        return _("Nothing is declared to depend on %(names)s.") % {"names": names}
    text = ngettext("%(n)s service depends on %(names)s.", "%(n)s services depend on %(names)s.", all_of_them)
    text %= {"n": all_of_them, "names": names}
    unready = sorted({row.service.name for row in consumers if row.standing.readiness in UNREADY})
    if unready:
        text += " " + _("Not ready: %(names)s.") % {"names": ", ".join(unready)}
    return text
