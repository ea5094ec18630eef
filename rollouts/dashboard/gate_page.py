"""Why a gate's verdict is what it is: the rule, the numbers, the queries, the history, and the same again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from rollouts.dashboard.exemplars import rows
from rollouts.dashboard.gate_numbers import numbers
from rollouts.dashboard.gate_rule import rule
from rollouts.dashboard.parts import health, observed
from rollouts.dashboard.parts.gates import gate_row
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import Chart
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.health import queries as windows
from rollouts.health.models import Source
from rollouts.health.values import Signal
from rollouts.lib.links import Link, fill
from rollouts.plans.models import Change

MEASURED = ("metric", "exposure")
QUERIES, WARNINGS, HISTORY, OCCASIONS = 20, 10, 20, 20


@dataclass(frozen=True)
class Again:
    """The verdict computed again: whether it is the stored one, and what came out."""

    same: bool
    word: str
    sentence: str
    overruled: str
    windows: int


@login_required
@require_GET
def gate(request: HttpRequest, slug: str, gate: int) -> HttpResponse:
    """The page; with `?again=1` the verdict is computed again. Gates that a revision dropped have one."""
    standing = standing_of(request, slug)
    rows = Gate.objects.select_related("stage").prefetch_related("ticks")
    found = get_object_or_404(rows, pk=gate, rollout=standing.rollout)
    context: dict[str, Any] = {
        "rollout": standing.rollout,
        "gate": found,
        "row": gate_row(standing, found),
        "rule": rule(found),
        "numbers": numbers(standing, found),
        "history": Paginator(gates.history(found), HISTORY).get_page(request.GET.get("page")),
        "can_compute": gates.rests_on_windows(found),
        "again": again(found) if "again" in request.GET else None,
        "now": standing.now,
        "nav": "rollouts",
    }
    if found.observe:
        context |= watched(standing, found)
    if found.kind in MEASURED:
        context |= measured(standing, found)
    return render(request, "dashboard/gate.html", context)


def watched(standing: Standing, gate: Gate) -> dict[str, Any]:
    """What a gate that only observes, and its like in other rollouts, would have done."""
    found = observed.alike(standing.person, gate)
    return {
        "observed": [observed.row(each, standing.now) for each in found[:OCCASIONS]],
        "observed_words": observed.words_of(gates.tally(each.occasion for each in found)),
    }


def again(gate: Gate) -> Again | None:
    """The verdict from the stored windows; None where it rests on none."""
    found = gates.recomputed(gate)
    if found is None:
        return None
    same = (gate.verdict, gate.sentence) == (found.word, found.sentence)
    return Again(same, found.word.value, found.sentence, found.overruled, found.windows)


def measured(standing: Standing, gate: Gate) -> dict[str, Any]:
    """Where the numbers come from: charts, queries, warnings of sources, and traces and logs of the time."""
    change = health.change_of(gate, standing.changes)
    if change is None:
        return {}
    since, until = time_of(standing, gate)
    signal = Signal.ERRORS if gate.kind == "exposure" else Signal(gate.settings.get("signal", "errors"))
    pair, name = (change.service_id, change.environment_id), health.series_of(gate)
    sent = windows.resolved_queries(
        change.service.slug, change.environment_id, since=since, until=until, signal=signal, name=name
    )
    stored = Signal.ERRORS if signal is Signal.TRAFFIC else signal
    told = windows.partial_data({pair}, since=since, until=until)[pair]
    return {
        "change": change,
        "probe": gate.settings.get("probe", ""),
        "since": since,
        "until": until,
        "sources": sources(gate, change),
        "queries": sent[:QUERIES],
        "queries_left": max(0, len(sent) - QUERIES),
        "warnings": [each for each in told if each.signal is stored and each.name == name][-WARNINGS:],
        "links": links(change, since, until),
        "charts": charts(standing, gate),
        "exemplars": rows(
            gates.exemplars(gate, change, since=since, until=until), change.service, change.environment
        ),
    }


def sources(gate: Gate, change: Change) -> list[Source]:
    """Those of the service, or the one that measures the signal of one's own that the gate names."""
    if name := gate.settings.get("named"):
        return [row.source for row in windows.own_signals() if row.name == name]
    return windows.sources_for({change.service_id})


def time_of(standing: Standing, gate: Gate) -> tuple[datetime, datetime]:
    """From the stage's (re)start until the gate was last judged."""
    stage = gate.stage
    since = stage.bake_started_at or stage.entered_at or standing.rollout.created_at
    return since, max(since, gate.judged_at or standing.now)


def links(change: Change, since: datetime, until: datetime) -> list[Link]:
    """Traces and logs of the new version in that time."""
    return fill(
        settings.GATEHOUSE_LINKS,
        service=change.service.slug,
        environment=change.environment.slug,
        version=change.to_version,
        since=since,
        until=until,
    )


def charts(standing: Standing, gate: Gate) -> list[Chart]:
    """What a metric gate reads, and its evidence."""
    if gate.kind != "metric":
        return []
    marks = tuple(health.events(standing))
    return health.charts(standing, health.read(standing, [gate]), marks)
