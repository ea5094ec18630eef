"""The parts of a plan as labelled words, so that two plans can be compared and a diff be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollouts.lib.documents.durations import spoken
from rollouts.plans.document.budget import ErrorBudgetPlan
from rollouts.plans.document.gate import GatePlan, MetricSettings, Public, Undecided
from rollouts.plans.document.plan import ChangePlan, Edge, Plan, RiskPlan, RollbackPlan, StagePlan, Window


@dataclass(frozen=True, slots=True)
class Fact:
    """What one part says. With a `size`, more of it is riskier, safer, or (None) neither."""

    words: str
    governs: bool = True
    size: float | None = None
    more_is_riskier: bool | None = None


Facts = dict[str, Fact]
LEVELS = {"low": 0.0, "medium": 1.0, "high": 2.0}
FAILS = {"ask": 0.0, "hold": 1.0, "halt": 2.0}
THEN = {"wait": 0.0, "ask": 1.0, "extend": 2.0, "hold": 3.0, "halt": 4.0}
HALTS = {"keep": 0.0, "previous": 1.0, "off": 2.0}
ADVANCES = {"manual": 0.0, "automatic": 1.0}


def _words(text: str) -> Fact:
    return Fact(text, governs=False)


def _listed(entries: Sequence[str], *, governs: bool = False) -> Fact:
    return Fact("; ".join(entries), governs=governs)


def _time(length: timedelta | None, *, more_is_riskier: bool | None = None) -> Fact:
    if length is None:
        return Fact("")
    return Fact(spoken(length), True, length.total_seconds(), more_is_riskier)


def _public(public: Public | None) -> Fact:
    return Fact(" / ".join(part for part in (public.title, public.text) if part) if public else "")


def _level(word: str, levels: dict[str, float], *, more_is_riskier: bool) -> Fact:
    return Fact(word, True, levels.get(word), more_is_riskier)


def _undecided(word: str, policy: Undecided) -> Facts:
    facts = {
        f"on {word}": _level(policy.then, THEN, more_is_riskier=False),
        f"after {word} for": _time(policy.after, more_is_riskier=True),
    }
    if policy.then == "extend":
        facts[f"bake may grow on {word} by"] = _time(policy.extend, more_is_riskier=True)
    return facts


def of_plan(plan: Plan) -> Facts:
    facts = {
        "title": _words(plan.title),
        "rationale": _words(plan.rationale.strip()),
        "environment": Fact(plan.environment),
        "owning team": Fact(plan.owner.team),
        "owner": Fact(plan.owner.person or ""),
        "escalation policy": Fact(plan.escalation.policy or ""),
        "escalation contact": _words(plan.escalation.contact),
        "behavioural shifts": _listed(plan.behavioural_shifts),
        "success criteria": _listed(plan.success_criteria),
        "order": _listed([_edge(edge) for edge in plan.order], governs=True),
        "visibility": Fact(plan.communication.visibility.value),
        "updates": _time(plan.communication.updates_every),
        "review": Fact("required" if plan.review.required else "not required"),
        "review author": Fact(plan.review.author),
        "review due": _time(plan.review.due_within),
        "chance of a false failure": Fact(f"{plan.alpha:g}", True, plan.alpha, False),
        "observes only": Fact(_yes(plan.observe), True, float(plan.observe), True),
        **_error_budget(plan.error_budget),
        "public words": _public(plan.public),
    }
    for impact in plan.expected_impact:
        words = f"{impact.impact} {impact.action}".strip()
        facts[f"impact on {impact.consumer}"] = _words(words)
        facts[f"public words for {impact.consumer}"] = _public(impact.public)
    return facts


def _error_budget(budget: ErrorBudgetPlan | None) -> Facts:
    if budget is None:
        return {}
    return {
        "error budget it may burn": Fact(f"{budget.burn * 100:g} %", True, budget.burn, True),
        "error budget left to enter a stage": Fact(f"{budget.left * 100:g} %", True, budget.left, False),
        "SLOs of the error budget": _listed(budget.slos or ("all of the changed services",), governs=True),
    }


def _edge(edge: Edge) -> str:
    return f"{edge.first} before {edge.then}" + (f" ({edge.why})" if edge.why else "")


def of_change(change: ChangePlan) -> Facts:
    return {
        "service": Fact(change.service),
        "environment": Fact(change.environment),
        "kind": Fact(change.kind.value),
        "from": Fact(change.from_version),
        "to": Fact(change.to_version),
        "flag": Fact(change.flag),
        "contract": Fact(change.contract),
        "contract from": Fact(change.contract_from),
        "contract to": Fact(change.contract_to),
        "note": _words(change.note),
        "public words": _public(change.public),
    }


def of_stage(stage: StagePlan) -> Facts:
    return {
        "number": Fact(str(stage.number)),
        "title": _words(stage.title),
        "targets": _listed(stage.targets, governs=True),
        "exposure": Fact(stage.exposure.words(), True, stage.exposure.percent, True),
        "window": Fact(_window(stage.window)),
        "bake": _time(stage.bake, more_is_riskier=False),
        "longest": _time(stage.max_duration, more_is_riskier=True),
        "when overdue": Fact(stage.on_overdue.value),
        "advance": _level(stage.advance.value, ADVANCES, more_is_riskier=True),
        "on halt": _level(stage.on_halt.value, HALTS, more_is_riskier=False),
        **_undecided("no data", stage.no_data),
        **_undecided("inconclusive", stage.inconclusive),
        "fallback": Fact(stage.fallback),
        "public words": _public(stage.public),
        **_rollback(stage.rollback),
    }


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    end = f" to {window.end.local}" if window.end else ""
    return f"{window.start.local}{end} {window.start.zone}"


def _rollback(rollback: RollbackPlan) -> Facts:
    whom = f"{' or '.join(rollback.who.roles)} of {', '.join(rollback.who.teams) or 'a team in the rollout'}"
    return {
        "rollback plan": Fact("written" if rollback.written else ""),
        "who may roll back": Fact(whom),
        "rollback steps": _listed(rollback.steps, governs=True),
        "rollback takes": _time(rollback.expected_duration),
        "rollback worked when": _listed(rollback.success_metrics, governs=True),
        "data lost by a rollback": Fact(rollback.data_lost),
        "public words on the way back": _public(rollback.public),
    }


def of_gate(gate: GatePlan) -> Facts:
    facts = {
        "title": _words(gate.title),
        "kind": Fact(gate.kind),
        "owner": Fact(gate.owner),
        "runbook": Fact(gate.runbook),
        "on fail": _level(gate.on_fail, FAILS, more_is_riskier=False),
        "observes only": Fact(_yes(gate.observe), True, float(gate.observe), True),
        "required": Fact(_yes(gate.required), True, float(gate.required), False),
        **_undecided("no data", gate.no_data),
        **_undecided("inconclusive", gate.inconclusive),
        "tolerance": Fact(f"{gate.tolerance:g} points", True, gate.tolerance, True),
        "least requests": Fact(str(gate.min_requests), True, gate.min_requests, False),
        "warm-up": Fact(f"{gate.warm_up} windows", True, gate.warm_up, None),
        "public words": _public(gate.public),
    }
    return facts | (_metric(gate) if gate.kind == "metric" else _settings(gate))


def _metric(gate: GatePlan) -> Facts:
    metric = gate.metric
    share = metric.signal in ("errors", "latency")
    limit = "" if metric.limit is None else f"{metric.limit * 100:.6g} %" if share else f"{metric.limit:g}"
    return {
        "judge": Fact(metric.judge),
        "signal": Fact(metric.signal),
        "service": Fact(metric.service or ""),
        "version": Fact(metric.version),
        "limit": Fact(limit, True, metric.limit, metric.signal != "traffic"),
        "slower than": _time(metric.slower_than, more_is_riskier=True),
        **_weighed(metric),
        "must see": Fact(str(metric.must_see or "")),
        "breaches": Fact(f"{metric.breach_count} of {metric.breach_of}", True, metric.breach_count, True),
        "options": Fact(_spelt(dict(metric.options))),
    }


def _weighed(metric: MetricSettings) -> Facts:
    """What only some judges look at; left out where it is not."""
    facts: Facts = {}
    if metric.judge in ("compare", "last-week"):
        facts["margin"] = Fact(f"{metric.margin:g} times", True, metric.margin, True)
    if metric.judge in ("compare", "limit-e", "last-week"):
        facts["least windows"] = Fact(str(metric.min_windows), True, metric.min_windows, False)
    if metric.judge in ("compare", "limit-e"):
        facts["guard against catastrophe"] = Fact(_yes(metric.guard), True, float(metric.guard), False)
    if metric.judge == "compare":
        facts["must exclude a doubling"] = Fact(_yes(metric.assure), True, float(metric.assure), False)
    if metric.judge == "budget":
        facts["SLO"] = Fact(metric.slo)
        facts["cost cap"] = Fact(f"{metric.cost_cap * 100:g} %", True, metric.cost_cap, True)
    if metric.judge == "last-week":
        facts["weeks before"] = Fact(str(metric.weeks), True, metric.weeks, None)
    return facts


def _settings(gate: GatePlan) -> Facts:
    settings: Facts = {}
    for key, value in gate.settings.items():
        size = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        settings[key.replace("_", " ")] = Fact(_spelt(value), True, size, False if key == "quorum" else None)
    return settings


def _spelt(value: Any) -> str:
    match value:
        case bool():
            return _yes(value)
        case {"title": str(title), "name": str(name)}:
            # The name too: under another one, what was ticked is open again.
            return f"{title} ({name})"
        case dict():
            return ", ".join(f"{key} {_spelt(inner)}" for key, inner in value.items())
        case list():
            return ", ".join(_spelt(inner) for inner in value)
    return str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def of_risk(risk: RiskPlan) -> Facts:
    return {
        "title": _words(risk.title),
        "likelihood": _level(risk.likelihood, LEVELS, more_is_riskier=True),
        "impact": _level(risk.impact, LEVELS, more_is_riskier=True),
        "mitigation": Fact(risk.mitigation),
        "owner": Fact(risk.owner),
        "gate that would reveal it": Fact(risk.gate),
        "state": Fact(risk.state),
        "public words": _public(risk.public),
    }
