"""All rollouts that the reader may see, by state, team, environment and service, page by page."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import ChoiceField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from rollouts.accounts.models import Team
from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import portfolio
from rollouts.dashboard.standing import person_of
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.values import RolloutState

PAGE = 50


class Filters(Form):
    """What the list is narrowed to; the names are those of the API."""

    state = ChoiceField(label=_("State"), required=False)
    team = ChoiceField(label=_("Team"), required=False)
    environment = ChoiceField(label=_("Environment"), required=False)
    service = ChoiceField(label=_("Service"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices: dict[str, list[tuple[str, str]]] = {
            "state": RolloutState.choices(),
            "team": list(Team.objects.order_by("name", "pk").values_list("slug", "name")),
            "environment": list(Environment.objects.order_by("order", "pk").values_list("slug", "name")),
            "service": list(Service.objects.order_by("name", "pk").values_list("slug", "name")),
        }
        for name, found in choices.items():
            field = self.fields[name]
            assert isinstance(field, ChoiceField)  # noqa: S101 - declared above
            field.choices = [("", _("All")), *found]

    def narrowed(self, rows: "QuerySet[Rollout]") -> "QuerySet[Rollout]":
        """The rows that the valid filters leave; a filter with an unknown word is an error, not a filter."""
        self.is_valid()
        given = self.cleaned_data
        columns = {
            "state": "state",
            "team": "team__slug",
            "environment": "environment__slug",
        }
        for name, column in columns.items():
            if given.get(name):
                rows = rows.filter(**{column: given[name]})
        if given.get("service"):
            inside = Rollout.objects.filter(changes__service__slug=given["service"]).values("pk")
            rows = rows.filter(pk__in=inside)
        return rows

    @property
    def query(self) -> str:
        """The filters for the addresses of the other pages."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


@login_required
@require_GET
def rollouts(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    person, now = person_of(request), database_now()
    filters = Filters(request.GET)
    rows = filters.narrowed(Rollout.objects.accessible_to(person).order_by("-created_at", "-pk"))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = portfolio.with_parts(rows.filter(pk__in=[each.pk for each in page]))
    context = {
        "portfolio": portfolio.rows(shown, now),
        "page": page,
        "query": filters.query,
        "filters": filters,
        "now": now,
        "nav": "rollouts",
    }
    return render(request, "dashboard/rollouts.html", context)
