"""The one door: every change of a rollout's state goes through these few functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.decisions import counting
from rollouts.decisions.clashing import compare_documents
from rollouts.decisions.machine.decide import decide as machine_decide
from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.evidence import to_content
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.values import Action, Command, Refused
from rollouts.decisions.reading import snapshot
from rollouts.decisions.saving import Doing, save
from rollouts.gates import services as gates
from rollouts.lib.secrets import new_token
from rollouts.plans import state
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.registry import Draft

__all__ = [
    "Action",
    "Command",
    "Decided",
    "Refused",
    "compare_documents",
    "decide",
    "do_duties",
    "look",
    "save_plan",
]

ENTERING = (Action.START, Action.PROMOTE, Action.APPROVE_AND_PROMOTE)
MEETS_AGAIN = timedelta(minutes=1)
"""How soon the system looks again whether another rollout is still in the way of a promotion of its own."""
MOST_DUTIES = 12  # one look never needs more; a bound keeps a fault from looping under the lock


@dataclass(frozen=True)
class Decided:
    """What was decided: the event, the rollout as it stands, and whether its key had decided it before."""

    event: EventView
    rollout: Rollout
    repeated: bool = False


def decide(
    *,
    rollout: str,
    command: Command,
    actor: Actor,
    face: Face,
    key: str | None = None,
    shown: dict[str, Any] | None = None,
) -> Decided:
    """Decides `command` on the rollout with this slug, under its lock.

    Raises Refused, and nothing is then changed but its count; Rollout.DoesNotExist; KeyReused. With `key`
    the same request by the same actor gives the same answer, once.
    """
    if command.action is Action.PROPOSE:
        compare_documents(rollout)
    rows = Rollout.objects.locked()
    with counting.refusals_of(command.action), audit.door(lambda: rows.get(slug=rollout)) as (row, now):
        request = _request(rollout, command)
        if key and (before := audit.recall(actor=actor, key=key, request=request, now=now)):
            return Decided(event=before, rollout=row, repeated=True)
        if command.action is not Action.HALT:  # what the calendar and ticks say now; a halt needs none of it
            gates.refresh(rollout=row, now=now)
        seen = snapshot(row, actor, now, lock=True, claim=command.action in ENTERING)
        step = machine_decide(seen, command)
        shown_content = shown if shown is not None else (to_content(command.seen) if command.seen else None)
        event = save(row, step, Doing(actor, face, now, shown_content))
        if key:
            audit.remember(actor=actor, key=key, request=request, event=event, now=now)
        return Decided(event=event, rollout=row)


def propose(
    *, rollout: str, actor: Actor, face: Face, override: tuple[str, ...] = (), reason: str = ""
) -> Decided:
    """Puts the newest draft to the vote; see `decide`."""
    command = Command(Action.PROPOSE, override=override, reason=reason)
    return decide(rollout=rollout, command=command, actor=actor, face=face)


def _request(rollout: str, command: Command) -> dict[str, Any]:
    """What makes two requests the same: not what was seen, and not when."""
    return {
        "rollout": rollout,
        "action": command.action.value,
        "stage": command.stage,
        "revision": command.revision,
        "reason": command.reason,
        "override": list(command.override),
        "on_behalf_of": command.on_behalf_of,
    }


def look(*, rollout: str, person: Actor) -> tuple[Rollout, Snapshot]:
    """The rollout and what the machine sees of it for this person, for pages: nothing is locked."""
    from rollouts.lib.clock import database_now

    row = Rollout.objects.select_related("team", "environment", "owner", "in_force").get(slug=rollout)
    return row, snapshot(row, person, database_now())


def save_plan(
    *, rollout: str, draft: Draft, actor: Actor, face: Face, create: Rollout | None = None
) -> Revision:
    """Saves a draft revision; where no rollout has this slug, `create` becomes it in the same transaction."""
    with audit.door(lambda: _lock_or_create(rollout, create)) as (row, now):
        seen = snapshot(row, actor, now, lock=True)
        newest = row.revisions.order_by("-number").values_list("number", flat=True).first() or 0
        step = machine_decide(seen, Command(Action.SAVE, revision=newest + 1))
        revision = state.new_revision(
            row,
            source=draft.source,
            media_type=draft.media_type,
            document=draft.document,
            digest=draft.digest,
            author_id=draft.author_id,
            author_ref=draft.author_ref,
            now=now,
        )
        save(row, step, Doing(actor, face, now), extra={"digest": draft.digest})
        return revision


def _lock_or_create(slug: str, create: Rollout | None) -> Rollout:
    row = Rollout.objects.locked().filter(slug=slug).first()
    if row is not None:
        return row
    if create is None:
        raise Rollout.DoesNotExist(f"There is no rollout {slug}.")
    from rollouts.lib.clock import database_now

    now = database_now()
    create.slug, create.created_at, create.state_since_at = slug, now, now
    create.salt = new_token("salt")[:32]
    create.save(force_insert=True)
    return create


# --- what the system does by itself --------------------------------------------------------------


def do_duties(*, rollout_id: int, most: int = MOST_DUTIES) -> list[EventView]:
    """Does what is due for the system on one rollout: verdicts, timers and expiries, most urgent first.

    One entry through the door for the whole look. Nothing due: nothing is written. With `most` reached
    the rollout stays due, and whoever looks next does the rest.
    """
    done: list[EventView] = []
    with audit.door(lambda: _free(rollout_id)) as (row, now):
        if row is None:
            return done
        _count_bake(row)
        while len(done) < most:
            seen = snapshot(row, SYSTEM, now, claim=True)
            command = duty(seen) or _bake_start(row, seen, now)
            if command is None:
                row.due_at = next_due(row, now)
                if seen.clashes:  # nothing tells this rollout when another one ends
                    row.due_at = min(row.due_at or now + MEETS_AGAIN, now + MEETS_AGAIN)
                row.save(update_fields=["due_at"])
                break
            step = machine_decide(seen, command)
            done.append(save(row, step, Doing(SYSTEM, Face.TICKER, now, _evidence(row, command))))
    return done


def _free(rollout_id: int) -> Rollout | None:
    return Rollout.objects.locked().filter(pk=rollout_id).first()


def _count_bake(row: Rollout) -> None:
    """Keeps the count of judged windows beside the stage, where the machine and pages read it."""
    from rollouts.gates import queries as gates

    for stage in row.stages.filter(state__in=["waiting", "baking", "ready"]):
        baked, needed = gates.bake_progress(stage)
        if (baked, needed) != (stage.baked_windows, stage.needed_windows):
            state.count_bake(stage, baked=baked, needed=needed)


def _bake_start(row: Rollout, seen: Snapshot, now: datetime) -> Command | None:
    """The wait of a stage is its warm-up: its first judged windows are about to count."""
    from rollouts.gates import queries as gates
    from rollouts.plans.values import RolloutState, StageState

    stage = seen.current
    if stage is None or stage.state is not StageState.WAITING or seen.state is not RolloutState.RUNNING:
        return None
    if gates.warm_until(row, stage.number) > now:
        return None
    return Command(Action.BAKE_STARTED, stage=stage.number)


def _evidence(row: Rollout, command: Command) -> dict[str, Any] | None:
    """What the system saw: the verdict that made it act."""
    from rollouts.gates.models import Gate

    if command.gate is None or command.stage is None:
        return None
    gate = Gate.objects.present().filter(rollout=row, name=command.gate, stage__number=command.stage).first()
    if gate is None:
        return None
    return {
        "gate": gate.name,
        "title": gate.title,
        "verdict": gate.verdict,
        "sentence": gate.sentence,
        "evidence": gate.evidence,
        "judged_at": gate.judged_at,
        "runbook": gate.runbook,
    }


def next_due(row: Rollout, now: datetime) -> datetime | None:
    """The next instant at which the system must look at this rollout for the clock's sake."""
    from rollouts.gates import queries as gates
    from rollouts.plans.values import RolloutState

    state_now = RolloutState(row.state)
    wanted: list[datetime | None] = []
    for stage in row.stages.filter(due_at__isnull=False):
        # A bake's end that moved nothing, because windows are missing, must not hide the end of its time.
        wanted += [stage.bake_ends_at, stage.extended_until_at]
        wanted.append(None if stage.overdue_said_at else stage.overdue_at)
    wanted += list(row.requests.filter(settled_at__isnull=True).values_list("expires_at", flat=True))
    if state_now is RolloutState.ROLLING_BACK:
        wanted.append(row.rollback_due_at)
    if not state_now.ended:
        wanted += gates.due_times(row, now)
    ahead = [at for at in wanted if at is not None]
    # A time that has passed and moved nothing is asked again when something changes, not every tick.
    future = [at for at in ahead if at > now]
    return min(future, default=None)
