"""The decision bar: what stands to be decided, its evidence in few lines, the votes and the buttons."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rollouts.dashboard import lamps, wording
from rollouts.dashboard.parts.gates import gate_rows
from rollouts.dashboard.parts.rail import exposure_words
from rollouts.dashboard.parts.votes import votes_on
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.templatetags.gatehouse import drawn
from rollouts.dashboard.values import Act, DecisionBar, GateRow
from rollouts.decisions.queries import (
    HOLDERS,
    POSSIBLE,
    RIGHTS,
    Action,
    Command,
    Refused,
    Right,
    Snapshot,
    listed,
    to_pass_over,
)
from rollouts.gates.values import Word
from rollouts.plans.models import Rollout
from rollouts.plans.values import RevisionState, RolloutState

MAIN: dict[RolloutState, tuple[Action, ...]] = {
    RolloutState.DRAFT: (Action.PROPOSE, Action.CANCEL),
    RolloutState.PROPOSED: (Action.APPROVE, Action.REJECT, Action.WITHDRAW, Action.CANCEL),
    RolloutState.APPROVED: (Action.START, Action.CANCEL),
    RolloutState.RUNNING: (Action.APPROVE, Action.PROMOTE, Action.COMPLETE, Action.HOLD),
    RolloutState.HELD: (Action.RESUME, Action.APPROVE),
    RolloutState.HALTED: (Action.RESUME, Action.ROLL_BACK, Action.CLOSE),
    RolloutState.ROLLING_BACK: (Action.CONFIRM_ROLLED_BACK, Action.ROLLBACK_FAILED),
    RolloutState.ROLLBACK_FAILED: (Action.ROLL_BACK, Action.CLOSE),
}
MORE = (Action.APPROVE, Action.REJECT, Action.WITHDRAW, Action.PROPOSE, Action.ASK_AGAIN)
OVERRIDES = (Action.PROPOSE, Action.START, Action.PROMOTE, Action.COMPLETE, Action.RESUME, Action.SKIP)
ICONS = {
    Action.PROPOSE: "arrow", Action.CANCEL: "x", Action.APPROVE: "approval", Action.REJECT: "x",
    Action.WITHDRAW: "x", Action.START: "arrow", Action.PROMOTE: "arrow", Action.COMPLETE: "pass",
    Action.HOLD: "held", Action.RESUME: "move", Action.ROLL_BACK: "back", Action.CLOSE: "x",
    Action.CONFIRM_ROLLED_BACK: "pass", Action.ROLLBACK_FAILED: "risk", Action.ASK_AGAIN: "bell",
    Action.APPROVE_AND_PROMOTE: "approval", Action.SKIP: "skip", Action.HALT: "halt",
}  # fmt: skip
GO = frozenset(
    {Action.PROPOSE, Action.APPROVE, Action.APPROVE_AND_PROMOTE, Action.START, Action.PROMOTE,
     Action.COMPLETE, Action.RESUME, Action.CONFIRM_ROLLED_BACK}
)  # fmt: skip
ASK_MORE = frozenset({Action.ROLL_BACK, Action.CLOSE, Action.REJECT, Action.CANCEL, Action.ROLLBACK_FAILED})
MUTED = frozenset({"nothing_asked", "forbidden", "voted", "filled", "not_now", "stages_left", "last_stage"})


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/decision_bar.html."""
    return {"bar": bar(standing_of(request, rollout.slug))}


