"""Back-tests of a plan: every metric gate through the code that judges it live, on past windows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from typing import Any

from rollouts.catalog.models import Environment, Service
from rollouts.gates.backtest.queries import metric_gates
from rollouts.gates.backtest.replaying import halt_in
from rollouts.gates.backtest.reporting import Asked, Found, back_test
from rollouts.gates.backtest.splitting import Shift
from rollouts.gates.filling import imagined
from rollouts.gates.judges.protocol import Judge, JudgedWindow
from rollouts.gates.kinds import arms, metric, sides
from rollouts.gates.models import Gate
from rollouts.gates.registry import judges
from rollouts.health.queries import Key, grids_of, with_memory
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.lib.documents.durations import spoken
from rollouts.plans.document.gate import GatePlan, MetricSettings
from rollouts.plans.document.plan import ChangePlan, Plan, StagePlan
from rollouts.plans.models import Change, Stage
from rollouts.plans.values import RolloutState, StageState

DAYS = 7
MOST_DAYS = 28
REPLAYED = frozenset({"limit", "limit-e", "compare"})
MOST_WINDOWS = 10_080
"""A week of minutes; of more days, or of shorter windows, the newest so many, and the report says so."""
MOST_PAST = 20
"""Stages of past rollouts of a service that are looked at, the newest first."""
HALTED = frozenset({StageState.HALTED, StageState.ROLLING_BACK, StageState.ROLLED_BACK})


@dataclass(frozen=True)
class GateReport:
    """One gate of the plan: what was found, or why nothing could be."""

    stage: int
    stage_title: str
    gate: str
    title: str
    service: str
    signal: str
    judge: str
    found: Found | None
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        said = {
            "stage": self.stage,
            "stage_title": self.stage_title,
            "gate": self.gate,
            "title": self.title,
            "service": self.service,
            "signal": self.signal,
            "judge": self.judge,
            "why_not": self.why_not,
            "sound": self.found.sound if self.found else None,
        }
        return {**said, **(self.found.as_json() if self.found else {"sentence": self.why_not})}


def run(
    plan: Plan, *, now: datetime, days: int = DAYS, shift: float | None = None, skip: int = 0
) -> Iterator[GateReport]:
    """Back-tests every metric gate of the plan but the first `skip`, one after the other.

    `shift`: times worse that every gate is to see; None: what each says (`must_see`), else a doubling. A
    constant number of queries for each service.
    """
    services = {
        row.slug: row for row in Service.objects.filter(slug__in={one.service for one in plan.changes})
    }
    names = {one.environment for one in plan.changes}
    environments = {row.slug: row for row in Environment.objects.filter(slug__in=names)}
    signals = {Signal(gate.metric.signal) for _stage, gate in metric_gates(plan) if not gate.metric.series}
    kept: dict[Key, Grid] = {}
    for stage, wanted in list(metric_gates(plan))[skip:]:
        change = _change(plan, stage, wanted.metric)
        service = services.get(change.service) if change else None
        environment = environments.get(change.environment) if change else None
        if change is None or service is None or environment is None:
            yield _unable(stage, wanted, "", "The catalog does not know its service.")
            continue
        row = Change(service=service, environment=environment, from_version="", to_version="")
        gate = imagined(wanted, stage, plan.alpha_each)
        key = metric.key_of(gate, row)
        if key not in kept:
            grid = grids_of({key}, since=now - timedelta(days=days), until=now)[key]
            kept[key] = with_memory(key, service.slug, grid, until=now, signals=signals)
        yield _of_gate(stage, wanted, gate, row, kept[key], shift)


def _change(plan: Plan, stage: StagePlan, settings: MetricSettings) -> ChangePlan | None:
    """As `kinds.metric.change_of` finds it for a gate that there is."""
    if settings.service:
        fitting = [change for change in plan.changes if change.service == settings.service]
    else:
        fitting = [change for change in plan.changes if change.name in stage.targets]
    return next((change for change in fitting if change.name in stage.targets), next(iter(fitting), None))


def _unable(stage: StagePlan, wanted: GatePlan, service: str, why: str) -> GateReport:
    settings = wanted.metric
    return GateReport(
        stage.number,
        stage.title,
        wanted.name,
        wanted.title,
        service,
        settings.signal,
        settings.judge,
        None,
        why,
    )


def _of_gate(
    stage: StagePlan, wanted: GatePlan, gate: Gate, change: Change, grid: Grid, shift: float | None
) -> GateReport:
    settings = MetricSettings.read(gate.settings)
    service = change.service.slug
    if settings.judge not in REPLAYED:
        why = f"“{settings.judge}” rests on more than windows, and is not back-tested."
        return _unable(stage, wanted, service, why)
    windows = past_windows(gate, settings, change, grid)
    if not windows:
        return _unable(stage, wanted, service, "Nothing was measured of it: today it would read no data.")
    judge = judges[settings.judge]
    started = judge.start(metric.judge_settings(gate, settings, change, grid.window_s))["settings"]
    found = back_test(
        Asked(
            judge_name=settings.judge,
            judge=judge,
            settings=started,
            windows=windows[-MOST_WINDOWS:],
            left_out=max(0, len(windows) - MOST_WINDOWS),
            share=_share(stage),
            length=max(1, math.ceil(stage.bake.total_seconds() / grid.window_s)),
            window_s=grid.window_s,
            shift=wanted_shift(settings, shift),
        )
    )
    past = past_rollouts(settings, judge, started, change, grid)
    return GateReport(
        stage.number,
        stage.title,
        wanted.name,
        wanted.title,
        service,
        settings.signal,
        settings.judge,
        replace(found, past=past),
    )


def wanted_shift(settings: MetricSettings, asked: float | None) -> Shift:
    """What somebody asks for now, else what the plan says that the gate must see, else a doubling."""
    if asked is not None:
        return Shift(asked)
    said = settings.must_see
    if said is None:
        return Shift()
    return Shift(points=said.points) if said.times is None else Shift(said.times)


def _share(stage: StagePlan) -> float:
    """The canary's share of the traffic; a stage that grants all keeps a fifth to compare with."""
    return min(max(stage.exposure.percent / 100, 0.01), 0.8)


