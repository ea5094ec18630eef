"""The kind `metric`: one signal of one service, judged window by window."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollouts.gates import recomputing
from rollouts.gates.baselines import reading as baselines
from rollouts.gates.judges import replay
from rollouts.gates.judges.protocol import JudgedWindow, Opinion
from rollouts.gates.judges.words import percent
from rollouts.gates.kinds import arms, budgets, measuring, naming, partial, sides
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling, judges
from rollouts.gates.values import Position, Word
from rollouts.health.models import Slo
from rollouts.health.quantiles import snap
from rollouts.health.queries import Key, Pair, Partial, grids_of, partial_data
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.plans.document.gate import DEFAULT_ALPHA, SHARES, MetricSettings
from rollouts.plans.models import Change

WITH_ARMS = frozenset({"compare", "limit-e", "budget", "last-week"})
"""Judges whose windows hold the new version and the old one, counted by the same side."""
WEEK_S = 7 * 24 * 3600


class Metric:
    """Reads the windows of a batch at once, one grid per service and environment."""

    name = "metric"
    measured = True

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        changes = {gate.pk: change_of(gate, context) for gate in gates}
        begins = {gate.pk: measuring.since(gate, context.rollout(gate)) for gate in gates}
        pairs = {measuring.pair_of(change) for change in changes.values() if change}
        keys = {key_of(gate, change) for gate in gates if (change := changes[gate.pk])}
        first = min((measuring.resume_at(gate, begins[gate.pk]) for gate in gates), default=context.now)
        found = grids_of(keys, since=first) if keys else {}
        told = partial_data(pairs, since=min(begins.values()), until=context.now) if pairs else {}
        beside = Beside(_past(gates, changes, first, context), _slos(gates), told)
        rulings: dict[int, Ruling] = {}
        for gate in gates:
            change = changes[gate.pk]
            if change is None:
                rulings[gate.pk] = Ruling(
                    Opinion(Word.INCONCLUSIVE, "No change of the plan is measured here.")
                )
                continue
            grid = found[key_of(gate, change)]
            rulings[gate.pk] = _ruling(gate, change, grid, begins[gate.pk], context, beside)
        return rulings

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """See GateKind."""
        change = change_of(gate, context)
        return measuring.due_times(gate, [key_of(gate, change)] if change else [], context)


def key_of(gate: Gate, change: Change) -> Key:
    """What the gate looks at: its change's service and environment, and the name of its series."""
    return (*measuring.pair_of(change), _read(gate).series)


def change_of(gate: Gate, context: Context) -> Change | None:
    """The change that the gate measures: of the service that it names, or the only one of its stage."""
    wanted = _read(gate).service
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


@dataclass(frozen=True)
class Beside:
    """What is looked at beside the windows: the same weeks before (newest first), SLOs, sources' warnings."""

    past: Sequence[tuple[int, Mapping[Key, Grid]]]
    slos: Mapping[str, Slo]
    partial: Mapping[Pair, Sequence[Partial]]


def _past(
    gates: Collection[Gate], changes: Mapping[int, Change | None], since: datetime, context: Context
) -> list[tuple[int, Mapping[Key, Grid]]]:
    """The same windows up to four weeks before, where a gate asks for them; seconds before, and grids."""
    asking = [(gate, settings) for gate in gates if (settings := _read(gate)).judge == "last-week"]
    keys = {key_of(gate, change) for gate, _ in asking if (change := changes[gate.pk])}
    weeks = max((settings.weeks for _, settings in asking), default=0) if keys else 0
    found: list[tuple[int, Mapping[Key, Grid]]] = []
    for number in range(1, weeks + 1):
        before = timedelta(weeks=number)
        found.append((number * WEEK_S, grids_of(keys, since=since - before, until=context.now - before)))
    # A week that Gatehouse did not watch was recorded when the rollout began, if a source remembered it.
    unseen = {key for key, grid in found[0][1].items() if not grid.cells and not key[2]} if found else set()
    if unseen:
        recorded = baselines.grids({gate.rollout_id for gate, _ in asking}, timedelta(weeks=1))
        known = {key: recorded[key[:2]] for key in unseen if key[:2] in recorded}
        found[0] = (WEEK_S, {**found[0][1], **known})
    return found


