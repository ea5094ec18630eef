"""One chart of a rollout's health: on a page of its own, and as the figure that Plotly draws."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rollouts.dashboard.drawings import line
from rollouts.dashboard.parts import health
from rollouts.dashboard.standing import Standing, standing_of

EVERY = 10_000


@login_required
@require_GET
def chart(request: HttpRequest, slug: str, gate: int) -> HttpResponse:
    """The picture with every window in its table: what the link of the chart leads to without scripts."""
    standing = standing_of(request, slug)
    reading, marks = reading_of(standing, gate)
    context = {
        "chart": health.chart(standing, reading, marks, rows=EVERY),
        "rollout": standing.rollout,
        "reading": reading,
        "where": health.where(standing, [reading]),
        "now": standing.now,
        "nav": "rollouts",
    }
    return render(request, "dashboard/chart.html", context)


@login_required
@require_GET
def figure(request: HttpRequest, slug: str, gate: int) -> JsonResponse:
    """The same as data and layout for Plotly."""
    reading, marks = reading_of(standing_of(request, slug), gate)
    return JsonResponse(line.figure(health.series(reading, marks)))


def reading_of(standing: Standing, gate: int) -> tuple[health.Reading, tuple[line.Mark, ...]]:
    """What a metric gate reads, and what happened. Raises Http404 where nothing of the kind is measured."""
    gates = [each for each in standing.gates if each.pk == gate and each.kind == "metric"]
    found = health.read(standing, gates)
    if not found:
        raise Http404
    return found[0], tuple(health.events(standing))
