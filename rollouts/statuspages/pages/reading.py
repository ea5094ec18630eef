"""Reads one rollout for outsiders: machine, gates, plan and log, in `public:` words only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.approvals.models import PLAN
from rollouts.approvals.queries import open_requests, request_outcome
from rollouts.gates.models import Gate
from rollouts.lib.learned import public_review
from rollouts.plans.document.gate import GatePlan, Public
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout, Stage
from rollouts.plans.queries import plan_of
from rollouts.plans.values import StageState, Visibility
from rollouts.statuspages import words
from rollouts.statuspages.models import Feedback
from rollouts.statuspages.pages import facts, history

SHOWN = frozenset(
    {
        "proposed",
        "approved",
        "running",
        "held",
        "halted",
        "rolling_back",
        "rolled_back",
        "rollback_failed",
        "completed",
        "closed",
        "cancelled",
    }
)
"""A draft is nobody's business yet."""

ENDED = frozenset({"rolled_back", "completed", "closed", "cancelled"})
STOPPED = frozenset({"halted", "rolling_back", "rollback_failed"})
GOVERNING = ("in_force", "approved", "proposed", "withdrawn", "rejected")


@dataclass(frozen=True)
class _Read:
    """What the parts of a page are made from."""

    rollout: Rollout
    plan: Plan
    stages: dict[int, Stage]
    gates: list[Gate]
    now: datetime


def page(rollout: Rollout, now: datetime, *, preview: bool = False) -> facts.Page | None:
    """The rollout for outsiders; None when it may not be shown or its plan has no public words.

    `preview` reads it as if it were public, for its owner.
    """
    chosen = rollout.visibility in (Visibility.PUBLIC, Visibility.LINK)
    revision = governing(rollout)
    if revision is None or rollout.state not in SHOWN or not (chosen or preview):
        return None
    plan = plan_of(revision)
    if plan.public is None:
        return None
    gates = list(
        Gate.objects.present().filter(rollout=rollout).select_related("stage").order_by("order", "pk")
    )
    read = _Read(rollout, plan, {stage.number: stage for stage in rollout.stages.all()}, gates, now)
    steps = _steps(read)
    told = history.told(rollout, plan, steps)
    return facts.Page(
        slug=rollout.slug,
        title=title_of(plan.public),
        text=plan.public.text,
        state=rollout.state,
        standing=_standing(read, steps),
        team=rollout.team.name,
        as_of=now,
        since=rollout.state_since_at,
        steps=steps,
        moves=_moves(read),
        awaits=_awaits(read),
        stops=_stops(read),
        back=_back(read),
        services=_services(read),
        told=told,
        answered=_answered(rollout),
        learned=_learned(rollout),
        revision=revision.number,
        ended=rollout.state in ENDED,
        listed=rollout.visibility == Visibility.PUBLIC,
    )


def governing(rollout: Rollout) -> Revision | None:
    """The revision whose words count: in force; before the start the approved or proposed one."""
    if rollout.in_force is not None:
        return rollout.in_force
    rows = list(rollout.revisions.filter(state__in=GOVERNING))
    return min(rows, key=lambda row: (GOVERNING.index(row.state), -row.number), default=None)


def title_of(public: Public) -> str:
    """The public title; without one the first sentence of the public text, never the inner title."""
    if public.title:
        return public.title
    first = public.text.split("\n", 1)[0].split(". ", 1)[0].strip()
    return first if len(first) <= 90 else first[:89].rsplit(" ", 1)[0] + "…"


def public_numbers(plan: Plan) -> dict[int, int]:
    """The number of each public step by the number of its stage."""
    public = [stage.number for stage in plan.stages if stage.public is not None]
    return {number: place for place, number in enumerate(public, 1)}


def _steps(read: _Read) -> tuple[facts.Step, ...]:
    steps = []
    for number, place in public_numbers(read.plan).items():
        planned = read.plan.stage(number)
        if planned.public is None:
            continue
        row = read.stages.get(number)
        state = row.state if row else "pending"
        tone, icon, word = words.step_standing(state)
        steps.append(
            facts.Step(
                number=place,
                title=title_of(planned.public),
                text=planned.public.text if planned.public.title else "",
                state=state,
                tone=tone,
                icon=icon,
                word=word,
                current=row is not None and number == read.rollout.stage and StageState(state).current,
                share=_share(row, read.now),
                planned_start_at=planned.window.start.at if planned.window else None,
                planned_end_at=planned.window.end.at if planned.window and planned.window.end else None,
                began_at=row.entered_at if row else None,
                ended_at=row.ended_at if row else None,
            )
        )
    return tuple(steps)


def _share(row: Stage | None, now: datetime) -> float | None:
    """How much of the time to watch has passed, in twentieths so that a page is not new every second."""
    if row is None or row.state != StageState.BAKING:
        return None
    if row.needed_windows:
        share = row.baked_windows / row.needed_windows
    elif row.bake_started_at and row.bake_ends_at and row.bake_ends_at > row.bake_started_at:
        share = (now - row.bake_started_at) / (row.bake_ends_at - row.bake_started_at)
    else:
        return None
    return max(0.0, min(1.0, round(share * 20) / 20))


def _standing(read: _Read, steps: Sequence[facts.Step]) -> words.Standing:
    rollout = read.rollout
    stage = read.stages.get(rollout.stage or 0)
    binding = [gate for gate in read.gates if _binds(gate) and stage and gate.stage_id == stage.pk]
    judged = [gate for gate in binding if gate.kind in ("metric", "exposure")]
    return words.standing(
        rollout.state,
        step=public_numbers(read.plan).get(rollout.stage or 0),
        steps=len(steps),
        stage_state=stage.state if stage else "",
        healthy=bool(judged) and all(gate.verdict == "pass" for gate in judged),
        held_for=rollout.held_for,
        by_itself=history.halted_by_itself(rollout),
    )


