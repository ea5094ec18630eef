"""The plan as a page: stages with their gates, changes in waves, risks, people, revisions, differences."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Service
from rollouts.lib import learned
from rollouts.lib.documents.durations import spoken
from rollouts.plans import queries, services
from rollouts.plans.document.difference import Difference, Weight
from rollouts.plans.document.gate import Undecided
from rollouts.plans.document.plan import Plan, RollbackPlan, StagePlan
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.pages.asking import person_of, plans_for_team, revision_of, rollout_of
from rollouts.plans.pages.reasons import reasons
from rollouts.plans.sequencing.asking import order_of
from rollouts.plans.values import StageState

LESSONS = 5


@dataclass(frozen=True)
class StageRow:
    """A stage as the page shows it; a begun one is locked and has its state."""

    plan: StagePlan
    facts: tuple[tuple[str, str], ...]
    state: str
    locked: bool


@login_required
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """One revision of a rollout's plan, read."""
    rollout = rollout_of(request, slug)
    revision = revision_of(rollout, request.GET.get("revision"))
    read = queries.plan_of(revision)
    against = _against(rollout, revision)
    checked = services.validate(source=bytes(revision.source), media_type=revision.media_type)
    order = order_of(read)
    context = {
        "rollout": rollout,
        "revision": revision,
        "plan": read,
        "stages": _stages(rollout, revision, read),
        "waves": order.waves,
        "revisions": queries.revisions_of(rollout),
        "against": against,
        "differences": queries.compare(against, revision) if against else [],
        "reasons": reasons(checked, order if checked.plan == read else None),
        "impacts": _impacts(read),
        "people": _people(read),
        "answered": queries.answered_for(rollout, revision.number) if revision.proposed_at else None,
        "lessons": _lessons(rollout, read),
        "may_save": plans_for_team(person_of(request), rollout.team_id) and not rollout.word.ended,
        "may_propose": revision.state == "draft" and not rollout.word.ended,
        "nav": "rollouts",
    }
    return render(request, "plans/plan.html", context)


def _against(rollout: Rollout, revision: Revision) -> Revision | None:
    """What a reader compares with: the revision in force, or the one before."""
    in_force = rollout.in_force
    if in_force is not None and in_force.number < revision.number:
        return in_force
    return rollout.revisions.filter(number__lt=revision.number).order_by("-number").first()


def _impacts(read: Plan) -> list[tuple[str, str]]:
    """What it does to each consumer, by the consumer's name."""
    slugs = [each.consumer for each in read.expected_impact]
    names = dict(Service.objects.filter(slug__in=slugs).values_list("slug", "name"))
    return [
        (names.get(each.consumer, each.consumer), f"{each.impact} {each.action}".strip())
        for each in read.expected_impact
    ]


def _lessons(rollout: Rollout, read: Plan) -> list[learned.Lesson]:
    """What earlier reviews taught about the services that this plan touches, newest first."""
    own = f"/reviews/{rollout.slug}/"
    return [each for each in learned.lessons_for(read.services()) if each.href != own][:LESSONS]


def _people(read: Plan) -> list[tuple[str, str]]:
    """Whom the plan names, as terms and words."""
    author = read.review.author
    emails = [email for email in (read.owner.person, author) if email]
    names = dict(Person.objects.filter(email__in=emails).values_list("email", "name"))
    team = Team.objects.filter(slug=read.owner.team).values_list("name", flat=True).first()
    owner = (names.get(read.owner.person or "", read.owner.person), team or read.owner.team)
    escalation = (read.escalation.policy, read.escalation.contact)
    review = names.get(author or "", author) if read.review.required else _("not required")
    found = [
        *_budget(read),
        (_("Owner"), ", ".join(each for each in owner if each)),
        (_("Escalation"), ", ".join(each for each in escalation if each)),
        (_("Visible to"), read.communication.visibility.label),
        (_("Review by"), review),
    ]
    return [(term, words or "–") for term, words in found]


def _budget(read: Plan) -> list[tuple[str, str]]:
    """What the rollout may burn of error budgets."""
    given = read.error_budget
    if given is None:
        return []
    words = {
        "burn": f"{given.burn * 100:g} %",
        "left": f"{given.left * 100:g} %",
        "slos": ", ".join(given.slos) or _("the changed services"),
    }
    text = _("It may burn %(burn)s of that of %(slos)s; a stage waits with less than %(left)s left.")
    return [(_("Error budget"), text % words)]


