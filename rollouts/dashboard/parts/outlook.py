"""What an approver should know before the tap, and what happens after it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import lamps, wording
from rollouts.dashboard.standing import Standing
from rollouts.dashboard.values import Act, GateRow, Node
from rollouts.decisions.queries import listed
from rollouts.gates.values import Word
from rollouts.plans import queries as plans
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import Advance, OnHalt, RevisionState, RolloutState

WORST = (Word.FAIL, Word.NO_DATA, Word.PENDING, Word.INCONCLUSIVE)
MOST = 3


def worst(rows: list[GateRow]) -> str:
    """The tone of the worst of these gates."""
    words = [row.word for row in rows]
    return lamps.verdict_lamp(next((word for word in WORST if word in words), Word.PASS)).tone


def effect(standing: Standing, stage: int | None, acts: list[Act]) -> str:
    """What the vote does at once."""
    if not any(act.allowed for act in acts):
        return ""
    if acts[0].action == "approve_and_promote":
        return _("Your approval starts the promotion.")
    if stage is None:
        if standing.state.begun:
            return _("The last approval puts the revision in force; no traffic moves by it.")
        return _("The last approval lets the rollout start; no traffic moves by it.")
    seen = standing.seen.stage(stage)
    if seen and seen.advance is Advance.AUTOMATIC:
        return _("Gatehouse promotes by itself once every gate has passed.")
    return _("Approving only votes; somebody promotes afterwards.")


def know(standing: Standing, changes: list[Change], consumers: tuple[Node, ...]) -> Iterator[str]:
    """What speaks for a second look: where it stands, who is not ready, what happened, what else moves."""
    if standing.state in (RolloutState.HALTED, RolloutState.HELD):
        state = _("halted") if standing.state is RolloutState.HALTED else _("held")
        words = {"state": state}
        yield (_("The rollout is %(state)s. A vote counts; nothing is entered until it is resumed.") % words)
    yield from answered(standing)
    unready = [node for node in consumers if node.tone == "wait"]
    for node in unready[:MOST]:
        words = {"name": node.title, "word": node.word.lower(), "note": node.note}
        yield _("%(name)s: %(word)s (%(note)s).") % words
    if len(unready) > MOST:
        more = len(unready) - MOST
        yield ngettext("%(n)s more is not ready.", "%(n)s more are not ready.", more) % {"n": more}
    for risk in standing.risks:
        if risk.state == "happened":
            yield _("A risk has happened: %(title)s.") % {"title": risk.title.rstrip(".")}
    for freeze in standing.freezes[:1]:
        words = {"name": freeze.name, "at": wording.moment(freeze.starts_at, now=standing.now)}
        if freeze.starts_at > standing.now:
            yield _("%(name)s begins %(at)s.") % words
    yield from meeting(standing)
    yield from beside(standing, changes)


def answered(standing: Standing) -> Iterator[str]:
    """What the planner passed over when the open proposal was made."""
    proposed = standing.seen.newest(RevisionState.PROPOSED)
    found = plans.answered_for(standing.rollout, proposed.number) if proposed else None
    if found is not None:
        words = {"who": found.who, "names": "; ".join(found.names), "reason": found.reason.rstrip(".")}
        yield _("%(who)s proposed it in spite of what stands against it: %(names)s. “%(reason)s.”") % words


def meeting(standing: Standing) -> Iterator[str]:
    """What other rollouts have against it."""
    for each in [one for one in standing.crossings if one.blocks][:MOST]:
        yield f"{each.sentence}."


def beside(standing: Standing, changes: list[Change]) -> Iterator[str]:
    """Other rollouts under way that change the same services in the same environment."""
    rows = (
        Rollout.objects.accessible_to(standing.person)
        .filter(state__in=[state.value for state in RolloutState if state.begun and not state.ended])
        .filter(environment=standing.rollout.environment)
        .filter(changes__service__in={change.service_id for change in changes})
        .exclude(pk=standing.rollout.pk)
    )
    for row in rows.distinct().order_by("-state_since_at", "-pk")[:MOST]:
        words = {"title": row.title, "state": RolloutState(row.state).label.lower()}
        yield _("%(title)s changes the same service and is %(state)s.") % words


def steps(standing: Standing, plan: Plan | None, entered: StagePlan | None) -> Iterator[str]:
    """What comes after the vote, in order."""
    if plan is None or not plan.stages:
        return
    if entered is None:
        yield from without_stage(standing, plan)
        return
    words = {
        "n": entered.number,
        "share": entered.exposure.words(),
        "bake": wording.span(entered.bake),
        "title": entered.title or entered.name,
    }
    if entered.bake:
        yield _("Entered, stage %(n)s grants %(share)s and bakes %(bake)s.") % words
    else:
        yield _("Entered, stage %(n)s grants %(share)s.") % words
    stops = [
        gate.title for gate in entered.exit if gate.on_fail == "halt" and gate.required and not gate.observe
    ]
    if stops:
        yield _("It halts by itself if one of these fails: %(gates)s. %(then)s") % {
            "gates": listed(stops),
            "then": on_halt(plan, entered),
        }
    following = plan.stages[entered.number] if entered.number < len(plan.stages) else None
    if following is None:
        yield _("Then a planner completes the rollout.")
        return
    words = {"n": following.number, "title": following.title, "share": following.exposure.words()}
    yield _("Then comes stage %(n)s, %(title)s: %(share)s.") % words


def on_halt(plan: Plan, stage: StagePlan) -> str:
    """What a halt in this stage leaves granted."""
    if stage.on_halt is OnHalt.KEEP:
        return _("A halt keeps what is granted.")
    if stage.on_halt is OnHalt.OFF or stage.number == 1:
        return _("A halt takes all of it back.")
    return _("A halt goes back to %(share)s.") % {"share": plan.stage(stage.number - 1).exposure.words()}


def without_stage(standing: Standing, plan: Plan) -> Iterator[str]:
    """After the plan itself is approved, or completing."""
    if standing.seen.upcoming is None and standing.state.begun:
        yield _("A planner completes the rollout; what the last stage granted stays.")
        return
    first = standing.seen.upcoming
    if first is None:
        return
    stage = plan.stages[min(first.number, len(plan.stages)) - 1]
    words = {"n": stage.number, "title": stage.title or stage.name, "share": stage.exposure.words()}
    if standing.state.begun:
        yield _("Stages that have begun stay as they are; the next is %(n)s, %(title)s: %(share)s.") % words
    else:
        yield _("A planner starts it, and stage %(n)s, %(title)s, grants %(share)s.") % words
    yield ngettext(
        "%(n)s stage in all, to %(share)s.", "%(n)s stages in all, to %(share)s.", len(plan.stages)
    ) % {"n": len(plan.stages), "share": plan.stages[-1].exposure.words()}
