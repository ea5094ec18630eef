"""The writers of runs. Call them with the run's row locked; each appends the event that tells of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, EventView, Face
from rollouts.escalations.audience import Reached, reach
from rollouts.escalations.models import Run, Step
from rollouts.escalations.naming import names_of
from rollouts.escalations.values import Ladder, RunState


def say(
    run: Run,
    kind: str,
    sentence: str,
    *,
    actor: Actor,
    face: Face,
    at: datetime,
    reason: str = "",
    **more: Any,
) -> EventView:
    """Appends one event to the rollout's stream, where the rest of its story stands."""
    content = {
        "rollout": run.rollout.slug,
        "title": run.rollout.title,
        "stage": run.stage,
        "stage_name": run.stage_name,
        "revision": None,
        "reason": reason,
        "sentence": sentence,
        "shown": None,
        "run": run.pk,
        "name": run.name,
        "cause": run.cause,
        "level": run.level,
        "cycle": run.cycle,
        "what": run.what,
        **more,
    }
    return audit.append(stream=run.rollout.stream, kind=kind, actor=actor, face=face, content=content, at=at)


def climb(run: Run, *, actor: Actor, face: Face, now: datetime, reason: str = "") -> EventView:
    """Asks the next level that reaches somebody; levels that reach nobody are logged and passed at once."""
    ladder = run.ladder
    for missed, (cycle, level) in enumerate(ahead(ladder, cycle=run.cycle, level=run.level), start=1):
        reached = reach(ladder.levels[level - 1])
        event = _ask(run, ladder, cycle, level, reached, actor=actor, face=face, now=now, reason=reason)
        if reached:
            return event
        if missed == len(ladder.levels):
            break  # a whole turn reached nobody: going round again will not
    return exhaust(run, actor=actor, face=face, now=now)


def ahead(ladder: Ladder, *, cycle: int, level: int) -> Iterator[tuple[int, int]]:
    """Cycle and level of everything still to be asked, in order."""
    for turn in range(cycle, ladder.repeat + 1):
        first = level + 1 if turn == cycle else 1
        for number in range(first, len(ladder.levels) + 1):
            yield turn, number


def _ask(
    run: Run,
    ladder: Ladder,
    cycle: int,
    level: int,
    reached: list[Reached],
    *,
    actor: Actor,
    face: Face,
    now: datetime,
    reason: str,
) -> EventView:
    asked = ladder.levels[level - 1]
    run.cycle, run.level = cycle, level
    run.state, run.due_at = RunState.ACTIVE, now + asked.wait if reached else now
    run.save(update_fields=["cycle", "level", "state", "due_at"])
    Step.objects.create(
        run=run,
        cycle=cycle,
        level=level,
        asked_at=now,
        due_at=run.due_at,
        reached=[each.as_json() for each in reached],
    )
    again = f" (turn {cycle + 1})" if cycle else ""
    if reached:
        sentence = f"Level {level}{again} asked: {', '.join(each.name for each in reached)}."
    else:
        names = names_of([asked])
        named = ", ".join(map(names.of, asked.targets))
        sentence = f"Level {level}{again} reaches nobody ({named}); the next level is asked at once."
    return say(
        run,
        "escalation.level",
        sentence,
        actor=actor,
        face=face,
        at=now,
        reason=reason,
        reached=[each.as_json() for each in reached],
        targets=[target.as_json() for target in asked.targets],
        wait_s=int(asked.wait.total_seconds()),
        due_at=run.due_at,
    )


def exhaust(run: Run, *, actor: Actor, face: Face, now: datetime) -> EventView:
    """Everybody was asked. The run can still be acknowledged."""
    run.state, run.due_at = RunState.EXHAUSTED, None
    run.save(update_fields=["state", "due_at"])
    sentence = "Every level was asked and nobody has answered."
    return say(run, "escalation.exhausted", sentence, actor=actor, face=face, at=now)


def acknowledge(
    run: Run, *, person: Person | None, actor: Actor, face: Face, now: datetime, note: str
) -> EventView:
    """Somebody takes it: nobody else is asked any more."""
    run.state, run.due_at = RunState.ACKNOWLEDGED, None
    run.acknowledged_by, run.acknowledged_name = person, actor.name
    run.acknowledged_at, run.note = now, note
    run.save(
        update_fields=["state", "due_at", "acknowledged_by", "acknowledged_name", "acknowledged_at", "note"]
    )
    sentence = f"{actor.name} acknowledged the escalation at level {run.level}."
    return say(run, "escalation.acknowledged", sentence, actor=actor, face=face, at=now, reason=note)


def end(run: Run, *, why: str, actor: Actor, face: Face, now: datetime) -> EventView:
    """What it was about is over."""
    run.state, run.due_at = RunState.ENDED, None
    run.ended_at, run.ended_why = now, why
    run.save(update_fields=["state", "due_at", "ended_at", "ended_why"])
    return say(run, "escalation.ended", f"The escalation ended. {why}", actor=actor, face=face, at=now)
