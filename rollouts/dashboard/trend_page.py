"""One chart of a service over days: on a page of its own with every step, and as the figure for Plotly."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import service_list, service_trends
from rollouts.dashboard.drawings import line
from rollouts.dashboard.service_trends import Line, Range
from rollouts.health.queries import Trend
from rollouts.lib.clock import database_now

EVERY = 10_000


@dataclass(frozen=True)
class Asked:
    """What an address names, and what was counted."""

    service: Service
    environment: Environment
    over: Range
    drawn: Line
    found: Trend


@login_required
@require_GET
def chart(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The picture with every step in its table: what the chart's link leads to without scripts."""
    asked = asked_of(request, slug, name)
    context = {
        "service": asked.service,
        "environment": asked.environment,
        "range": asked.over,
        "ranges": service_trends.RANGES,
        "chart": service_trends.linked(
            service_trends.chart(asked.drawn, asked.found, rows=EVERY),
            asked.drawn,
            asked.service,
            asked.environment,
            asked.over,
        ),
        "nav": "services",
    }
    return render(request, "dashboard/trend.html", context)


@login_required
@require_GET
def figure(request: HttpRequest, slug: str, name: str) -> JsonResponse:
    """The same as data and layout for Plotly."""
    asked = asked_of(request, slug, name)
    return JsonResponse(line.figure(service_trends.series(asked.drawn, asked.found)))


def asked_of(request: HttpRequest, slug: str, name: str) -> Asked:
    """Raises Http404 for a service, an environment or a chart that is not there."""
    service = get_object_or_404(Service, slug=slug)
    wanted = request.GET.get("environment", "")
    environment = service_trends.environment_of(wanted, list(service_list.customers_first()))
    if environment is None or (wanted and environment.slug != wanted):
        raise Http404
    over = service_trends.range_of(request.GET.get("range", ""))
    found = service_trends.read(service, environment, over, database_now())
    drawn = next((each for each in service_trends.lines(found) if each.name == name), None)
    if drawn is None:
        raise Http404
    return Asked(service, environment, over, drawn, found)
