"""Reads which other rollouts one meets: a few queries, none where nothing else is under way near it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import F, Prefetch, Q

from rollouts.contracts.queries import edges_at
from rollouts.plans.document import reading
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Change, Revision, Rollout, Stage
from rollouts.plans.sequencing.crossing import Carried, Crossing, Party, crossings
from rollouts.plans.values import RevisionState, RolloutState, StageState, Visibility

MOST_OTHERS = 50
"""Rollouts that are looked at, those that began first: a decision does not get slower with the next."""
LIVE = [state.value for state in RolloutState if not state.ended and state is not RolloutState.DRAFT]
GOVERNING = (RevisionState.IN_FORCE, RevisionState.APPROVED, RevisionState.PROPOSED)
LET_GO = (StageState.PENDING, StageState.SKIPPED, StageState.ROLLED_BACK)


def crossings_of(
    rollout: Rollout, plan: Plan, now: datetime, *, entering: StagePlan | None = None
) -> list[Crossing]:
    """What other rollouts have against this plan: against entering a stage now, or against proposing it."""
    services = set(plan.services())
    contracts = {change.contract for change in plan.changes if change.contract}
    edges = edges_at(services)
    others = _others(rollout, plan, {name for edge in edges for name in edge} | services, contracts)
    if not others:
        return []
    mine = party(rollout, plan, rollout.stages.all(), now)
    parties = [found for other in others if (found := _party(other, now)) is not None]
    targets = None if entering is None else entering.targets
    return crossings(mine, parties, edges, entering=targets)


def crossings_now(rollout: Rollout, plan: Plan, stages: Sequence[Stage], now: datetime) -> list[Crossing]:
    """What other rollouts have against what comes next: the stage that is entered, or before, the plan."""
    state = RolloutState(rollout.state)
    under_way = state.begun or state is RolloutState.APPROVED
    pending = (row for row in stages if row.state == StageState.PENDING)
    row = next(pending, None) or next((row for row in stages if StageState(row.state).current), None)
    known = under_way and row is not None and row.number <= len(plan.stages)
    entering = plan.stage(row.number) if known and row else None
    return crossings_of(rollout, plan, now, entering=entering)


def _others(
    rollout: Rollout, plan: Plan, services: Collection[str], contracts: Collection[str]
) -> list[Rollout]:
    environments = {plan.environment, *(change.environment for change in plan.changes)}
    near = Change.objects.filter(
        Q(service__slug__in=services) | Q(contract__slug__in=contracts), environment__slug__in=environments
    )
    rows = Rollout.objects.filter(state__in=LIVE, pk__in=near.values("rollout")).exclude(pk=rollout.pk)
    governing = Revision.objects.filter(state__in=[state.value for state in GOVERNING]).defer("source")
    rows = rows.select_related("team").prefetch_related(
        Prefetch("stages", Stage.objects.order_by("number", "pk")),
        Prefetch("revisions", governing.order_by("number", "pk"), to_attr="governing"),
    )
    return list(rows.order_by(F("started_at").asc(nulls_last=True), "pk")[:MOST_OTHERS])


def _party(rollout: Rollout, now: datetime) -> Party | None:
    """Another rollout by the revision that governs it."""
    revisions: list[Revision] = getattr(rollout, "governing", [])
    by_state = {revision.state: revision for revision in revisions}
    governs = next((by_state[state.value] for state in GOVERNING if state.value in by_state), None)
    if governs is None:
        return None
    return party(rollout, reading.read(governs.document), rollout.stages.all(), now)


def party(rollout: Rollout, plan: Plan, stages: Iterable[Stage], now: datetime) -> Party:
    """A rollout with its changes: what it holds, and when the rest is planned."""
    rows = {row.number: row for row in stages}
    private = rollout.visibility == Visibility.PRIVATE
    return Party(
        pk=rollout.pk,
        key=f"private rollout {rollout.pk}" if private else f"rollout {rollout.slug}",
        title=f"a private rollout of {rollout.team.name}" if private else rollout.title,
        changes=tuple(_carried(plan, name, rows, now) for name in [change.name for change in plan.changes]),
        began_at=rollout.started_at,
    )


def _carried(plan: Plan, name: str, rows: dict[int, Stage], now: datetime) -> Carried:
    change = plan.change(name)
    moving = [stage for stage in plan.stages if name in stage.targets]
    begun = [
        row
        for stage in moving
        if (row := rows.get(stage.number)) is not None and StageState(row.state) not in LET_GO
    ]
    starts = [at for row in begun if (at := row.entered_at)]
    starts += [stage.window.start.at for stage in moving if stage.window]
    ends = [_end(stage) for stage in moving]
    end = max((at for at in ends if at), default=None)
    if begun and end is not None:
        end = max(end, now)  # what is late lasts
    return Carried(
        name=name,
        service=change.service,
        environment=change.environment,
        kind=change.kind,
        contract=change.contract,
        old=change.contract_from,
        new=change.contract_to,
        begins=min((stage.number for stage in moving), default=1),
        held=bool(begun),
        start=min(starts, default=None),
        end=end,
    )


def _end(stage: StagePlan) -> datetime | None:
    """When the stage is planned to end: as written, else after its bake."""
    if stage.window is None:
        return None
    return stage.window.end.at if stage.window.end else stage.window.start.at + stage.bake
