"""Error budgets for metric gates: whether a stage may begin, what a rollout may spend, and when to wait."""

from datetime import datetime, timedelta
from typing import Any

from rollouts.gates.judges.budget import may_begin
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.values import Word
from rollouts.health.models import Slo
from rollouts.plans.document.gate import MetricSettings

STALE_AFTER = timedelta(minutes=15)
"""SLOs are counted once a minute: older than this is no data."""


def settings(given: MetricSettings, slo: Slo) -> dict[str, Any]:
    """What the judge `budget` starts from: the SLO's promise and the requests of its period."""
    total = slo.standing.get("total", 0)
    return {
        "target": slo.target,
        "period_total": total,
        "normal": slo.standing.get("bad", 0) / total if total else 0.0,
        "most": given.cost_cap,
    }


def may_enter(name: str, slo: Slo | None, now: datetime) -> Opinion:
    """The start condition; inconclusive without such an SLO."""
    if slo is None:
        return Opinion(Word.INCONCLUSIVE, f"There is no SLO named “{name}”: its budget cannot be read.")
    stands = slo.standing if fresh(slo, now) else {}
    return may_begin(slo.title, stands.get("remaining"), stands.get("firing", ""))


def burning(slo: Slo, opinion: Opinion, now: datetime) -> Opinion | None:
    """Waits instead of a pass while the SLO burns so fast that somebody is woken."""
    if opinion.word is not Word.PASS or not fresh(slo, now) or slo.standing["firing"] != "page":
        return None
    return may_begin(slo.title, slo.standing["remaining"], "page")


def fresh(slo: Slo, now: datetime) -> bool:
    """Whether it was counted lately."""
    return bool(slo.standing) and now - datetime.fromisoformat(slo.standing["at"]) <= STALE_AFTER
