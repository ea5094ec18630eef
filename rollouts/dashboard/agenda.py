"""The agenda of an integration review: what moves, whom it touches, what is open, made from what is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rollouts.contracts.questions.values import Answer, Asked, Question, Unanswerable
from rollouts.dashboard import wording
from rollouts.dashboard.parts import crossings
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.gates import queries as gates
from rollouts.gates.values import Word
from rollouts.plans import queries as plans
from rollouts.plans.document.plan import ChangePlan, Plan
from rollouts.plans.values import ChangeKind

TONES = {"no": "stop", "no_data": "wait", "pending": "wait", "yes": "pass"}
BROUGHT = ("evidence", "contract", "checklist")
"""Kinds of gates for which people have to bring something before they pass."""


@dataclass(frozen=True)
class Item:
    """One point to talk about: `tone` pass, wait, stop or none, who has to do what, and where it is."""

    title: str
    text: str = ""
    tone: str = ""
    todo: str = ""
    href: str = ""


@dataclass(frozen=True)
class Topic:
    """One heading of the agenda; `nothing` is said where it has no points."""

    name: str
    title: str
    nothing: str
    items: tuple[Item, ...] = field(default=())

    @property
    def open(self) -> int:
        """Points that somebody has to settle."""
        return sum(each.tone in ("stop", "wait") for each in self.items)


def agenda(standing: Standing) -> list[Topic]:
    """Every heading, also those that have nothing: they are ticked off. A constant number of queries."""
    plan = standing.plan
    if plan is None:
        return []
    order = plans.order_of(plan, compared=0)
    moving = _("No change moves a contract from one version to another.")
    quiet = _("No order breaks anybody, and no other rollout is in the way.")
    return [
        Topic("changes", _("What moves, in waves"), _("Nothing moves."), tuple(_waves(order))),
        Topic("consumers", _("Whom it touches, and how ready"), moving, tuple(_consumers(standing, plan))),
        Topic("conflicts", _("Open conflicts"), quiet, tuple(_conflicts(standing, order))),
        Topic("evidence", _("Missing evidence"), _("Nothing is missing."), tuple(_evidence(standing))),
        Topic("freezes", _("Freezes"), _("None is in force or ahead."), tuple(_freezes(standing, plan))),
        Topic("risks", _("Risks"), _("No risk is named: rarely complete."), tuple(_risks(standing))),
    ]


def _waves(order: plans.Order) -> Iterator[Item]:
    for wave in order.waves:
        words = {"n": wave.number, "changes": ", ".join(wave.changes)}
        title = _("Wave %(n)s: %(changes)s") % words
        yield Item(title, " ".join(wave.reasons), "wait" if wave.cycles else "")


def _consumers(standing: Standing, plan: Plan) -> Iterator[Item]:
    """What each consumer answers to the question whether the new version can be promoted."""
    moving = [each for each in plan.changes if each.contract and each.contract_to and _provides(each)]
    asked = [_asked(standing, each) for each in moving]
    for change, found in zip(moving, gates.answers(asked, now=standing.now), strict=True):
        href = reverse("contracts:contract", args=[change.contract])
        name = {"contract": change.contract, "version": change.contract_to}
        if isinstance(found, Unanswerable):
            yield Item(_("%(contract)s %(version)s") % name, str(found), "wait", found.remedy, href)
            continue
        answer: Answer = found.answer
        if not answer.lines:
            yield Item(_("%(contract)s %(version)s") % name, _("Nobody relies on it."), "pass", href=href)
        for line in answer.lines:
            title = _("%(who)s: %(contract)s %(version)s") % {**name, "who": line.about}
            tone = "wait" if line.warning else TONES[line.word.value]
            yield Item(title, line.sentence, tone, line.todo, href)


def _provides(change: ChangePlan) -> bool:
    """Whether others are touched by it: a consumer that migrates touches nobody."""
    return change.kind is not ChangeKind.MIGRATE


def _asked(standing: Standing, change: ChangePlan) -> Asked:
    question = Question.RETIRE if change.kind is ChangeKind.CONTRACT else Question.PROMOTE
    version = change.contract_from if question is Question.RETIRE else change.contract_to
    beside = change.kind is ChangeKind.EXPAND
    return Asked(
        question, change.contract, version, change.environment, beside=beside, without=standing.rollout.pk
    )


def _conflicts(standing: Standing, order: plans.Order) -> Iterator[Item]:
    href = reverse("plans:plan", args=[standing.rollout.slug])
    for found in order.breaking:
        title = _("The order breaks %(who)s") % {"who": found.edge.who}
        yield Item(title, f"{found.sentence}.", "stop", href=href)
    for contradiction in order.contradictions:
        yield Item(_("The order contradicts itself"), contradiction.sentence, "stop", href=href)
    for doubtful in order.doubtful:
        yield Item(doubtful.name, f"{doubtful.sentence}.", "wait", href=href)
    for met in crossings.met(standing):
        yield Item(met.title, met.sentence, met.tone, href=met.href)


def _evidence(standing: Standing) -> Iterator[Item]:
    """What people have to bring, and what has failed, by the stage that it guards.

    What is measured while a stage bakes has nothing to be brought before.
    """
    for gate in standing.gates:
        missing = gate.kind in BROUGHT and gate.verdict != Word.PASS
        if gate.observe or not gate.required or not (missing or gate.verdict == Word.FAIL):
            continue
        words = {"n": gate.stage.number, "gate": str(gate)}
        tone = "stop" if gate.verdict == Word.FAIL else "wait"
        todo = (
            _("Ask %(owner)s.") % {"owner": standing.names.get(gate.owner, gate.owner)} if gate.owner else ""
        )
        href = reverse("dashboard:gate", args=[standing.rollout.slug, gate.pk])
        said = gate.sentence or _("It has no verdict yet.")
        yield Item(_("Stage %(n)s: %(gate)s") % words, said, tone, todo, href)


def _freezes(standing: Standing, plan: Plan) -> Iterator[Item]:
    planned = {freeze.pk: stage.number for stage, freeze in plans.stages_in_freezes(plan, standing.now)}
    for freeze in standing.freezes:
        words = {
            "begins": wording.moment(freeze.starts_at, now=standing.now),
            "ends": wording.moment(freeze.ends_at, now=standing.now),
        }
        text = _("From %(begins)s to %(ends)s.") % words
        if stage := planned.get(freeze.pk):
            text += " " + _("Stage %(n)s is planned into it.") % {"n": stage}
        yield Item(freeze.name, text, "wait" if stage else "", href=reverse("plans:freezes"))


def _risks(standing: Standing) -> Iterator[Item]:
    for risk in standing.risks:
        words = {"likelihood": risk.likelihood, "impact": risk.impact}
        text = _("Likelihood %(likelihood)s, impact %(impact)s.") % words
        settled = risk.state not in ("open", "happened")
        owner = standing.names.get(risk.owner, risk.owner)
        todo = _("Ask %(owner)s.") % {"owner": owner} if owner and not settled else ""
        tone = "stop" if risk.state == "happened" else "pass" if settled else "wait"
        yield Item(risk.title, f"{text} {risk.mitigation}".strip(), tone, todo)


@login_required
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The agenda, to read together or to print."""
    standing = standing_of(request, slug)
    topics = agenda(standing)
    context: dict[str, Any] = {
        "rollout": standing.rollout,
        "revision": standing.revision,
        "topics": topics,
        "open": sum(topic.open for topic in topics),
        "now": standing.now,
        "nav": "rollouts",
    }
    return render(request, "dashboard/agenda.html", context)
