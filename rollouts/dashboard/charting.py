"""One chart of a rollout's health: on a page of its own, and as the figure that Plotly draws."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rollouts.dashboard.drawings import line
from rollouts.dashboard.parts import evidence, health
from rollouts.dashboard.standing import Standing, standing_of

EVERY = 10_000


@login_required
@require_GET
def chart(request: HttpRequest, slug: str, gate: int) -> HttpResponse:
    """The picture with every window in its table: what the link of the chart leads to without scripts."""
    standing = standing_of(request, slug)
    reading, marks = reading_of(standing, gate)
    context = {
        "charts": [
            each
            for each in (
                health.chart(standing, reading, marks, rows=EVERY),
                evidence.chart(slug, reading.gate, marks, rows=EVERY),
            )
            if each
        ],
        "gate": reading.gate,
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


@login_required
@require_GET
def evidence_figure(request: HttpRequest, slug: str, gate: int) -> JsonResponse:
    """The evidence of a gate for Plotly. Raises Http404 where nothing is weighed."""
    standing = standing_of(request, slug)
    found = next((each for each in standing.gates if each.pk == gate), None)
    drawn = found and evidence.series(found, tuple(health.events(standing)))
    if not drawn:
        raise Http404
    return JsonResponse(line.figure(drawn))


def reading_of(standing: Standing, gate: int) -> tuple[health.Reading, tuple[line.Mark, ...]]:
    """What a metric gate reads, and what happened. Raises Http404 where nothing of the kind is measured."""
    gates = [each for each in standing.gates if each.pk == gate and each.kind == "metric"]
    found = health.read(standing, gates)
    if not found:
        raise Http404
    return found[0], tuple(health.events(standing))
