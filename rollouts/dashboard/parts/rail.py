"""The stage rail: chambers with their times, gates with their counts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import GateCount, StageView
from rollouts.decisions import queries as decisions
from rollouts.gates.values import Position, Word
from rollouts.plans.models import Rollout, Stage
from rollouts.plans.values import StageState


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/stage_rail.html."""
    standing = standing_of(request, rollout.slug)
    views = stage_views(standing)
    at = next((place for place, view in enumerate(views, 1) if view.current), 0)
    return {"stages": views, "at": at, "rail_note": note(views), "announce": said(standing)}


def said(standing: Standing) -> str:
    """The sentence that is read aloud when it changes."""
    stage = standing.seen.current
    if stage is None:
        return _("The rollout is %(state)s.") % {"state": decisions.phrase(standing.state)}
    words = {"number": stage.number, "state": stage.state.label.lower()}
    return _("Stage %(number)s is %(state)s.") % words


def stage_views(standing: Standing) -> list[StageView]:
    """Every stage with what stands after it."""
    counts = gate_counts(standing)
    halts = halted_for(standing)
    rows = standing.stages
    return [view(standing, row, counts.get(row.number), halts.get(row.number)) for row in rows]


def view(standing: Standing, row: Stage, counted: GateCount | None, halted: timedelta | None) -> StageView:
    """One chamber."""
    state = StageState(row.state)
    share = baked_share(row, standing.now)
    return StageView(
        number=row.number,
        title=row.title or row.name,
        state=row.state,
        exposure=exposure_words(standing, row.number),
        word=word(state, share),
        share={"promoted": 1.0, "ready": 1.0}.get(row.state, share),
        current=state.current,
        planned_start_at=row.planned_start_at,
        planned_end_at=row.planned_end_at,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        earliest_at=earliest(standing, row),
        bake_ends_at=row.bake_ends_at if state is StageState.BAKING else None,
        halted_for=halted,
        overdue=bool(row.overdue_at and state.current and row.overdue_at <= standing.now),
        gates=counted,
    )


def word(state: StageState, share: float | None) -> str:
    """The lamp's word, with the share of the bake."""
    if state is StageState.BAKING and share is not None:
        return _("Baking %(share)s") % {"share": wording.percent(share, 0)}
    return ""


def baked_share(row: Stage, now: datetime) -> float | None:
    """How much of the bake is done, by windows where gates count them and by the clock elsewhere."""
    if row.state not in (StageState.BAKING, StageState.HALTED, StageState.WAITING):
        return None
    if row.needed_windows:
        return min(1.0, row.baked_windows / row.needed_windows)
    begun = row.bake_started_at or row.entered_at
    if row.bake_ends_at and begun and row.bake_ends_at > begun:
        return max(0.0, min(1.0, (now - begun) / (row.bake_ends_at - begun)))
    return 0.0


def exposure_words(standing: Standing, number: int) -> str:
    """What the stage grants, as the plan in force says it."""
    if standing.plan is None or number > len(standing.plan.stages):
        return ""
    return standing.plan.stage(number).exposure.words()


def earliest(standing: Standing, row: Stage) -> datetime | None:
    """When a stage that is still to come may be entered at the earliest, as far as the clock knows."""
    if row.state != StageState.PENDING:
        return None
    current = standing.current
    begins = [row.planned_start_at, current.bake_ends_at if current else None]
    known = [at for at in begins if at is not None and at > standing.now]
    return max(known, default=None)


def gate_counts(standing: Standing) -> dict[int, GateCount]:
    """Gates between a stage and the next, by the stage that is left."""
    words: dict[int, list[Word]] = defaultdict(list)
    for stage in standing.seen.stages:
        for gate in stage.gates:
            if gate.observe or standing.seen.observe:
                continue
            left = stage.number if gate.position is Position.EXIT else stage.number - 1
            settled = stage.state in (StageState.PROMOTED,) or (
                gate.position is Position.ENTRY and stage.state.begun
            )
            words[left].append(Word.PASS if settled else decisions.word_of(standing.seen, gate))
    return {number: count(found, later(standing, number)) for number, found in words.items() if number}


def later(standing: Standing, number: int) -> bool:
    """Whether this way is further ahead than the next one."""
    current = standing.seen.current
    return number > (current.number if current else 0)


def count(found: list[Word], is_later: bool) -> GateCount:
    """How many pass, and the tone of the worst."""
    passed = sum(word is Word.PASS for word in found)
    tone = "pass"
    for wanted, worse in (
        (Word.PENDING, "wait"),
        (Word.INCONCLUSIVE, "wait"),
        (Word.NO_DATA, "none"),
        (Word.FAIL, "stop"),
    ):
        tone = worse if wanted in found else tone
    return GateCount(
        passed, len(found), "none" if is_later and tone == "wait" else tone, is_later and passed < len(found)
    )


def halted_for(standing: Standing) -> dict[int, timedelta]:
    """How long each stage was halted, from the log's newest events."""
    found: dict[int, timedelta] = defaultdict(timedelta)
    begun: tuple[int, datetime] | None = None
    for event in reversed(standing.events):
        stage = event.content.get("stage")
        if event.kind == "rollout.halted" and stage:
            begun = (stage, event.at)
        elif begun and event.kind in ("rollout.resumed", "rollout.rolling_back", "rollout.closed"):
            found[begun[0]] += event.at - begun[1]
            begun = None
    if begun:
        found[begun[0]] += standing.now - begun[1]
    return dict(found)


def note(views: list[StageView]) -> str:
    """How many are promoted, and how far behind plan the current one is."""
    promoted = sum(each.state == "promoted" for each in views)
    parts = [_("%(done)s of %(all)s promoted") % {"done": promoted, "all": len(views)}]
    current = next((each for each in views if each.current), None)
    if current and current.planned_start_at and current.entered_at:
        late = current.entered_at - current.planned_start_at
        if late > timedelta(minutes=30):
            parts.append(_("%(span)s behind plan") % {"span": wording.rough(late)})
    return ", ".join(parts)
