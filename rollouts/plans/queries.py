"""What is read of rollouts, their plans and the calendar."""

from datetime import datetime

from rollouts.plans.document import reading
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Freeze, Revision, Rollout


def plan_of(revision: Revision) -> Plan:
    """The revision's document, typed. Kept on the instance: a document never changes."""
    kept: Plan | None = revision.__dict__.get("_plan")
    if kept is None:
        kept = revision.__dict__["_plan"] = reading.read(revision.document)
    return kept


def owning_teams(rollout: Rollout) -> set[str]:
    """Slugs of the teams that own a service in the rollout."""
    return set(rollout.changes.values_list("service__team__slug", flat=True))


def freezes_in_force(rollout: Rollout, now: datetime) -> list[Freeze]:
    """Freezes that bind this rollout now."""
    found = Freeze.objects.touching(rollout).in_force(now).select_related("team")
    return list(found.order_by("ends_at", "pk"))


def freezes_ahead(rollout: Rollout, now: datetime) -> list[Freeze]:
    """Freezes that bind this rollout now or later, soonest first."""
    found = Freeze.objects.touching(rollout).filter(ends_at__gt=now).select_related("team")
    return list(found.order_by("starts_at", "pk"))