def past_windows(gate: Gate, settings: MetricSettings, change: Change, grid: Grid) -> list[JudgedWindow]:
    """What all versions of the service did, window by window, since something was first measured."""
    found = (
        sides.window(
            grid,
            start,
            Signal(settings.signal),
            versions=None,
            slower_than_s=settings.slower_than.total_seconds() if settings.slower_than else None,
            min_requests=gate.settings.get("min_requests", 1),
        )
        for start in grid.starts()
    )
    return list(dropwhile(lambda window: window.gap or (not window.total and window.value is None), found))


def past_rollouts(
    settings: MetricSettings, judge: Judge, started: Mapping[str, Any], change: Change, grid: Grid
) -> list[dict[str, Any]]:
    """What the gate would have done in stages of the service's rollouts that the windows still tell of."""
    begin = datetime.fromtimestamp(grid.since, UTC)
    stages = Stage.objects.filter(
        rollout__changes__service=change.service,
        rollout__changes__environment=change.environment,
        entered_at__gte=begin,
    ).select_related("rollout")
    rows = list(stages.order_by("-entered_at", "pk").distinct()[:MOST_PAST])
    moved = Change.objects.filter(
        rollout__in={row.rollout_id for row in rows}, service=change.service, environment=change.environment
    )
    changes = {one.rollout_id: one for one in moved.order_by("-pk")}
    found = []
    for row, until in _with_ends(rows):
        windows = _arms(settings, changes[row.rollout_id], grid, row.entered_at, until)
        if not any(window.total > 0 and not window.gap for window in windows):
            continue
        at, word = halt_in(judge, started, windows)
        halted = StageState(row.state) in HALTED
        found.append(
            {
                "rollout": row.rollout.slug,
                "stage": row.number,
                "halted": halted,
                "would_halt_at": at,
                "word": word.value,
                "sentence": _past_sentence(row, halted, at, grid.window_s),
            }
        )
    return found


def _with_ends(rows: Sequence[Stage]) -> Iterator[tuple[Stage, datetime | None]]:
    """Each stage with when the next one of its rollout was entered, or the rollout ended."""
    entered = {(row.rollout_id, row.number): row.entered_at for row in rows}
    for row in rows:
        ended = row.rollout.state_since_at if RolloutState(row.rollout.state).ended else None
        yield row, entered.get((row.rollout_id, row.number + 1)) or ended


def _arms(
    settings: MetricSettings, change: Change, grid: Grid, begin: datetime | None, until: datetime | None
) -> list[JudgedWindow]:
    if begin is None:
        return []
    look = arms.Look(
        Signal(settings.signal),
        settings.slower_than.total_seconds() if settings.slower_than else None,
        arms.Versions(*metric.versions_of(change, settings.version)),
        arms.Versions(*metric.versions_of(change, "baseline")),
    )
    last = until.timestamp() if until else math.inf
    return [
        arms.window(grid, start, look)
        for start in grid.starts(math.ceil(begin.timestamp()))
        if start + grid.window_s <= last
    ]


def _past_sentence(row: Stage, halted: bool, at: int | None, window_s: int) -> str:
    was = "was halted or taken back" if halted else "was not halted"
    would = (
        f"would have halted it after {spoken(timedelta(seconds=at * window_s))}" if at else "would not have"
    )
    return f"{row.rollout.title}, stage {row.number}, {was}; this gate {would}."