def _slos(gates: Collection[Gate]) -> Mapping[str, Slo]:
    names = {settings.slo for gate in gates if (settings := _read(gate)).judge == "budget"}
    rows = Slo.objects.kept().filter(slug__in=names).order_by("pk") if names else ()
    return {slo.slug: slo for slo in rows}


def _read(gate: Gate) -> MetricSettings:
    """The gate's settings, read once while they are the same object."""
    known: tuple[Any, MetricSettings] | None = gate.__dict__.get("_metric_settings")
    if known is None or known[0] is not gate.settings:
        known = gate.__dict__["_metric_settings"] = (gate.settings, MetricSettings.read(gate.settings))
    return known[1]


def _ruling(
    gate: Gate, change: Change, grid: Grid, begin: datetime, context: Context, beside: Beside
) -> Ruling:
    settings = _read(gate)
    judge = judges.get(settings.judge)
    if judge is None:
        return Ruling(Opinion(Word.INCONCLUSIVE, f"There is no judge named “{settings.judge}”."))
    slo = beside.slos.get(settings.slo)
    if settings.judge == "budget" and (slo is None or gate.position == Position.ENTRY):
        return Ruling(budgets.may_enter(settings.slo, slo, context.now))
    windows = windows_of(gate, change, grid, begin, context, beside)
    bound = _bound(settings, change, grid)
    carried = measuring.kept(gate, begin)
    before = carried or judge.start(judge_settings(gate, settings, change, grid.window_s, slo))
    before = _worded(before, settings, change, bound)
    # It stands in the evidence only: every tick writes both.
    kept = (gate.evidence.get("replay") if carried else None) or replay.begin(before)
    kept = {**kept, "before": {**kept["before"], "settings": before["settings"]}}
    kept = replay.take(judge, kept, before, windows)
    state, opinion = judge.update(before, windows)
    opinion = _with(opinion, {**opinion.evidence, "judge": settings.judge, "replay": kept})
    overruled = measuring.stale(grid, begin, context.now)
    if overruled is None and bound is not None and math.isinf(bound):
        overruled = Opinion(Word.INCONCLUSIVE, naming.no_bound(settings))
    if overruled is None and slo is not None:
        overruled = budgets.burning(slo, opinion, context.now)
    if overruled is None:
        partly = beside.partial.get(measuring.pair_of(change), ())
        told = [one for one in partly if one.name == settings.series]
        overruled = partial.warned(
            opinion, told, signal=settings.signal, judge=settings.judge, begin=begin, grid=grid
        )
    opinion = recomputing.overruled(opinion, overruled)
    return Ruling(_explained(opinion, change, settings, grid, bound), measuring.carried(state, begin, grid))


