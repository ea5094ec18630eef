"""The writers of a rollout's state. Only `decisions` imports this, and calls it under the rollout's lock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Change, Revision, Risk, Rollout, Stage
from rollouts.plans.values import RevisionState, RolloutState, StageState


def move_revisions(rollout: Rollout, moves: Mapping[int, RevisionState], *, now: datetime) -> None:
    """Writes new states of revisions; those that leave a place go first, so that places are free."""
    order = sorted(
        moves.items(), key=lambda move: move[1] in (RevisionState.IN_FORCE, RevisionState.PROPOSED)
    )
    for number, state in order:
        times = {"proposed_at": now} if state is RevisionState.PROPOSED else {"settled_at": now}
        rollout.revisions.filter(number=number).update(state=state.value, **times)
        if state is RevisionState.IN_FORCE:
            rollout.in_force = rollout.revisions.get(number=number)


def move_stages(
    rollout: Rollout, moves: Mapping[int, StageState], *, restarts: int | None, now: datetime
) -> None:
    """Writes new states of stages with their times; `restarts` counts warm-up and bake from zero again."""
    for stage in rollout.stages.filter(number__in={*moves, *([restarts] if restarts else [])}).order_by(
        "number"
    ):
        if stage.number in moves:
            _enter(stage, moves[stage.number], now)
        if stage.number == restarts:
            _restart(stage, now)
        stage.due_at = _due(stage)
        stage.save()


def _enter(stage: Stage, state: StageState, now: datetime) -> None:
    if state.current and stage.entered_at is None:
        stage.entered_at = now
        stage.overdue_at = now + stage.max_duration if stage.max_duration else None
    if state is StageState.READY:
        stage.ready_at = now
    elif state is StageState.HALTED:
        stage.halted_at = now
    elif state in (StageState.PROMOTED, StageState.SKIPPED, StageState.ROLLED_BACK):
        stage.ended_at = now
    stage.state = state.value


def _restart(stage: Stage, now: datetime) -> None:
    stage.bake_started_at = now
    stage.baked_windows = 0
    stage.ready_at = None
    stage.extended, stage.extended_until_at = timedelta(), None
    stage.bake_ends_at = now + (stage.bake or timedelta())


def _due(stage: Stage) -> datetime | None:
    """The next instant at which this stage is looked at for its own sake."""
    state = StageState(stage.state)
    if not state.current:
        return None
    bake = stage.bake_ends_at if state in (StageState.BAKING, StageState.WAITING) else None
    overdue = stage.overdue_at if stage.overdue_said_at is None else None
    return min((at for at in (bake, overdue, stage.extended_until_at) if at), default=None)


def extend_bake(rollout: Rollout, number: int, by: timedelta, *, now: datetime) -> None:
    """The stage's bake grows by so much, beginning now."""
    for stage in rollout.stages.filter(number=number):
        stage.extended += by
        stage.extended_until_at = now + by
        stage.bake_ends_at = max(stage.bake_ends_at or now, now) + by
        stage.due_at = _due(stage)
        stage.save(update_fields=["extended", "extended_until_at", "bake_ends_at", "due_at"])


def say_overdue(rollout: Rollout, number: int, *, now: datetime) -> None:
    """Remembers that a stage's overdue was logged."""
    for stage in rollout.stages.filter(number=number):
        stage.overdue_said_at = now
        stage.due_at = _due(stage)
        stage.save(update_fields=["overdue_said_at", "due_at"])


def count_bake(stage: Stage, *, baked: int, needed: int) -> None:
    """Keeps how many judged windows the bake has and needs, for pages."""
    Stage.objects.filter(pk=stage.pk).update(baked_windows=baked, needed_windows=needed)


def grant(rollout: Rollout, number: int | None, plan: Plan | None, *, now: datetime) -> None:
    """Grants a stage's exposure, by change: that of the newest stage that targets it; None: nothing."""
    rollout.granted_stage = number
    rollout.granted_at = now
    rollout.granted = granted_by_change(rollout, number, plan) if number and plan else {}


def granted_by_change(rollout: Rollout, number: int, plan: Plan) -> dict[str, Any]:
    """What stands granted when stage `number` is the one whose exposure is granted."""
    skipped = set(rollout.stages.filter(state=StageState.SKIPPED).values_list("number", flat=True))
    granted: dict[str, Any] = {}
    for stage in plan.stages[:number]:
        if stage.number in skipped:
            continue
        for target in stage.targets:
            granted[target] = stage.exposure.as_json()
    return granted


