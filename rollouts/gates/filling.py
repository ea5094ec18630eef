"""A gate's row as the plan wants it, saved or not: live gates and back-tests are filled by the same lines."""

from rollouts.gates import named
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word
from rollouts.plans.document import budget
from rollouts.plans.document.gate import DEFAULT_TOLERANCE, SILENT, UNCLEAR, GatePlan
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Stage


def fill(
    gate: Gate, wanted: GatePlan, planned: StagePlan, order: int, alpha: float, *, observe: bool = False
) -> None:
    """Writes what the plan says; a gate that is to look at something else starts anew.

    `alpha`: its part of the chance of a false failure, for a gate that takes one. `observe`: the whole
    rollout does.
    """
    settings = {
        **named.resolved(wanted),
        "targets": list(planned.targets),
        "tolerance": wanted.tolerance,
        "min_requests": wanted.min_requests,
        "warm_up": wanted.warm_up,
        **({"alpha": alpha} if wanted.statistical else {}),
    }
    if gate.kind != wanted.kind or gate.settings != settings:
        forget(gate)
    gate.kind, gate.settings, gate.order = wanted.kind, settings, order
    gate.title, gate.owner, gate.runbook = wanted.title or wanted.name, wanted.owner, wanted.runbook
    gate.required, gate.on_fail = wanted.required, wanted.on_fail
    gate.observe = wanted.observe or observe
    silent, unclear = wanted.no_data, wanted.inconclusive
    gate.no_data_after, gate.on_no_data, gate.no_data_extend = silent.after, silent.then, silent.extend
    gate.inconclusive_after, gate.on_inconclusive = unclear.after, unclear.then
    gate.inconclusive_extend = unclear.extend
    gate.public = wanted.public.text if wanted.public else ""


def of_the_plan(plan: Plan) -> tuple[GatePlan, ...]:
    """The gates that the plan itself sets before each of its stages: on its error budget, if it names one."""
    if plan.error_budget is None:
        return ()
    return (
        GatePlan(
            name=budget.GATE,
            title="Error budget of the rollout",
            kind=budget.KIND,
            owner=plan.owner.team,
            runbook="",
            on_fail="ask",
            observe=False,
            required=True,
            no_data=SILENT,
            inconclusive=UNCLEAR,
            tolerance=DEFAULT_TOLERANCE,
            min_requests=0,
            warm_up=0,
            settings=plan.error_budget.as_settings(),
            public=None,
        ),
    )


def forget(gate: Gate) -> None:
    """Nothing was judged yet."""
    gate.verdict, gate.warning, gate.silenced = Word.PENDING, False, False
    gate.sentence, gate.evidence, gate.state = "Not judged yet.", {}, None
    gate.no_data_since_at = gate.judged_at = None


def imagined(wanted: GatePlan, planned: StagePlan, alpha: float) -> Gate:
    """The row that the gate would have, not saved."""
    stage = Stage(number=planned.number, name=planned.name, title=planned.title, bake=planned.bake)
    gate = Gate(stage=stage, name=wanted.name, position=Position.EXIT)
    fill(gate, wanted, planned, 0, alpha)
    return gate
