"""Measured impact: every metric gate's signal, by version, before, during and after."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.gates.models import Gate
from rollouts.health import queries as health
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.plans.document.gate import MetricSettings
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState
from rollouts.reviews.impact.earlier import earlier
from rollouts.reviews.impact.spans import Question, Stretch, count, line
from rollouts.reviews.values import Span

LONGEST = timedelta(hours=24)
"""Before and after are as long as during, and at most a day."""
STEPS = 120
"""Points of a line, however long the rollout took."""


def measure(rollout: Rollout, now: datetime) -> dict[str, Any]:
    """Spans, rows and lines as plain JSON.

    A row is one gate's signal of one version, with a cell for each span: numerator, denominator, unit,
    window, how many windows of how many, who counted, and the query in words. A cell without data says why.
    The row of all versions together has `earlier`, what was recorded of the same hours before the start.
    A line is one gate's signal of the new and the old version over all spans, in equal steps of `step_s`.
    """
    times = spans(rollout, now)
    if not times:
        return {"spans": {}, "rows": [], "why_none": "The rollout was never started."}
    gates = list(_gates(rollout))
    changes = list(rollout.changes.select_related("service", "environment").order_by("pk"))
    measured = list(_measured(gates, changes))
    keys = {_key(gate, change) for gate, change in measured}
    grids = health.grids_of(keys, since=times[Span.BEFORE][0]) if keys else {}
    sources = ", ".join(
        source.name for source in health.sources_for({change.service_id for change in changes})
    )
    before = earlier(rollout.pk, measured, *times[Span.DURING])
    rows, lines = [], []
    for gate, change in measured:
        grid = grids[_key(gate, change)]
        rows += [_row(gate, change, version, grid, times, sources) for version in _versions(change)]
        rows[-1]["earlier"] = before[gate.pk]
        lines.append(_line(gate, change, grid, times))
    said = {span.value: [at.isoformat() for at in ends] for span, ends in times.items()}
    why = "" if rows else "The plan has no metric gate, so nothing says what to measure."
    return {"spans": said, "rows": rows, "lines": lines, "why_none": why}


def spans(rollout: Rollout, now: datetime) -> dict[Span, tuple[datetime, datetime]]:
    """During: from the start until the end, a halt that granted nothing, or now. The others are as long."""
    start = rollout.started_at
    if start is None:
        return {}
    end = rollout.ended_at or now
    if rollout.state == RolloutState.HALTED and not rollout.granted:
        end = rollout.state_since_at
    end = max(end, start)
    length = min(end - start, LONGEST)
    return {
        Span.BEFORE: (start - length, start),
        Span.DURING: (start, end),
        Span.AFTER: (end, min(end + length, max(now, end))),
    }


def _gates(rollout: Rollout) -> Iterable[Gate]:
    """One gate for each thing that is measured, the first that the plan names."""
    seen = set()
    rows = Gate.objects.filter(rollout=rollout, kind="metric").select_related("stage")
    for gate in rows.order_by("stage__number", "order", "pk"):
        settings = MetricSettings.read(gate.settings)
        key = (settings.service, settings.signal, settings.series, settings.slower_than)
        if key not in seen:
            seen.add(key)
            yield gate


def _measured(gates: Iterable[Gate], changes: list[Change]) -> Iterable[tuple[Gate, Change]]:
    for gate in gates:
        wanted, targets = gate.settings.get("service"), gate.settings.get("targets", ())
        fitting = [each for each in changes if not wanted or each.service.slug == wanted]
        change = next((each for each in fitting if each.name in targets), next(iter(fitting), None))
        if change is not None:
            yield gate, change


def _key(gate: Gate, change: Change) -> health.Key:
    return change.service_id, change.environment_id, MetricSettings.read(gate.settings).series


def _versions(change: Change) -> list[str]:
    """The new version, the old one, and all together (empty)."""
    return [version for version in (change.to_version, change.from_version) if version] + [""]


def _row(
    gate: Gate,
    change: Change,
    version: str,
    grid: Grid,
    times: dict[Span, tuple[datetime, datetime]],
    sources: str,
) -> dict[str, Any]:
    settings = MetricSettings.read(gate.settings)
    slow = settings.slower_than.total_seconds() if settings.slower_than else None
    question = Question(Signal(settings.signal), (version,) if version else None, slow)
    cells = {span.value: _cell(grid, question, ends, change, sources) for span, ends in times.items()}
    return {
        "gate": gate.name,
        "title": str(gate),
        "signal": settings.signal,
        "named": settings.named,
        "service": change.service.slug,
        "service_name": change.service.name,
        "environment": change.environment.slug,
        "version": version,
        "slower_than_s": slow,
        "limit": settings.limit,
        "unit": settings.unit or question.unit,
        "cells": cells,
    }


def _line(
    gate: Gate, change: Change, grid: Grid, times: dict[Span, tuple[datetime, datetime]]
) -> dict[str, Any]:
    """Kept with the numbers, since windows are deleted some day."""
    settings = MetricSettings.read(gate.settings)
    slow = settings.slower_than.total_seconds() if settings.slower_than else None
    whole = Stretch(int(-(-times[Span.BEFORE][0].timestamp() // 1)), int(times[Span.AFTER][1].timestamp()))
    found: dict[str, Any] = {}
    for name, version in (("new", change.to_version), ("old", change.from_version)):
        question = Question(Signal(settings.signal), (version,), slow)
        found["step_s"], found[name] = line(grid, whole, question, STEPS) if version else (1, [])
    return {
        "gate": gate.name,
        "title": str(gate),
        "service_name": change.service.name,
        "signal": settings.signal,
        "named": settings.named,
        "slower_than_s": slow,
        "limit": settings.limit,
        "begin": -(-whole.start // grid.window_s) * grid.window_s,
        **found,
    }


def _cell(
    grid: Grid, question: Question, ends: tuple[datetime, datetime], change: Change, sources: str
) -> dict[str, Any]:
    start, end = ends
    found = count(grid, Stretch(int(-(-start.timestamp() // 1)), int(end.timestamp())), question)
    found["query"] = _query(question, found, start, end, change, sources)
    found["share"] = found["numerator"] / found["denominator"] if found["denominator"] else None
    found["why_none"] = "" if found["denominator"] else _why(grid, found, start, end)
    return found


def _query(
    question: Question, found: dict[str, Any], start: datetime, end: datetime, change: Change, sources: str
) -> str:
    """What was asked, so that anybody can ask it again."""
    version = question.versions[0] if question.versions else "*"
    labels = f'service="{change.service.slug}",environment="{change.environment.slug}",version="{version}"'
    if question.slower_than_s is not None:
        labels += f",slower_than={question.slower_than_s:g}s"
    counted = f", counted by {found['seen_by']}" if found["seen_by"] else ""
    return (
        f"sum({question.signal.value}{{{labels}}}) over {found['windows']} windows of {found['window_s']} s"
        f" from {_said(start)} to {_said(end)}{counted}; sources: {sources or 'none'}"
    )


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _why(grid: Grid, found: dict[str, Any], start: datetime, end: datetime) -> str:
    if start >= end or not found["windows_expected"]:
        return "No whole window lies in this time yet."
    if grid.through is None or grid.through <= start.timestamp():
        return "No source has closed a window of this time."
    if found["windows"]:
        return "There were no requests."
    return "Nobody counted this version in this time."
