"""What is to be approved, for one screen: the question, what moves, whom it reaches, evidence and votes."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollouts.approvals.models import PLAN, Request
from rollouts.dashboard import wording
from rollouts.dashboard.parts import deciding, graph, outlook
from rollouts.dashboard.parts.gates import gate_rows
from rollouts.dashboard.parts.traffic import Flow, flow_of
from rollouts.dashboard.parts.votes import asks_reader, heard, votes_on
from rollouts.dashboard.standing import Standing
from rollouts.dashboard.values import Act, GateRow, Node, VoteView
from rollouts.decisions import queries as decisions
from rollouts.decisions.queries import Action
from rollouts.plans import queries as plans
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Change

VOTES = (Action.APPROVE, Action.APPROVE_AND_PROMOTE)
WORDS = {"approve": gettext_lazy("Approve"), "approve_and_promote": gettext_lazy("Approve and promote")}
"""What stands at the thumb: the question above says what of."""
BESIDE = (Action.REJECT, Action.HOLD, Action.ASK_AGAIN)


@dataclass(frozen=True)
class Side:
    """One side of the fork: what is so now, or afterwards."""

    value: str
    note: str = ""


@dataclass(frozen=True)
class Asking:
    """What the page of an approval shows. `acts` stand at the thumb, `more` behind "More"."""

    title: str
    lead: str
    effect: str
    before: Side
    after: Side
    counts: tuple[tuple[str, str], ...]
    consumers: tuple[Node, ...]
    gates: tuple[GateRow, ...]
    passed: str
    tone: str
    know: tuple[str, ...]
    votes: tuple[VoteView, ...]
    counted: tuple[str, ...]
    steps: tuple[str, ...]
    acts: tuple[Act, ...]
    halt: Act | None
    more: tuple[Act, ...]
    why_not: str
    revision: int | None
    digest: str
    expires_at: datetime | None
    plan: bool


@dataclass(frozen=True)
class Question:
    """What is asked about: `stage` is the one that is entered, None for the plan."""

    stage: int | None
    requests: list[Request]
    plan: Plan | None
    changes: list[Change]

    @property
    def entered(self) -> StagePlan | None:
        """The stage that would be entered; none for a plan and for completing."""
        known = self.plan is not None and self.stage is not None and self.stage <= len(self.plan.stages)
        return self.plan.stage(self.stage) if known and self.plan and self.stage else None


def question_of(standing: Standing, stage: int | None) -> Question:
    """The question about a stage (0: the plan), or with None what is asked first now."""
    number = deciding.stage_of(standing.seen, Action.APPROVE) if stage is None else stage or None
    requests = [row for row in standing.requests if row.stage == (number or PLAN)]
    plan = plans.plan_of(requests[0].revision) if requests else standing.plan
    changes = standing.changes
    if number and plan:
        targets = plan.stages[min(number, len(plan.stages)) - 1].targets
        changes = [change for change in changes if change.name in targets] or changes
    return Question(number, requests, plan, changes)


def asking(standing: Standing, asked: Question) -> Asking:
    """The page's values."""
    rows = [row for row in gate_rows(standing) if not row.observe]
    passed = sum(row.word == "pass" for row in rows)
    slice_ = graph.slice_of(asked.changes)
    acts, more = buttons(standing, asked)
    halt = halt_of(standing)
    acts = [replace(act, word=str(WORDS[act.action]), look=look_of(act, alone=halt is None)) for act in acts]
    before, after = fork(standing, asked)
    revision = asked.requests[0].revision if asked.requests else None
    expiries = [row.expires_at for row in asked.requests if row.expires_at]
    return Asking(
        title=title(asked, standing),
        lead=lead(standing, asked),
        effect=outlook.effect(standing, asked.stage, acts) if acts else "",
        before=before,
        after=after,
        counts=counts(asked, slice_.consumers),
        consumers=slice_.consumers,
        gates=tuple(rows),
        passed=_("%(passed)s of %(all)s pass") % {"passed": passed, "all": len(rows)} if rows else "",
        tone=outlook.worst(rows),
        know=tuple(outlook.know(standing, asked.changes, slice_.consumers)),
        votes=tuple(votes_on(standing, asked.requests)),
        counted=tuple(counted(standing, asked)),
        steps=tuple(outlook.steps(standing, asked.plan, asked.entered)),
        acts=tuple(acts),
        halt=halt,
        more=tuple(more),
        why_not=" ".join(dict.fromkeys(act.why_not for act in acts if not act.allowed)),
        revision=revision.number if revision else None,
        digest=revision.digest.removeprefix("sha256:")[:8] if revision else "",
        expires_at=min(expiries, default=None),
        plan=asked.stage is None,
    )


def title(asked: Question, standing: Standing) -> str:
    """The question."""
    if asked.stage is None:
        number = asked.requests[0].revision.number if asked.requests else ""
        return _("Approve revision %(n)s of the plan?") % {"n": number} if number else _("Nothing is asked")
    if asked.entered is None:
        return _("Complete %(title)s?") % {"title": standing.rollout.title}
    words = {"n": asked.stage, "name": asked.entered.title or asked.entered.name}
    return _("Promote to stage %(n)s: %(name)s?") % words