def dock(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """The two buttons at the thumb. See templates/dashboard/panels/decision_dock.html."""
    found = bar(standing_of(request, rollout.slug))
    first = next((act for act in found.acts if act.allowed), None)
    chosen = [act for act in (first, found.halt) if act]
    return {"dock": [_docked(act) for act in chosen]}


def _docked(act: Act) -> Act:
    """A button of the dock: the same act without a key of its own, which the bar has."""
    look = "halt tall" if act.action == "halt" else "go tall"
    return Act(act.action, act.word, act.icon, act.href, look, act.allowed, act.why_not, "", act.needs_fresh)


def bar(standing: Standing) -> DecisionBar:
    """Everything that the decision bar shows for this person."""
    kept: DecisionBar | None = standing.__dict__.get("_bar")
    if kept is None:
        kept = standing.__dict__["_bar"] = _bar(standing)
    return kept


def _bar(standing: Standing) -> DecisionBar:
    first = (Action.APPROVE,) if standing.seen.newest(RevisionState.PROPOSED) else ()
    actions = dict.fromkeys((*first, *MAIN.get(standing.state, ())))
    main = [act for action in actions if (act := button(standing, action)) is not None]
    if (both := button(standing, Action.APPROVE_AND_PROMOTE)) is not None and both.allowed:
        main = [both, *[act for act in main if act.action != "promote"]]
    named = {act.action for act in main}
    more = [
        act
        for action in MORE
        if (act := button(standing, action)) and act.allowed and act.action not in named
    ]
    more += overrides(standing)
    halt = button(standing, Action.HALT)
    acts = tuple(main)
    reads_only = not any(act.allowed for act in (*acts, *more)) and not (halt and halt.allowed)
    return DecisionBar(
        title=title(standing),
        sentence=sentence(standing),
        facts=tuple(facts(standing)),
        votes=tuple(votes_on(standing, standing.requests)),
        acts=looks(acts),
        halt=halt if halt and halt.allowed else None,
        more=tuple(more),
        why_not=" ".join(dict.fromkeys(act.why_not for act in acts if not act.allowed)),
        may_read_only=reads_only and not standing.state.ended,
        who_can=who_can(standing),
    )


def stage_of(seen: Snapshot, action: Action) -> int | None:
    """The stage that a command of this page names: the one that is entered, or completing."""
    if action not in (
        Action.APPROVE,
        Action.REJECT,
        Action.PROMOTE,
        Action.APPROVE_AND_PROMOTE,
        Action.SKIP,
        Action.ASK_AGAIN,
    ):
        return None
    if action in (Action.APPROVE, Action.REJECT, Action.ASK_AGAIN) and seen.newest(RevisionState.PROPOSED):
        return None
    if seen.upcoming:
        return seen.upcoming.number
    voting = action in (Action.APPROVE, Action.REJECT, Action.ASK_AGAIN) and seen.stages
    return max(stage.number for stage in seen.stages) + 1 if voting else None


def on_behalf(seen: Snapshot, action: Action, stage: int | None) -> str | None:
    """For whom the reader votes: somebody who delegated to them, where they have no vote of their own."""
    if action not in (Action.APPROVE, Action.REJECT, Action.APPROVE_AND_PROMOTE):
        return None
    asked = [each for each in seen.requests if each.stage == stage]
    if any(each.may_vote.get(seen.actor) for each in asked):
        return None
    return next((one for each in asked for one, teams in sorted(each.may_vote.items()) if teams), None)


def button(standing: Standing, action: Action) -> Act | None:
    """The button of an action: absent where impossible or not the reader's, dashed where it is too early."""
    seen = standing.seen
    if seen.state not in POSSIBLE[action]:
        return None
    stage = stage_of(seen, action)
    command = Command(action, stage=stage, reason="…", remaining="…", unmeasured=True)
    answer = standing.weigh(replace(command, on_behalf_of=on_behalf(seen, action, stage)))
    refused = answer if isinstance(answer, Refused) else None
    if refused and refused.code in MUTED:
        return None
    return Act(
        action=action.value,
        word=word(standing, action, refused),
        icon=ICONS[action],
        href=address(standing.rollout.slug, action, stage),
        look="halt tall" if action is Action.HALT else "",
        allowed=refused is None,
        why_not=standing.titled(f"{refused.sentence} {refused.remedy}").strip() if refused else "",
        key={"approve": "a", "approve_and_promote": "a", "halt": "h"}.get(action.value, ""),
        needs_fresh=action is not Action.HALT,
    )


def address(slug: str, action: Action, stage: int | None = None, **more: str) -> str:
    """Where the confirmation of a decision is."""
    query = {**({"stage": str(stage)} if stage else {}), **more}
    path = reverse("dashboard:decide", args=[slug, action.value])
    return f"{path}?{urlencode(query)}" if query else path


def word(standing: Standing, action: Action, refused: Refused | None) -> str:
    """The words on a button: the decision, what it is about, and when it opens."""
    stage = stage_of(standing.seen, action)
    current = standing.current
    if (
        refused
        and action is Action.PROMOTE
        and current
        and current.bake_ends_at
        and current.bake_ends_at > standing.now
    ):
        at = wording.moment(current.bake_ends_at, now=standing.now, shape="near")
        return _("Promote: opens %(at)s UTC") % {"at": at}
    numbered = {
        Action.APPROVE: _("Approve stage %(stage)s"),
        Action.REJECT: _("Reject stage %(stage)s…"),
        Action.PROMOTE: _("Promote to stage %(stage)s"),
        Action.APPROVE_AND_PROMOTE: _("Approve and promote to stage %(stage)s"),
    }
    last = max((each.number for each in standing.seen.stages), default=0)
    if stage and stage <= last and action in numbered:
        return numbered[action] % {"stage": stage}
    if stage and stage > last and action is Action.APPROVE:
        return _("Approve completion")
    plan = {
        Action.APPROVE: _("Approve the plan"),
        Action.REJECT: _("Reject the plan…"),
        Action.CONFIRM_ROLLED_BACK: _("Confirm rolled back"),
        Action.ROLLBACK_FAILED: _("The rollback failed…"),
        Action.ROLL_BACK: _("Roll back…"),
        Action.ASK_AGAIN: _("Ask again"),
    }
    text = plan.get(action, str(action.label))
    return f"{text}…" if action in ASK_MORE and not text.endswith("…") else text


def looks(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """The first go button leads, what cannot be pressed is wide, the others share a line."""
    found, led = [], False
    for act in acts:
        look = act.look
        if act.allowed and Action(act.action) in GO and not led:
            look, led = "go tall wide", True
        elif not act.allowed:
            look = "wide"
        found.append(Act(act.action, act.word, act.icon, act.href, look, act.allowed, act.why_not, act.key))
    return tuple(found)


def overrides(standing: Standing) -> list[Act]:
    """What a person with the break-glass role may pass over, and a planner when proposing."""
    if not {Right.BREAKER, Right.PLANNER} & standing.seen.rights:
        return []
    found = []
    words = {
        Action.PROPOSE: _("Propose all the same…"),
        Action.START: _("Override and start…"),
        Action.PROMOTE: _("Override and promote…"),
        Action.COMPLETE: _("Override and complete…"),
        Action.RESUME: _("Override and resume…"),
        Action.SKIP: _("Skip the next stage…"),
    }
    for action in OVERRIDES:
        names = tuple(opening.name for opening in to_pass_over(standing.seen, action))
        if standing.state not in POSSIBLE[action] or (not names and action is not Action.SKIP):
            continue
        stage = stage_of(standing.seen, action)
        answer = standing.weigh(Command(action, stage=stage, reason="…", override=names))
        if not isinstance(answer, Refused):
            href = address(standing.rollout.slug, action, stage, override="1")
            found.append(Act(f"override_{action.value}", words[action], "override", href))
    return found


def title(standing: Standing) -> str:
    """The question that stands to be answered."""
    upcoming = standing.seen.upcoming
    if standing.seen.newest(RevisionState.PROPOSED):
        number = standing.seen.newest(RevisionState.PROPOSED)
        return _("Approve revision %(n)s?") % {"n": number.number if number else ""}
    if standing.state.moving:
        if upcoming is None:
            return _("Complete the rollout?")
        return _("Promote to stage %(n)s: %(name)s?") % {"n": upcoming.number, "name": upcoming.name}
    return {
        RolloutState.DRAFT: _("Propose the plan?"),
        RolloutState.APPROVED: _("Start the rollout?"),
        RolloutState.HALTED: _("Resume or roll back?"),
        RolloutState.ROLLING_BACK: _("Is everything taken back?"),
        RolloutState.ROLLBACK_FAILED: _("Try the rollback again?"),
    }.get(standing.state, _("Nothing is left to decide"))


def sentence(standing: Standing) -> str:
    """From which exposure to which."""
    upcoming, granted = standing.seen.upcoming, standing.rollout.granted_stage
    before = exposure_words(standing, granted) if granted else _("nothing")
    if standing.state.moving and upcoming:
        after = exposure_words(standing, upcoming.number)
        return _("From %(before)s to %(after)s.") % {"before": before, "after": after}
    if standing.state.ended:
        return ""
    return _("Granted now: %(share)s.") % {"share": before}


def facts(standing: Standing) -> list[tuple[str, SafeString | str]]:
    """The evidence in few lines."""
    found: list[tuple[str, SafeString | str]] = []
    rows = [row for row in gate_rows(standing) if not row.observe]
    metric = [row for row in rows if row.kind in ("metric", "exposure")]
    if metric and not standing.state.ended:
        found.append((_("Health"), counted(metric)))
    if rows and not standing.state.ended:
        found.append((_("Gates"), counted(rows)))
    back = way_back(standing)
    if back:
        found.append((_("Way back"), back))
    return found


def counted(rows: list[GateRow]) -> SafeString:
    """How many pass, as a lamp in the tone of the worst."""
    passed = sum(row.word == Word.PASS for row in rows)
    words = [row.word for row in rows]
    order = (Word.FAIL, Word.NO_DATA, Word.PENDING, Word.INCONCLUSIVE)
    worst = next((word for word in order if word in words), Word.PASS)
    found = lamps.verdict_lamp(worst)
    text = _("%(passed)s of %(all)s pass") % {"passed": passed, "all": len(rows)}
    return drawn(lamps.Lamp(found.tone, text, found.icon), "bare")


def way_back(standing: Standing) -> str:
    """How the plan goes back, and how long that takes."""
    stage = standing.current or standing.upcoming
    if standing.plan is None or stage is None or stage.number > len(standing.plan.stages):
        return ""
    rollback = standing.plan.stage(stage.number).rollback
    steps = " ".join(f"{step.rstrip('.')}." for step in rollback.steps) or _("Take the exposure back.")
    return _("%(steps)s About %(span)s.") % {
        "steps": steps,
        "span": wording.span(rollback.expected_duration),
    }


def who_can(standing: Standing) -> str:
    """Who could decide, for a reader who cannot."""
    for action in MAIN.get(standing.state, ()):
        if standing.state in POSSIBLE[action] and RIGHTS[action]:
            holders = listed(
                [HOLDERS[right] for right in sorted(RIGHTS[action]) if right is not Right.SYSTEM], "or"
            )
            return _("“%(word)s” takes %(holders)s.") % {"word": action.label, "holders": holders}
    return ""