def windows_of(
    gate: Gate, change: Change, grid: Grid, begin: datetime, context: Context, beside: Beside
) -> list[JudgedWindow]:
    """The closed windows since the beginning that the judge has not seen, for its signal and version."""
    settings = _read(gate)
    rollout = context.rollout(gate)
    since = -int(-measuring.resume_at(gate, begin).timestamp() // 1)
    if settings.judge in WITH_ARMS:
        key = key_of(gate, change)
        weeks = beside.past[: settings.weeks] if settings.judge == "last-week" else ()
        past = [(before, found[key]) for before, found in weeks]
        look = _look(settings, change)
        return [
            arms.window(
                grid,
                start,
                look,
                past=[(found, start - before) for before, found in past],
                counts=measuring.counts(start, grid, rollout),
            )
            for start in grid.starts(since)
        ]
    versions, but = versions_of(change, settings.version)
    return [
        sides.window(
            grid,
            start,
            Signal(settings.signal),
            versions=versions,
            but=but,
            slower_than_s=_slow_s(settings),
            min_requests=gate.settings.get("min_requests", 1),
            counts=measuring.counts(start, grid, rollout),
        )
        for start in grid.starts(since)
    ]


def _slow_s(settings: MetricSettings) -> float | None:
    return settings.slower_than.total_seconds() if settings.slower_than else None


def _look(settings: MetricSettings, change: Change) -> arms.Look:
    """The new version beside the old one; beside all of them where another week is looked at."""
    baseline = arms.Versions(*versions_of(change, "baseline"))
    return arms.Look(
        Signal(settings.signal),
        _slow_s(settings),
        arms.Versions(*versions_of(change, settings.version)),
        arms.Versions() if settings.judge == "last-week" else baseline,
    )


def judge_settings(
    gate: Gate, settings: MetricSettings, change: Change, window_s: int = 60, slo: Slo | None = None
) -> dict[str, Any]:
    """What the gate's judge starts from."""
    shared = {
        **settings.options,
        "signal": settings.signal,
        "min_requests": gate.settings.get("min_requests", 1),
        "warm_up": gate.settings.get("warm_up", 0),
    }
    if settings.probe or settings.named:
        shared["counted"] = "runs" if settings.probe else "events"
    if slo is not None:
        return shared | budgets.settings(settings, slo)
    if settings.judge in WITH_ARMS:
        return shared | _weighed(gate, settings, change, window_s)
    return {
        **shared,
        "limit": settings.limit,
        "direction": settings.worse,
        "breach_count": settings.breach_count,
        "breach_of": settings.breach_of,
    }


def _weighed(gate: Gate, settings: MetricSettings, change: Change, window_s: int) -> dict[str, Any]:
    """What the judges that weigh evidence want to know."""
    bake = (gate.stage.bake or timedelta()).total_seconds()
    found: dict[str, Any] = {
        "alpha": gate.settings.get("alpha", DEFAULT_ALPHA),
        "min_windows": settings.min_windows,
        "guard": settings.guard,
        "assure": settings.assure,
        "assure_after": max(1, math.ceil(bake / window_s)),
    }
    if settings.judge == "limit-e":
        return found | {"limit": settings.limit}
    found["rho0"] = settings.margin
    if settings.judge == "last-week":
        return found | {"guard": False}
    return found | ({"beside": naming.subject(change, "baseline")} if change.from_version else {})


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
    what = naming.what(settings, change, bound)
    if settings.slower_than is not None and bound is None and state["last"] is not None:
        what = state["settings"]["what"]  # the bound that was known in earlier windows
    return {**state, "settings": {**state["settings"], "what": what}}


def _explained(
    opinion: Opinion, change: Change, settings: MetricSettings, grid: Grid, bound: float | None
) -> Opinion:
    about = {
        "service": change.service.slug,
        "environment": change.environment.slug,
        "version": settings.version,
        "versions": {"canary": change.to_version, "baseline": change.from_version},
        "signal": settings.signal,
        **({"named": settings.named, "unit": settings.unit} if settings.named else {}),
        **({"probe": settings.probe} if settings.probe else {}),
        "limit": settings.limit,
        "limit_words": percent(settings.limit)
        if settings.limit is not None and settings.signal in SHARES
        else "",
        "window_s": grid.window_s,
    }
    if settings.slower_than is not None:
        about["slower_than_s"] = settings.slower_than.total_seconds()
        about["bound_s"] = None if bound is None or math.isinf(bound) else bound
    return _with(opinion, {**about, **opinion.evidence})


def _with(opinion: Opinion, evidence: dict[str, Any]) -> Opinion:
    # Several times as quick as `replace`, and asked for twice a gate and tick.
    return Opinion(opinion.word, opinion.sentence, evidence, opinion.warning)
