"""The kind `metric`: one signal of one service, judged window by window."""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollouts.gates.judges.protocol import JudgedWindow, Opinion
from rollouts.gates.judges.words import percent
from rollouts.gates.kinds import measuring, sides
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling, judges
from rollouts.gates.values import Word
from rollouts.health.quantiles import snap
from rollouts.health.queries import grids
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.plans.document.gate import MetricSettings
from rollouts.plans.models import Change

NAMES = {
    Signal.ERRORS: "Errors",
    Signal.LATENCY: "Slow answers",
    Signal.TRAFFIC: "Traffic",
    Signal.SATURATION: "Load",
}


class Metric:
    """Reads the windows of a batch at once, one grid per service and environment."""

    name = "metric"
    measured = True

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        changes = {gate.pk: change_of(gate, context) for gate in gates}
        begins = {gate.pk: measuring.since(gate, context.rollout(gate)) for gate in gates}
        pairs = {measuring.pair_of(change) for change in changes.values() if change}
        first = min((measuring.resume_at(gate, begins[gate.pk]) for gate in gates), default=context.now)
        found = grids(pairs, since=first) if pairs else {}
        rulings: dict[int, Ruling] = {}
        for gate in gates:
            change = changes[gate.pk]
            if change is None:
                rulings[gate.pk] = Ruling(
                    Opinion(Word.INCONCLUSIVE, "No change of the plan is measured here.")
                )
                continue
            grid = found[measuring.pair_of(change)]
            rulings[gate.pk] = _ruling(gate, change, grid, begins[gate.pk], context)
        return rulings

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """See GateKind."""
        change = change_of(gate, context)
        return measuring.due_times(gate, [measuring.pair_of(change)] if change else [], context)


def change_of(gate: Gate, context: Context) -> Change | None:
    """The change that the gate measures: of the service that it names, or the only one of its stage."""
    wanted = MetricSettings.read(gate.settings).service
    targets = gate.settings.get("targets", ())
    changes = context.changes.get(gate.rollout_id, [])
    if wanted:
        fitting = [change for change in changes if change.service.slug == wanted]
    else:
        fitting = [change for change in changes if change.name in targets]
    return next((change for change in fitting if change.name in targets), next(iter(fitting), None))


def versions_of(change: Change, which: str) -> tuple[Collection[str] | None, Collection[str]]:
    """The versions that are measured (None: all), and those that are left out."""
    canary = measuring.canary_versions(change)
    if which == "all" or not canary:
        return None, ()
    if which == "canary":
        return canary, ()
    return ((change.from_version,), ()) if change.from_version else (None, canary)


def _ruling(gate: Gate, change: Change, grid: Grid, begin: datetime, context: Context) -> Ruling:
    settings = MetricSettings.read(gate.settings)
    judge = judges.get(settings.judge)
    if judge is None:
        return Ruling(Opinion(Word.INCONCLUSIVE, f"There is no judge named “{settings.judge}”."))
    windows = windows_of(gate, change, grid, begin, context)
    bound = _bound(settings, change, grid)
    before = measuring.kept(gate, begin) or judge.start(_settings(gate, settings, change))
    before = _worded(before, settings, change, bound)
    state, opinion = judge.update(before, windows)
    if bound is not None and math.isinf(bound):
        opinion = replace(opinion, word=Word.INCONCLUSIVE, sentence=_no_bound(settings))
    opinion = measuring.stale(grid, begin, context.now) or opinion
    return Ruling(_explained(opinion, change, settings, grid, bound), measuring.carried(state, begin, grid))


def windows_of(
    gate: Gate, change: Change, grid: Grid, begin: datetime, context: Context
) -> list[JudgedWindow]:
    """The closed windows since the beginning that the judge has not seen, for its signal and version."""
    settings = MetricSettings.read(gate.settings)
    versions, but = versions_of(change, settings.version)
    rollout = context.rollout(gate)
    since = -int(-measuring.resume_at(gate, begin).timestamp() // 1)
    return [
        sides.window(
            grid,
            start,
            Signal(settings.signal),
            versions=versions,
            but=but,
            slower_than_s=settings.slower_than.total_seconds() if settings.slower_than else None,
            min_requests=gate.settings.get("min_requests", 1),
            counts=measuring.counts(start, grid, rollout),
        )
        for start in grid.starts(since)
    ]


def _settings(gate: Gate, settings: MetricSettings, change: Change) -> dict[str, Any]:
    return {
        **settings.options,
        "signal": settings.signal,
        "limit": settings.limit,
        "direction": "below" if settings.signal == Signal.TRAFFIC else "above",
        "breach_count": settings.breach_count,
        "breach_of": settings.breach_of,
        "min_requests": gate.settings.get("min_requests", 1),
        "warm_up": gate.settings.get("warm_up", 0),
    }


def _bound(settings: MetricSettings, change: Change, grid: Grid) -> float | None:
    """The bucket bound that stands for "slow"; None where nothing is known of buckets yet."""
    if settings.slower_than is None:
        return None
    versions, but = versions_of(change, settings.version)
    for cells in reversed(list(grid.cells.values())):
        for cell in cells:
            wanted = (versions is None or cell.version in versions) and cell.version not in but
            if cell.signal is Signal.LATENCY and cell.measured.buckets and wanted:
                return snap(settings.slower_than.total_seconds(), list(cell.measured.buckets))
    return None


def _worded(
    state: Mapping[str, Any], settings: MetricSettings, change: Change, bound: float | None
) -> dict[str, Any]:
    what = f"{NAMES[Signal(settings.signal)]}{_slow(settings, bound)} of {subject(change, settings.version)}"
    if settings.slower_than is not None and bound is None and state["last"] is not None:
        what = state["settings"]["what"]  # the bound that was known in earlier windows
    return {**state, "settings": {**state["settings"], "what": what}}


def _slow(settings: MetricSettings, bound: float | None) -> str:
    if settings.slower_than is None:
        return ""
    slow = settings.slower_than.total_seconds()
    if bound is None or math.isinf(bound) or math.isclose(bound, slow):
        return f" (over {slow * 1000:.0f} ms)"
    return f" (over {bound * 1000:.0f} ms, the next bound above {slow * 1000:.0f} ms)"


def subject(change: Change, which: str) -> str:
    """What is measured, in words: "orders 3.0.0"."""
    version = {"canary": change.to_version, "baseline": change.from_version}.get(which, "")
    return f"{change.service.name} {version}".strip()


def _no_bound(settings: MetricSettings) -> str:
    slow = settings.slower_than.total_seconds() * 1000 if settings.slower_than else 0
    return f"The service's histogram has no bound at or above {slow:.0f} ms: slow answers cannot be told."


def _explained(
    opinion: Opinion, change: Change, settings: MetricSettings, grid: Grid, bound: float | None
) -> Opinion:
    about = {
        "service": change.service.slug,
        "environment": change.environment.slug,
        "version": settings.version,
        "versions": {"canary": change.to_version, "baseline": change.from_version},
        "signal": settings.signal,
        "limit": settings.limit,
        "limit_words": percent(settings.limit) if settings.signal in ("errors", "latency") else "",
        "window_s": grid.window_s,
    }
    if settings.slower_than is not None:
        about["slower_than_s"] = settings.slower_than.total_seconds()
        about["bound_s"] = None if bound is None or math.isinf(bound) else bound
    return replace(opinion, evidence={**about, **opinion.evidence})