def _stages(rollout: Rollout, revision: Revision, read: Plan) -> list[StageRow]:
    standing = {row.number: StageState(row.state) for row in rollout.stages.all()}
    governs = rollout.in_force_id is not None
    return [
        StageRow(
            stage,
            facts_of(stage),
            state := standing.get(stage.number, StageState.PENDING),
            governs and state.begun,
        )
        for stage in read.stages
    ]


def facts_of(stage: StagePlan) -> tuple[tuple[str, str], ...]:
    """What decides about a stage, as terms and words."""
    found = [
        (_("Targets"), ", ".join(stage.targets)),
        (_("Exposure"), stage.exposure.words()),
        (_("Bakes for"), spoken(stage.bake)),
        (_("At most"), _longest(stage)),
        (_("Entered by"), _("the system") if stage.advance == "automatic" else _("a person")),
        (_("A halt grants"), HALTS[stage.on_halt.value]()),
        (_("Without data"), _undecided(stage.no_data)),
        (_("If inconclusive"), _undecided(stage.inconclusive)),
        (_("Planned"), _planned(stage)),
        (_("Way back"), way_back(stage.rollback)),
        (_("Data lost by it"), stage.rollback.data_lost),
        (_("If it is closed"), stage.fallback),
    ]
    return tuple((term, words) for term, words in found if words)


THEN = {
    "wait": lambda: _("it is not left"),
    "hold": lambda: _("held"),
    "extend": lambda: _("the bake grows"),
    "ask": lambda: _("people are asked"),
    "halt": lambda: _("halted"),
}


def _undecided(policy: Undecided) -> str:
    """What the system does about a gate that is undecided, and when."""
    words = str(THEN[policy.then]())
    if policy.then == "extend":
        words = _("the bake grows by up to %(span)s, then held") % {"span": spoken(policy.extend)}
    return (
        _("%(what)s after %(span)s") % {"what": words, "span": spoken(policy.after)}
        if policy.after
        else words
    )


HALTS = {
    "keep": lambda: _("the same as now"),
    "previous": lambda: _("what the last promoted stage granted"),
    "off": lambda: _("nothing"),
}


def _longest(stage: StagePlan) -> str:
    if stage.max_duration is None:
        return ""
    then = {"ask": _("then asks"), "hold": _("then holds"), "escalate": _("then escalates")}
    return f"{spoken(stage.max_duration)}, {then[stage.on_overdue.value]}"


def _planned(stage: StagePlan) -> str:
    if stage.window is None:
        return ""
    start, end = stage.window.start, stage.window.end
    until = f" – {end.local}" if end else ""
    local = f"{start.local}{until}".replace("T", " ") + f" {start.zone}"
    return f"{start.at:%Y-%m-%d %H:%M} UTC ({local})"


def way_back(rollback: RollbackPlan) -> str:
    if not rollback.written:
        return ""
    steps = " ".join(step if step.endswith((".", "!", "?")) else f"{step}." for step in rollback.steps)
    return _("%(steps)s Takes about %(time)s.") % {
        "steps": steps,
        "time": spoken(rollback.expected_duration),
    }


@login_required
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two revisions: what differs in words, and as text."""
    rollout = rollout_of(request, slug)
    new = revision_of(rollout, request.GET.get("new") or None)
    given = request.GET.get("old")
    old = revision_of(rollout, given) if given else _against(rollout, new)
    found = queries.compare(old, new) if old else []
    context = {
        "rollout": rollout,
        "old": old,
        "new": new,
        "revisions": queries.revisions_of(rollout),
        "governing": [one for one in found if one.governs],
        "words": [one for one in found if not one.governs],
        "raising": _raising(found),
        "lines": _lines(queries.compare_text(old, new)) if old else [],
        "nav": "rollouts",
    }
    return render(request, "plans/compare.html", context)


def _raising(found: list[Difference]) -> int:
    return sum(one.weight is Weight.RAISES_RISK for one in found)


def _lines(text: str) -> list[tuple[str, str]]:
    """Lines of a unified diff with the class of each."""
    looks = {"+": "add", "-": "del", "@": "cm"}
    return [(looks.get(line[:1], ""), line) for line in text.splitlines()]


@login_required
def source(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The document as it was written, to keep in a repository."""
    rollout = rollout_of(request, slug)
    revision = revision_of(rollout, str(number))
    ending = "json" if revision.media_type.endswith("json") else "yaml"
    response = HttpResponse(bytes(revision.source), content_type=f"{revision.media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{rollout.slug}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