def _binds(gate: Gate) -> bool:
    return gate.required and not gate.observe


def _planned_gates(read: _Read, stage: int, position: str) -> list[GatePlan]:
    if not 1 <= stage <= len(read.plan.stages):
        return []
    planned = read.plan.stage(stage)
    return list(planned.entry if position == "entry" else planned.exit)


def _next_stage(read: _Read) -> int:
    """The stage that would be entered next; one more than there are when none is left."""
    pending = [number for number, row in read.stages.items() if row.state == StageState.PENDING]
    if read.stages:
        return min(pending, default=len(read.plan.stages) + 1)
    return 1


def _moves(read: _Read) -> tuple[facts.Check, ...]:
    """What lets it move on: the gates on leaving the step under way and on entering the next."""
    if read.rollout.state in ENDED or read.rollout.state in STOPPED:
        return ()
    coming = _next_stage(read)
    verdicts = {(g.stage.number, g.position, g.name): g.verdict for g in read.gates}
    current = read.rollout.stage or 0
    sides = [(current, "exit"), (coming, "entry")]
    checks = []
    for stage, position in sides:
        for gate in _planned_gates(read, stage, position):
            if gate.public is None or gate.observe or not gate.required:
                continue
            word = verdicts.get((stage, position, gate.name), "pending")
            met = {"pass": True, "fail": False}.get(word)
            # The title says what must hold, the text what would stop it.
            said = gate.public.title or gate.public.text
            checks.append(facts.Check(said, met, gate.on_fail in ("halt", "hold")))
    row = read.stages.get(current)
    if row is not None and row.state in (StageState.BAKING, StageState.WAITING):
        checks.append(facts.Check(_("The step has been watched for long enough."), None))
    return tuple(checks)


def _awaits(read: _Read) -> tuple[str, ...]:
    """What awaits approval; how many, never who."""
    said = []
    for request in open_requests(read.rollout):
        count = request_outcome(request, now=read.now)
        sentence = words.people_to_agree(count.quorum, count.approvals)
        if request.stage == PLAN:
            said.append(_("The plan: %(sentence)s") % {"sentence": sentence})
        elif place := public_numbers(read.plan).get(request.stage):
            title = title_of(read.plan.stage(request.stage).public or Public())
            said.append(
                _("Step %(step)d, %(title)s: %(sentence)s")
                % {"step": place, "title": title, "sentence": sentence}
            )
        else:
            said.append(_("The next part: %(sentence)s") % {"sentence": sentence})
    if not said and _waits_for_a_decision(read):
        said.append(_("A decision of the people who run it."))
    return tuple(said)


def _waits_for_a_decision(read: _Read) -> bool:
    stage = read.stages.get(read.rollout.stage or 0)
    ready = stage is not None and stage.state == StageState.READY
    return read.rollout.state in ("halted", "approved") or (read.rollout.state == "running" and ready)


def _stops(read: _Read) -> tuple[str, ...]:
    """What would stop it: the gates that halt or hold, and the risks, each in its public words."""
    if read.rollout.state in ENDED:
        return ()
    said: list[str] = []
    for stage in range(max(1, read.rollout.stage or 1), len(read.plan.stages) + 1):
        for gate in read.plan.stage(stage).exit:
            judged = gate.kind in ("metric", "exposure", "contract", "external")
            if gate.public is None or not judged or gate.observe or gate.on_fail == "ask":
                continue
            effect = (
                _("It then stops by itself.") if gate.on_fail == "halt" else _("It then pauses by itself.")
            )
            said.append(f"{_sentence(gate.public.text or gate.public.title)} {effect}")
    said += [_say(risk.public) for risk in read.plan.risks if risk.public is not None]
    return tuple(dict.fromkeys(said))


def _back(read: _Read) -> str:
    """The way back in public words, as the step under way has it."""
    if read.rollout.state in ENDED:
        return ""
    number = min(max(1, read.rollout.stage or 1), len(read.plan.stages))
    public = read.plan.stage(number).rollback.public
    return _say(public) if public else ""


def _services(read: _Read) -> tuple[facts.Affected, ...]:
    """Services by their public names; those without one stay off the page."""
    from rollouts.catalog.models import Service

    impacts = {impact.consumer: impact for impact in read.plan.expected_impact}
    slugs = [*read.plan.services(), *impacts]
    names = dict(
        Service.objects.filter(slug__in=slugs).exclude(public_name="").values_list("slug", "public_name")
    )
    changing = {change.service: change for change in reversed(read.plan.changes)}
    found = []
    for slug in dict.fromkeys(slugs):
        if slug not in names:
            continue
        impact, change = impacts.get(slug), changing.get(slug)
        public = change.public if change and change.public else (impact.public if impact else None)
        found.append(facts.Affected(names[slug], _say(public) if public else "", slug in changing))
    return tuple(found)


def _answered(rollout: Rollout) -> tuple[facts.Answered, ...]:
    rows = Feedback.objects.filter(rollout=rollout, public=True, answered_at__isnull=False)
    return tuple(
        facts.Answered(row.text, row.answer, rollout.team.name, row.answered_at)
        for row in rows.order_by("-answered_at", "-pk")[:20]
        if row.answered_at
    )


def _learned(rollout: Rollout) -> facts.Learned | None:
    found = public_review(rollout.pk)
    return facts.Learned(found.summary, found.lessons, found.at) if found else None


def _say(public: Public) -> str:
    return public.text or public.title


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."
