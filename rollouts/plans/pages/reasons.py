"""What stands before proposing: errors, an order that breaks somebody, warnings, and what is right."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rollouts.lib.clock import database_now
from rollouts.plans.document.check import Checked
from rollouts.plans.document.plan import Plan
from rollouts.plans.queries import order_of, stages_in_freezes
from rollouts.plans.sequencing.judging import Order
from rollouts.plans.sequencing.order import Finding

SHOWN = 5


@dataclass(frozen=True)
class Reason:
    """A check with its answer: pass, wait (worth reading) or stop."""

    tone: str
    title: str
    text: str


def reasons(checked: Checked, order: Order | None = None) -> list[Reason]:
    """Every check of the document, the worst first; `order` where it is known already."""
    found = [Reason("stop", f"{_at(one.line)}: {one.message}", one.remedy) for one in checked.errors]
    if checked.plan is None:
        return found + _warnings(checked)
    order = order or order_of(checked.plan)
    found += [Reason("stop", _breaks(one), f"{one.sentence}.") for one in order.breaking]
    found += [Reason("wait", _("The order contradicts itself"), one.sentence) for one in order.contradictions]
    found += _warnings(checked) + _frozen(checked.plan)
    found += [
        Reason("wait", _("Changes wait for each other"), ", ".join(cycle))
        for wave in order.waves
        for cycle in wave.cycles
    ]
    if order.doubtful:
        found.append(
            Reason("wait", _("The stages do not follow the dependency graph"), _some(order.doubtful))
        )
    found.append(Reason("pass", _("Every name is known in the catalog"), ""))
    if all(stage.rollback.written for stage in checked.plan.stages):
        found.append(Reason("pass", _("Every stage has a way back"), ""))
    if not order.findings:
        found.append(Reason("pass", _("The order follows the dependency graph"), ""))
    return found


def _warnings(checked: Checked) -> list[Reason]:
    return [Reason("wait", f"{_at(one.line)}: {one.message}", one.remedy) for one in checked.warnings]


def _breaks(finding: Finding) -> str:
    if finding.edge.contract:
        words = {"who": finding.edge.who, "contract": finding.edge.contract}
        return _("The order breaks %(who)s, by %(contract)s") % words
    return _("The order breaks %(who)s") % {"who": finding.edge.who}


def _some(doubtful: Sequence[Finding]) -> str:
    """The first few, as sentences."""
    said = " ".join(f"{one.sentence[:1].upper()}{one.sentence[1:]}." for one in doubtful[:SHOWN])
    left = len(doubtful) - SHOWN
    return f"{said} {_('And %(n)s more.') % {'n': left}}" if left > 0 else said


def _frozen(plan: Plan) -> list[Reason]:
    """Stages that are planned into a freeze that binds them."""
    return [
        Reason(
            "wait",
            _("Stage %(n)s is planned into the freeze %(name)s") % {"n": stage.number, "name": freeze.name},
            _("It lasts to %(end)s UTC, and no stage is entered meanwhile.")
            % {"end": f"{freeze.ends_at:%Y-%m-%d %H:%M}"},
        )
        for stage, freeze in stages_in_freezes(plan, database_now())
    ]


def _at(line: int) -> str:
    return _("Line %(line)s") % {"line": line}
