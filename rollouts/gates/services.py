"""Gates as the plan in force wants them, their verdicts, and ticks on checklists."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from rollouts.accounts.queries import held_roles
from rollouts.approvals.values import Policy
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, Face
from rollouts.gates import judging
from rollouts.gates.backtest import asking
from rollouts.gates.filling import fill, forget, of_the_plan
from rollouts.gates.kinds.checklist import items_of
from rollouts.gates.models import ChecklistTick, Gate
from rollouts.gates.queries import measured_exposure
from rollouts.gates.registry import kinds
from rollouts.gates.values import Position
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans.document.gate import ApprovalSettings
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Rollout, Stage
from rollouts.plans.queries import owning_teams
from rollouts.plans.values import RolloutState, StageState

ask_backtest = asking.ask

NEEDLESS = (
    "title", "owner", "runbook", "public", "on_fail", "on_no_data", "no_data_after", "no_data_extend",
    "on_inconclusive", "inconclusive_after", "inconclusive_extend", "passed_over_at", "asked_at", "gone_at",
    "warning", "sentence", "judged_at",
)  # fmt: skip
"""What no judge looks at: for people, for what follows a verdict, and what each verdict says anew."""
NEEDED_OF_STAGES = (
    "rollout", "number", "state", "bake", "extended", "entered_at", "bake_started_at", "baked_windows",
    "needed_windows",
)  # fmt: skip


class NotTickable(Refusal):
    """The item cannot be ticked."""


def sync(*, rollout: Rollout, plan: Plan) -> None:
    """Makes the rollout's gates those of `plan`; gates of settled stages stay as they are. Under the lock."""
    rows = {stage.number: stage for stage in rollout.stages.order_by("number")}
    present: dict[int, list[Gate]] = {}
    for gate in Gate.objects.present().filter(rollout=rollout).order_by("order", "pk"):
        present.setdefault(gate.stage_id, []).append(gate)
    now = database_now()
    for planned in plan.stages:
        stage = rows.get(planned.number)
        if stage is None:
            continue
        kept = present.get(stage.pk, [])
        if kept and stage.state != StageState.PENDING:
            continue
        _sync_stage(rollout, stage, planned, kept, now, plan)
    refresh(rollout=rollout, now=now)


def _sync_stage(
    rollout: Rollout,
    stage: Stage,
    planned: StagePlan,
    kept: Collection[Gate],
    now: datetime,
    plan: Plan,
) -> None:
    rows = {(gate.position, gate.name): gate for gate in kept}
    order = 0
    entry = planned.entry + of_the_plan(plan)
    for position, gates in ((Position.ENTRY, entry), (Position.EXIT, planned.exit)):
        for wanted in gates:
            gate = rows.pop((position.value, wanted.name), None) or Gate(
                rollout=rollout, stage=stage, name=wanted.name, position=position
            )
            fill(gate, wanted, planned, order, plan.alpha_each, observe=plan.observe)
            gate.save()
            order += 1
    Gate.objects.filter(pk__in=[gate.pk for gate in rows.values()]).update(gone_at=now)


def restart(*, rollout: Rollout, stage: int, now: datetime) -> None:
    """The stage's warm-up and bake count from zero: the gates that measure start anew. Under the lock."""
    measuring = [name for name in kinds.names() if kinds[name].measured]
    rows = Gate.objects.present().filter(rollout=rollout, stage__number=stage, kind__in=measuring)
    for gate in rows.select_for_update().order_by("pk"):
        forget(gate)
        gate.changed_at = now
        gate.save()


def pass_over(*, rollout: Rollout, names: Iterable[str], now: datetime) -> None:
    """Somebody resumed in spite of these gates' verdicts; that counts until a verdict changes."""
    current = [state.value for state in StageState if state.current]
    Gate.objects.present().filter(
        rollout=rollout, name__in=list(names), stage__state__in=current, position=Position.EXIT
    ).update(passed_over_at=now)


def note_asked(*, rollout: Rollout, stage: int, name: str, now: datetime) -> None:
    """People were asked about this gate; that counts until its verdict changes."""
    Gate.objects.present().filter(
        rollout=rollout, stage__number=stage, name=name, position=Position.EXIT
    ).update(asked_at=now)


def approval_policy(gate: Gate, default: Policy) -> Policy:
    """Whom an approval gate asks: its own settings, and the environment's policy for the rest."""
    own = ApprovalSettings.read(gate.settings)
    return Policy(
        quorum=own.quorum if own.quorum is not None else default.quorum,
        roles=frozenset(own.roles) or default.roles,
        teams=frozenset(own.teams) or default.teams,
        required_teams=frozenset(own.required_teams) or default.required_teams,
        expires_after=own.expires if own.expires is not None else default.expires_after,
    )


def judge(*, rollout_ids: Collection[int], now: datetime) -> set[int]:
    """Judges all gates of these rollouts that matter now, and writes verdicts.

    Returns the ids of the rollouts whose state that can move: a word, a silence or a bake's count changed,
    or a rollback has been measured to its end. Takes no lock on rollouts; two at once judge the same once.
    """
    with transaction.atomic():
        moved = _judge(_locked(rollout_ids), rollout_ids, now)
    back = Rollout.objects.filter(pk__in=rollout_ids, state=RolloutState.ROLLING_BACK).order_by("pk")
    return moved | {row.pk for row in back if measured_exposure(row, now=now) == "zero"}


