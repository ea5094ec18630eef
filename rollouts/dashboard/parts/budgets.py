"""Error budgets of the changed services: how they stand, and what the rollout has burned of them."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.standing import Standing
from rollouts.health import queries as health
from rollouts.plans.document.budget import KIND


@dataclass(frozen=True)
class Burned:
    """What the rollout has burned of one budget, of what its plan allows; `href` leads to its gate."""

    title: str
    words: str
    share: float
    tone: str
    href: str


def of(standing: Standing) -> list[health.SloStanding]:
    """How the error budgets of the changed services stand, in the environments that they change in."""
    pairs = {(change.service_id, change.environment_id) for change in standing.changes}
    rows = health.slos({service for service, _environment in pairs})
    return [
        health.slo_standing(slo, standing.now)
        for slo in rows
        if (slo.service_id, slo.environment_id) in pairs
    ]


def allowances(standing: Standing) -> list[Burned]:
    """As the gate on the rollout's error budget last counted it; none where the plan names no budget."""
    judged = [gate for gate in standing.gates if gate.kind == KIND and gate.judged_at]
    if not judged:
        return []
    newest = max(judged, key=lambda gate: (gate.judged_at, gate.stage.number))
    href = reverse("dashboard:gate", args=[standing.rollout.slug, newest.pk])
    told = newest.evidence.get("budgets", ())
    return [_burned(each, href) for each in told if each["burned"] is not None]


def _burned(each: dict[str, float | str], href: str) -> Burned:
    burned, most = float(each["burned"]), float(each["most"])
    text = _("This rollout has burned %(burned)s of its budget, %(most)s are allowed.")
    words = text % {"burned": wording.percent(burned, 2), "most": wording.percent(most)}
    return Burned(
        str(each["title"]), words, min(1.0, burned / most), "stop" if burned > most else "pass", href
    )
