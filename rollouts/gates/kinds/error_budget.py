"""The kind `error_budget`: what the whole rollout has burned, before each stage. A plan makes it itself.

Its counts go on from stage to stage: the gate of the next one begins where that of the last one stood.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rollouts.gates.judges import budget
from rollouts.gates.judges.allowance import Allowance, judged
from rollouts.gates.kinds import arms, budgets, measuring
from rollouts.gates.kinds.metric import versions_of
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.health.models import Slo
from rollouts.health.queries import Pair, grids, slos
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.plans.document.budget import ErrorBudgetPlan
from rollouts.plans.models import Change, Rollout

AGAIN = timedelta(minutes=1)
"""SLOs are counted once a minute."""
COUNTS = ("bad", "total", "baseline_bad", "baseline_total")


class ErrorBudget:
    """One query for the SLOs of a batch, two for the windows since they were last read."""

    name = "error_budget"
    measured = False  # a decision reads it anew, and a restart of a stage forgets nothing

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        services = {change.service_id for changes in context.changes.values() for change in changes}
        promised = list(slos(services))
        states = _states(gates)
        wanted = {gate.pk: list(_wanted(gate, context, promised)) for gate in gates}
        pairs = {measuring.pair_of(change) for each in wanted.values() for _slo, change in each}
        begun = [begin for gate in gates if (begin := _resume_at(states[gate.pk], context.rollout(gate)))]
        found = grids(pairs, since=min(begun)) if pairs and begun else {}
        return {gate.pk: _ruling(gate, wanted[gate.pk], states[gate.pk], found, context) for gate in gates}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """It is asked again while it keeps a stage from being entered, and before the start."""
        begun = context.rollout(gate).started_at is not None
        return () if begun and gate.verdict == Word.PASS else (context.now + AGAIN,)


def _states(gates: Collection[Gate]) -> dict[int, Mapping[str, Any]]:
    """What each gate has counted so far; a new one goes on from the gate before it. One query."""
    rows = Gate.objects.filter(
        rollout__in={gate.rollout_id for gate in gates}, kind=ErrorBudget.name, state__isnull=False
    )
    newest: dict[int, Mapping[str, Any]] = {}
    for rollout, state in rows.order_by("stage__number", "pk").values_list("rollout_id", "state"):
        newest[rollout] = state or {}
    return {gate.pk: gate.state or newest.get(gate.rollout_id) or {} for gate in gates}


def _wanted(gate: Gate, context: Context, promised: Iterable[Slo]) -> Iterable[tuple[Slo, Change]]:
    """The SLOs that the plan names, or all of the services that it changes, where it changes them."""
    named = ErrorBudgetPlan.read(gate.settings).slos
    for change in context.changes.get(gate.rollout_id, []):
        for slo in promised:
            if measuring.pair_of(change) == (slo.service_id, slo.environment_id) and (
                not named or slo.slug in named
            ):
                yield slo, change


def _resume_at(state: Mapping[str, Any], rollout: Rollout) -> datetime | None:
    """From when on windows are to be read: the newest that was, or the start; None before it."""
    if rollout.started_at is None:
        return None
    through = state.get("through")
    if through is None:
        return rollout.started_at
    return max(rollout.started_at, datetime.fromtimestamp(through, rollout.started_at.tzinfo))


def _ruling(
    gate: Gate,
    wanted: Collection[tuple[Slo, Change]],
    state: Mapping[str, Any],
    found: Mapping[Pair, Grid],
    context: Context,
) -> Ruling:
    rollout = context.rollout(gate)
    since = _resume_at(state, rollout)
    counts = {slug: dict(each) for slug, each in state.get("slos", {}).items()}
    through = state.get("through")
    if since is not None:
        # All services are read as far as the slowest: one number says where to go on.
        here = [grid for pair, grid in found.items() if _of(pair, wanted)]
        through = min((grid.through for grid in here if grid.through is not None), default=through)
        for slo, change in wanted:
            _add(counts.setdefault(slo.slug, dict.fromkeys(COUNTS, 0)), slo, change, found, since, through)
    allowances = [_allowance(gate, slo, counts.get(slo.slug), since, context.now) for slo, _ in wanted]
    unique = {each.slo: each for each in allowances}
    return Ruling(judged(list(unique.values())), {"through": through, "slos": counts} if since else None)


def _of(pair: Pair, wanted: Collection[tuple[Slo, Change]]) -> bool:
    return any(measuring.pair_of(change) == pair for _slo, change in wanted)


def _add(
    counts: dict[str, float],
    slo: Slo,
    change: Change,
    found: Mapping[Pair, Grid],
    since: datetime,
    through: int | None,
) -> None:
    """The windows between, of both versions."""
    grid = found.get(measuring.pair_of(change))
    if grid is None or through is None:
        return
    canary = measuring.canary_versions(change)
    # A change without a version of its own is weighed against what the SLO counts anyway.
    beside = arms.Versions(*versions_of(change, "baseline")) if canary else None
    look = arms.Look(Signal(slo.signal), slo.slower_than_s, arms.Versions(canary or None), beside)
    for start in grid.starts(-int(-since.timestamp() // 1)):
        if start + grid.window_s > through:
            break
        window = arms.window(grid, start, look)
        for name in COUNTS:
            counts[name] += getattr(window, name)


def _allowance(
    gate: Gate, slo: Slo, counts: Mapping[str, float] | None, since: datetime | None, now: datetime
) -> Allowance:
    asked = ErrorBudgetPlan.read(gate.settings)
    stands = slo.standing if budgets.fresh(slo, now) else {}
    total = slo.standing.get("total", 0)
    settings = {
        "target": slo.target,
        "period_total": total,
        "normal": slo.standing.get("bad", 0) / total if total else 0.0,
    }
    burned = budget.spent({"settings": settings, **(counts or dict.fromkeys(COUNTS, 0))})
    return Allowance(
        slo=slo.slug,
        title=slo.title,
        most=asked.burn,
        least=asked.left,
        burned=burned,
        remaining=stands.get("remaining"),
        firing=stands.get("firing", ""),
        counted=None if since is None else (counts or {}).get("total", 0),
    )
