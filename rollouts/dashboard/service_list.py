"""All services: who owns them, who is on call, what they provide, how they are now; page by page."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.forms import CharField, ChoiceField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from rollouts.accounts.models import Person, Team
from rollouts.catalog import queries as catalog
from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import service_health
from rollouts.dashboard.service_health import Measure
from rollouts.dashboard.standing import person_of
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState

PAGE = 50
TIERS = range(5)
MOVING = tuple(state.value for state in RolloutState if not state.ended and state is not RolloutState.DRAFT)


class Filters(Form):
    """What the list is narrowed to."""

    q = CharField(label=_("Name"), required=False, max_length=100)
    team = ChoiceField(label=_("Team"), required=False)
    tier = ChoiceField(label=_("Tier"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices: dict[str, list[tuple[str, str]]] = {
            "team": list(Team.objects.order_by("name", "pk").values_list("slug", "name")),
            "tier": [(str(tier), str(tier)) for tier in TIERS],
        }
        for name, found in choices.items():
            field_ = self.fields[name]
            assert isinstance(field_, ChoiceField)  # noqa: S101 - declared above
            field_.choices = [("", _("All")), *found]

    def narrowed(self, rows: "QuerySet[Service]") -> "QuerySet[Service]":
        """The rows that the valid filters leave."""
        self.is_valid()
        given = self.cleaned_data
        if text := given.get("q"):
            rows = rows.filter(Q(name__icontains=text) | Q(slug__icontains=text))
        if given.get("team"):
            rows = rows.filter(team__slug=given["team"])
        return rows.filter(tier=int(given["tier"])) if given.get("tier") else rows

    @property
    def query(self) -> str:
        """The filters for the addresses of the other pages."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


@dataclass
class Row:
    """One service of the list."""

    service: Service
    contracts: int
    consumers: int
    measures: list[Measure] = field(default_factory=list)
    rollouts: list[Rollout] = field(default_factory=list)


@login_required
@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """The list, most important first."""
    person, now = person_of(request), database_now()
    filters = Filters(request.GET)
    rows = filters.narrowed(Service.objects.filter(gone_at__isnull=True).order_by("tier", "name", "pk"))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": listed([each.pk for each in page], person, now),
        "page": page,
        "query": filters.query,
        "filters": filters,
        "describes": catalog.teams_described_by(person).exists(),
        "now": now,
        "nav": "services",
    }
    return render(request, "dashboard/services.html", context)


def listed(ids: Collection[int], person: Person, now: datetime) -> list[Row]:
    """The rows of these services, in a constant number of queries."""
    found = (
        Service.objects.filter(pk__in=ids)
        .select_related("team__on_call")
        .annotate(
            provided=Count("contracts", filter=Q(contracts__gone_at__isnull=True), distinct=True),
            relying=Count(
                "contracts__consumers__service",
                filter=Q(contracts__gone_at__isnull=True, contracts__consumers__gone_at__isnull=True),
                distinct=True,
            ),
            calling=Count("dependents", filter=Q(dependents__gone_at__isnull=True), distinct=True),
        )
        .order_by("tier", "name", "pk")
    )
    measured = service_health.measures(ids, list(customers_first()), now)
    moving = rollouts_of(ids, person)
    return [
        Row(each, each.provided, each.relying + each.calling, measured[each.pk][:1], moving.get(each.pk, []))
        for each in found
    ]


def customers_first() -> Iterable[Environment]:
    """Environments, those that customers use before the others."""
    return Environment.objects.order_by("-production", "order", "pk")


def rollouts_of(ids: Collection[int], person: Person) -> dict[int, list[Rollout]]:
    """The rollouts under way that touch these services, as far as the person may see them."""
    seen = Rollout.objects.accessible_to(person).filter(state__in=MOVING).values("pk")
    changes = Change.objects.filter(service__in=ids, rollout__in=seen).select_related("rollout")
    found: dict[int, dict[int, Rollout]] = {}
    for change in changes.order_by("-rollout__created_at", "pk"):
        found.setdefault(change.service_id, {})[change.rollout_id] = change.rollout
    return {service: list(rows.values()) for service, rows in found.items()}