def move_rollout(rollout: Rollout, state: RolloutState, *, held_for: str, now: datetime) -> None:
    """Writes the rollout's own state and its times on the row; the caller saves it."""
    if state.value != rollout.state:
        rollout.state_since_at = now
        if state is RolloutState.RUNNING and rollout.started_at is None:
            rollout.started_at = now
        if state.ended:
            rollout.ended_at = now
        if state is RolloutState.ROLLING_BACK:
            rollout.rolling_back_at = now
    rollout.state = state.value
    rollout.held_for = held_for
    current = rollout.stages.filter(
        state__in=[s.value for s in StageState if s.current or s is StageState.ROLLING_BACK]
    )
    rollout.stage = current.order_by("-number").values_list("number", flat=True).first()


def take_over(rollout: Rollout, plan: Plan) -> None:
    """Makes changes, risks and stages those of `plan`; what has begun stays as it is."""
    rollout.title = plan.title
    rollout.visibility = plan.communication.visibility.value
    _changes(rollout, plan)
    _risks(rollout, plan)
    _stages(rollout, plan.stages)


def _changes(rollout: Rollout, plan: Plan) -> None:
    services = {s.slug: s for s in Service.objects.filter(slug__in=plan.services())}
    environments = {e.slug: e for e in Environment.objects.all()}
    named = {change.contract for change in plan.changes if change.contract}
    contracts = {c.slug: c for c in Contract.objects.filter(slug__in=named)} if named else {}
    rollout.changes.exclude(name__in=[change.name for change in plan.changes]).delete()
    for change in plan.changes:
        Change.objects.update_or_create(
            rollout=rollout,
            name=change.name,
            defaults={
                "service": services[change.service],
                "environment": environments[change.environment],
                "kind": change.kind.value,
                "from_version": change.from_version or "",
                "to_version": change.to_version or "",
                "flag": change.flag or "",
                "contract": contracts.get(change.contract),
                "contract_from": change.contract_from,
                "contract_to": change.contract_to,
            },
        )


def _risks(rollout: Rollout, plan: Plan) -> None:
    rollout.risks.exclude(name__in=[risk.id for risk in plan.risks]).delete()
    for risk in plan.risks:
        words = {
            "title": risk.title,
            "likelihood": risk.likelihood,
            "impact": risk.impact,
            "mitigation": risk.mitigation,
            "owner": risk.owner,
            "gate": risk.gate or "",
            "public": risk.public.text if risk.public else "",
        }
        # A state that people moved outlives a new revision.
        Risk.objects.update_or_create(
            rollout=rollout, name=risk.id, defaults=words, create_defaults={**words, "state": risk.state}
        )


def _stages(rollout: Rollout, planned: Iterable[StagePlan]) -> None:
    standing = {stage.number: stage for stage in rollout.stages.all()}
    kept = set()
    for plan in planned:
        kept.add(plan.number)
        stage = standing.get(plan.number) or Stage(rollout=rollout, number=plan.number)
        if stage.state != StageState.PENDING:
            continue
        stage.name, stage.title = plan.name, plan.title
        stage.exposure = plan.exposure.as_json()
        stage.advance, stage.on_halt, stage.on_overdue = (
            plan.advance.value,
            plan.on_halt.value,
            plan.on_overdue.value,
        )
        stage.bake, stage.max_duration = plan.bake, plan.max_duration
        stage.planned_start_at = plan.window.start.at if plan.window else None
        stage.planned_end_at = plan.window.end.at if plan.window and plan.window.end else None
        stage.save()
    rollout.stages.filter(state=StageState.PENDING).exclude(number__in=kept).delete()


def new_revision(
    rollout: Rollout, *, source: bytes, media_type: str, document: dict[str, Any], digest: str,
    author_id: int | None, author_ref: str, now: datetime,
) -> Revision:  # fmt: skip
    """A new draft, numbered on; saving changes nothing else."""
    newest = rollout.revisions.order_by("-number").values_list("number", flat=True).first()
    return Revision.objects.create(
        rollout=rollout, number=(newest or 0) + 1, author_id=author_id, author_ref=author_ref, source=source,
        media_type=media_type, document=document, digest=digest, created_at=now,
    )  # fmt: skip
