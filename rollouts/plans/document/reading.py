"""From a checked document to a typed Plan. Defaults are applied here and nowhere else."""

from collections.abc import Mapping
from typing import Any

from rollouts.lib.documents import durations
from rollouts.plans.document import gate as gates
from rollouts.plans.document import plan as parts
from rollouts.plans.document import upgrade
from rollouts.plans.document.budget import ErrorBudgetPlan
from rollouts.plans.document.composite import unfolded
from rollouts.plans.document.gate import GatePlan, Public
from rollouts.plans.document.local_time import resolve
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.values import Advance, ChangeKind, OnHalt, OnOverdue, Visibility

Given = Mapping[str, Any]
REVIEW_DUE = "5d"


def read(document: Given) -> Plan:
    """The plan of a document that passed every check; others raise KeyError or ValueError."""
    given = upgrade.to_newest(document)
    owner = parts.Owner(given["owner"]["team"], given["owner"].get("person"))
    changes = tuple(_change(change, given["environment"]) for change in given["changes"])
    return Plan(
        name=given["name"],
        title=given["title"],
        rationale=given.get("rationale", ""),
        environment=given["environment"],
        owner=owner,
        escalation=parts.EscalationPlan(**given.get("escalation", {})),
        expected_impact=tuple(_impact(impact) for impact in given.get("expected_impact", ())),
        behavioural_shifts=tuple(given.get("behavioural_shifts", ())),
        success_criteria=tuple(given.get("success_criteria", ())),
        changes=changes,
        order=tuple(parts.Edge(e["first"], e["then"], e.get("why", "")) for e in given.get("order", ())),
        stages=_stages(given, changes, owner),
        risks=tuple(_risk(risk, owner) for risk in given.get("risks", ())),
        communication=_communication(given.get("communication", {})),
        review=_review(given.get("review", {}), owner),
        public=public(given.get("public")),
        alpha=float(given.get("alpha", gates.DEFAULT_ALPHA)),
        error_budget=ErrorBudgetPlan.read(given["error_budget"]) if "error_budget" in given else None,
        observe=given.get("observe", False),
    )


def change_name(given: Given) -> str:
    """The name of a change: its own, else the service, with `.kind` for all but builds."""
    kind = given.get("kind", "build")
    return str(given.get("name") or (given["service"] if kind == "build" else f"{given['service']}.{kind}"))


def public(given: Any) -> Public | None:
    if given is None:
        return None
    if isinstance(given, str):
        return Public(text=given)
    return Public(given.get("title", ""), given.get("text", ""))


def _change(given: Given, environment: str) -> parts.ChangePlan:
    return parts.ChangePlan(
        name=change_name(given),
        service=given["service"],
        environment=given.get("environment", environment),
        kind=ChangeKind(given.get("kind", "build")),
        from_version=given.get("from", ""),
        to_version=given.get("to", ""),
        flag=given.get("flag", ""),
        contract=given.get("contract", ""),
        note=given.get("note", ""),
        public=public(given.get("public")),
        contract_from=given.get("contract_from", ""),
        contract_to=given.get("contract_to", ""),
    )


def _impact(given: Given) -> parts.Impact:
    return parts.Impact(
        given["consumer"], given["impact"], given.get("action", ""), public(given.get("public"))
    )


def _stages(given: Given, changes: tuple[parts.ChangePlan, ...], owner: parts.Owner) -> tuple[StagePlan, ...]:
    shared = {gate["name"]: gate for gate in given.get("gates", ())}
    every = tuple(change.name for change in changes)
    return tuple(
        _stage(number, stage, given, shared, every, owner) for number, stage in enumerate(given["stages"], 1)
    )


def _stage(
    number: int, given: Given, plan: Given, shared: Given, every: tuple[str, ...], owner: parts.Owner
) -> StagePlan:
    quiet, unclear = given.get("no_data", {}), given.get("inconclusive", {})
    guards = given.get("gates", {})

    def guarded(side: str) -> tuple[GatePlan, ...]:
        uses = guards.get(side, ())
        wanted = (shared[use] if isinstance(use, str) else use for use in uses)
        return tuple(_gate(one, quiet, unclear, owner) for gate in wanted for one in unfolded(gate))

    return StagePlan(
        number=number,
        name=given["name"],
        title=given.get("title") or given["name"].replace("-", " ").capitalize(),
        targets=tuple(given.get("targets", every)),
        exposure=_exposure(given["exposure"]),
        window=_window(given["window"]) if "window" in given else None,
        bake=durations.parse(given["bake"]),
        max_duration=durations.parse(given["max_duration"]) if "max_duration" in given else None,
        on_overdue=OnOverdue(given.get("on_overdue", "ask")),
        advance=Advance(given.get("advance", "manual")),
        on_halt=OnHalt(given.get("on_halt", "previous")),
        no_data=_undecided(quiet, gates.SILENT),
        inconclusive=_undecided(unclear, gates.UNCLEAR),
        entry=guarded("entry"),
        exit=guarded("exit"),
        rollback=_rollback(given.get("rollback", plan.get("rollback"))),
        fallback=given.get("fallback", plan.get("fallback", "")),
        public=public(given.get("public")),
    )