def _locked(rollout_ids: Collection[int]) -> list[Gate]:
    """The gates of these rollouts with their stages, of which each is read once.

    Locked first, read afterwards: who comes second goes on from what the first one wrote.
    """
    rows = Gate.objects.present().filter(rollout__in=rollout_ids).defer(*NEEDLESS)
    gates = list(rows.select_for_update().order_by("pk"))
    stages = Stage.objects.filter(rollout__in=rollout_ids).only(*NEEDED_OF_STAGES).in_bulk()
    for gate in gates:
        gate.stage = stages[gate.stage_id]
    return gates


def refresh(*, rollout: Rollout, now: datetime) -> None:
    """Judges what follows the calendar, votes and ticks, for a decision on this rollout. Under the lock."""
    followed = [name for name in kinds.names() if not kinds[name].measured]
    gates = Gate.objects.present().filter(rollout=rollout, kind__in=followed).select_related("stage")
    _judge(list(gates.select_for_update(of=("self",)).order_by("pk")), [rollout.pk], now)


def _judge(rows: Collection[Gate], rollout_ids: Collection[int], now: datetime) -> set[int]:
    if not rows:
        return set()
    context = judging.context_of(rollout_ids, now)
    wanted = judging.relevant(rows, context)
    rulings = judging.rule(wanted, context)
    judged = [gate for gate in wanted if gate.pk in rulings]
    words = {gate.pk: gate.verdict for gate in judged}
    moved = {gate.rollout_id for gate in judged if judging.take(gate, rulings[gate.pk], context)}
    changed = {gate.pk for gate in judged if gate.verdict != words[gate.pk]}
    judging.record(judged, changed, now)
    return moved


def tick(*, gate_id: int, item: str, done: bool, actor: Actor, face: Face) -> Gate:
    """A person says that an item of a checklist is done, or not; logged, and the gate is judged at once.

    Raises NotTickable, and nothing is then changed; Gate.DoesNotExist.
    """
    found = Gate.objects.present().get(pk=gate_id)
    with audit.door(lambda: Rollout.objects.locked().get(pk=found.rollout_id)) as (
        rollout,
        now,
    ):
        gate = Gate.objects.present().select_for_update(of=("self",)).select_related("stage").get(pk=gate_id)
        _require_tickable(gate, item, rollout, actor)
        if gate.ticks.filter(item=item).exists() == done:
            return gate
        if done:
            ChecklistTick.objects.create(
                gate=gate, item=item, person_ref=actor.id, person_name=actor.name, at=now
            )
        else:
            gate.ticks.filter(item=item).delete()
        _judge([gate], [rollout.pk], now)
        _log_tick(rollout, gate, item, done, actor, face, now)
    return gate


def _require_tickable(gate: Gate, item: str, rollout: Rollout, actor: Actor) -> None:
    if gate.kind != "checklist":
        raise NotTickable("no_checklist", f"“{gate.title}” is no checklist.", "Tick items of checklists.")
    if item not in {each.name for each in items_of(gate)}:
        raise NotTickable("no_item", f"“{gate.title}” has no item “{item}”.", "Read the checklist again.")
    if gate.position == Position.ENTRY and gate.stage.state != StageState.PENDING:
        raise NotTickable(
            "settled", f"The stage behind “{gate.title}” has been entered.", "Its checklist is settled."
        )
    if RolloutState(rollout.state).ended:
        raise NotTickable("ended", "The rollout has ended.", "Nothing moves any more.")
    if not may_tick(rollout, gate, actor):
        raise NotTickable(
            "forbidden",
            f"“{gate.title}” is not yours to tick.",
            "It takes a member of a team that owns the gate, the rollout or a service in it.",
        )


def may_tick(rollout: Rollout, gate: Gate, actor: Actor) -> bool:
    """Members of the teams that own the gate, the rollout or a service in it."""
    if actor.kind != "person":
        return False
    held = held_roles(int(actor.id))
    return bool(held.keys() & {gate.owner, rollout.team.slug, *owning_teams(rollout)})


def _log_tick(
    rollout: Rollout, gate: Gate, item: str, done: bool, actor: Actor, face: Face, now: datetime
) -> None:
    title = next(each.title for each in items_of(gate) if each.name == item)
    said = "ticked" if done else "took back"
    event = audit.append(
        stream=rollout.stream,
        kind="rollout.check_ticked",
        actor=actor,
        face=face,
        content={
            "rollout": rollout.slug,
            "title": rollout.title,
            "stage": gate.stage.number,
            "stage_name": gate.stage.title,
            "revision": rollout.in_force.number if rollout.in_force else None,
            "reason": "",
            "sentence": f"{actor.name} {said} “{title}” of “{gate.title}”.",
            "shown": None,
            "gate": gate.name,
            "item": item,
            "done": done,
        },
        at=now,
    )
    # What the machine makes of the gate's new word is the next look's.
    Rollout.objects.filter(pk=rollout.pk).update(version=event.seq, due_at=now)


def shown(gate: Gate) -> Mapping[str, Any]:
    """A gate's verdict as a decision stores what was seen of it."""
    return {
        "gate": gate.name,
        "stage": gate.stage.number,
        "verdict": gate.verdict,
        "sentence": gate.sentence,
        "judged_at": gate.judged_at.isoformat() if gate.judged_at else None,
    }