def lead(standing: Standing, asked: Question) -> str:
    """Who asks, and where the reader's vote stands among those that are needed."""
    if not asked.requests:
        return _("No approval is asked for here, or it was decided already.")
    owner = standing.rollout.owner
    parts = [_("%(name)s asks.") % {"name": owner.name}] if owner else []
    mine = asks_reader(standing, asked.requests)
    voted = any(
        vote.person_id == standing.person.pk and vote.voided_at is None
        for row in asked.requests
        for vote in row.votes.all()
    )
    if voted:
        return " ".join([*parts, _("You have voted.")])
    if str(standing.person.pk) in {row.revision.author_ref for row in asked.requests}:
        return " ".join([*parts, _("You wrote this plan; others approve it.")])
    if not mine:
        return " ".join([*parts, _("You are not among those who are asked.")])
    outcome = decisions.standing(standing.seen, mine[0])
    teams = standing.called(*sorted(mine[0].may_vote[standing.seen.actor]))
    words = {"n": outcome.quorum, "teams": teams, "given": outcome.approvals}
    last = outcome.approvals + 1 >= outcome.quorum and len(mine) == len(asked.requests)
    if last and outcome.quorum > 1:
        parts.append(_("You are the last of %(n)s approvals, for %(teams)s.") % words)
    elif last:
        parts.append(_("One approval is needed: yours, for %(teams)s.") % words)
    else:
        parts.append(_("%(given)s of %(n)s approvals are given; yours is for %(teams)s.") % words)
    return " ".join(parts)


def fork(standing: Standing, asked: Question) -> tuple[Side, Side]:
    """What is granted now, and what would be."""
    granted = standing.rollout.granted_stage
    entered = asked.entered
    if asked.stage is None and asked.plan:
        return versions(asked.plan)
    flow = flow_of(standing, asked.changes)
    now_stage = standing.plan.stage(granted) if standing.plan and granted else None
    before = Side(kept(now_stage.exposure.words()) if now_stage else _("nothing"), measured(flow))
    if entered is None:
        return before, Side(before.value, _("stays, for good"))
    return before, Side(kept(entered.exposure.words()), expected(flow, entered))


def versions(plan: Plan) -> tuple[Side, Side]:
    """From which version to which a plan leads; with several changes, the first and how many more."""
    change, stages = plan.changes[0], len(plan.stages)
    words = {"n": stages, "share": plan.stages[-1].exposure.words()}
    more = len(plan.changes) - 1
    others = ngettext("and %(n)s more change", "and %(n)s more changes", more) % {"n": more} if more else ""
    reach = ngettext("in %(n)s stage, to %(share)s", "in %(n)s stages, to %(share)s", stages) % words
    return (
        Side(change.from_version or _("nothing"), " ".join(filter(None, (change.service, others)))),
        Side(change.to_version or change.flag or change.name, kept(reach)),
    )


def kept(words: str) -> str:
    """Numbers and their percent sign on one line."""
    return words.replace(" %", f"{wording.NBSP}%")


def measured(flow: Flow | None) -> str:
    """The requests to the new version as they were counted."""
    if flow is None:
        return _("no traffic measured")
    return _("%(n)s requests a minute") % {"n": wording.number(flow.new)}


def expected(flow: Flow | None, stage: StagePlan) -> str:
    """How many requests the share would be of what flows now; callers and regions are not foreseen."""
    if flow is None or stage.exposure.consumers or stage.exposure.regions:
        return ""
    return _("about %(n)s a minute") % {"n": wording.number(flow.all * stage.exposure.percent / 100)}


def counts(asked: Question, consumers: tuple[Node, ...]) -> tuple[tuple[str, str], ...]:
    """How far it reaches and how long the way back is."""
    services = len({change.service_id for change in asked.changes})
    found = [
        (str(services), ngettext("service moves", "services move", services)),
        (str(len(consumers)), ngettext("service calls it", "services call it", len(consumers))),
    ]
    if asked.plan and asked.plan.stages:
        stage = asked.entered or asked.plan.stages[-1]
        found.append((wording.span(stage.rollback.expected_duration), _("to go back")))
    return tuple(found)


def counted(standing: Standing, asked: Question) -> list[str]:
    """What the votes on each request add up to."""
    found = []
    for row in asked.requests:
        seen = next((each for each in standing.seen.requests if each.id == str(row.pk)), None)
        if seen is not None:
            name = standing.titled(f"“{row.gate}”: ") if row.gate and len(asked.requests) > 1 else ""
            found.append(f"{name}{heard(decisions.standing(standing.seen, seen), standing.names)}")
    return found


def halt_of(standing: Standing) -> Act | None:
    """The halt, if it is the reader's to give now."""
    found = deciding.button(standing, Action.HALT)
    return found if found and found.allowed else None


def look_of(act: Act, *, alone: bool) -> str:
    """The vote leads, and takes the whole line where no halt stands beside it."""
    return ("go tall" if act.allowed else "tall") + (" wide" if alone else "")


def buttons(standing: Standing, asked: Question) -> tuple[list[Act], list[Act]]:
    """Votes on this question, the one that does most first; and what can be done instead."""
    if not asked.requests or asked.stage != deciding.stage_of(standing.seen, Action.APPROVE):
        return [], [act for act in (deciding.button(standing, Action.ASK_AGAIN),) if act and act.allowed]
    votes = [act for action in VOTES if (act := deciding.button(standing, action)) is not None]
    open_ones = sorted((act for act in votes if act.allowed), key=lambda act: act.action == "approve")
    beside = [act for action in BESIDE if (act := deciding.button(standing, action)) and act.allowed]
    main = open_ones[:1] or [act for act in votes if act.action == "approve"]
    return main, [*open_ones[1:], *beside]