def _gate(given: Given, quiet: Given, unclear: Given, owner: parts.Owner) -> GatePlan:
    return GatePlan(
        name=given["name"],
        title=given.get("title") or given["name"].replace("-", " ").capitalize(),
        kind=given["kind"],
        owner=given.get("owner", owner.team),
        runbook=given.get("runbook", ""),
        on_fail=given.get("on_fail", "halt"),
        observe=given.get("observe", False),
        # What only advises binds nobody, unless the plan says otherwise.
        required=given.get("required", not _advises(given)),
        no_data=_undecided(given.get("no_data", quiet), gates.SILENT),
        inconclusive=_undecided(given.get("inconclusive", unclear), gates.UNCLEAR),
        tolerance=float(given.get("tolerance", gates.DEFAULT_TOLERANCE)),
        min_requests=given.get("min_requests", _fewest(given)),
        warm_up=given.get("warm_up", gates.DEFAULT_WARM_UP),
        settings=given.get("settings", {}),
        public=public(given.get("public")),
    )


def _fewest(given: Given) -> int:
    return gates.DEFAULT_MIN_RUNS if "probe" in given.get("settings", {}) else gates.DEFAULT_MIN_REQUESTS


def _advises(given: Given) -> bool:
    return given["kind"] == "metric" and gates.judge_of(given.get("settings", {})) == "last-week"


def _undecided(given: Given, default: gates.Undecided) -> gates.Undecided:
    return gates.Undecided(
        after=durations.parse(given["after"]) if "after" in given else default.after,
        then=given.get("then", default.then),
        extend=durations.parse(given["extend"]) if "extend" in given else default.extend,
    )


def _exposure(given: Given) -> parts.Exposure:
    return parts.Exposure(
        percent=float(given.get("percent", 100)),
        consumers=tuple(given.get("consumers", ())),
        regions=tuple(given.get("regions", ())),
    )


def _window(given: Given) -> parts.Window:
    zone = given["zone"]
    end = resolve(given["end"], zone) if "end" in given else None
    return parts.Window(resolve(given["start"], zone), end)


def _rollback(given: Given | None) -> parts.RollbackPlan:
    if given is None:
        return parts.RollbackPlan()
    who = given.get("who", {})
    default = parts.RollbackPlan()
    expected = given.get("expected_duration")
    return parts.RollbackPlan(
        who=parts.Who(tuple(who.get("teams", ())), tuple(who.get("roles", default.who.roles))),
        steps=tuple(given.get("steps", ())),
        expected_duration=durations.parse(expected) if expected else default.expected_duration,
        success_metrics=tuple(given.get("success_metrics", ())),
        data_lost=given.get("data_lost", ""),
        public=public(given.get("public")),
        written=True,
    )


def _risk(given: Given, owner: parts.Owner) -> parts.RiskPlan:
    return parts.RiskPlan(
        id=given["id"],
        title=given["title"],
        likelihood=given.get("likelihood", "medium"),
        impact=given.get("impact", "medium"),
        mitigation=given.get("mitigation", ""),
        owner=given.get("owner", owner.team),
        gate=given.get("gate", ""),
        state=given.get("state", "open"),
        public=public(given.get("public")),
    )


def _communication(given: Given) -> parts.Communication:
    updates = given.get("updates")
    return parts.Communication(
        visibility=Visibility(given.get("visibility", "internal")),
        updates_every=durations.parse(updates["every"]) if updates else None,
    )


def _review(given: Given, owner: parts.Owner) -> parts.ReviewPlan:
    return parts.ReviewPlan(
        required=given.get("required", True),
        author=given.get("author") or owner.person or owner.team,
        due_within=durations.parse(given.get("due_within", REVIEW_DUE)),
    )
