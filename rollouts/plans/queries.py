"""What is read of rollouts, their plans and the calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from rollouts.audit import queries as audit
from rollouts.catalog.models import Service
from rollouts.lib.documents.canonical import to_yaml
from rollouts.lib.documents.source import YAML
from rollouts.plans.campaigns.forecasting import FEWEST_DAYS as FEWEST_DAYS
from rollouts.plans.campaigns.forecasting import METHOD as METHOD
from rollouts.plans.campaigns.reading import Progress as Progress
from rollouts.plans.campaigns.reading import progress as progress
from rollouts.plans.document import reading
from rollouts.plans.document.difference import Difference, differences, text_difference
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Freeze, Revision, Rollout, Stage
from rollouts.plans.sequencing.asking import order_of as order_of
from rollouts.plans.sequencing.crossing import Crossing as Crossing
from rollouts.plans.sequencing.judging import Order as Order
from rollouts.plans.sequencing.meeting import crossings_now as crossings_now
from rollouts.plans.sequencing.meeting import crossings_of as crossings_of
from rollouts.plans.values import RevisionState, StageState

MOST_STAGES = 200
MOST_FREEZES = 50


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


def planned_into_freezes(rollouts: QuerySet[Rollout], now: datetime) -> list[tuple[Freeze, Stage]]:
    """Stages to come that are planned to start in a freeze that binds them; a constant number of queries."""
    ahead = Freeze.objects.filter(lifted_at__isnull=True, ends_at__gt=now).prefetch_related("services")
    freezes = list(ahead.order_by("starts_at", "pk")[:MOST_FREEZES])
    if not freezes:
        return []
    stages = Stage.objects.filter(
        rollout__in=rollouts.values("pk"),
        state=StageState.PENDING,
        planned_start_at__gte=min(freeze.starts_at for freeze in freezes),
        planned_start_at__lt=max(freeze.ends_at for freeze in freezes),
    )
    stages = stages.select_related("rollout").prefetch_related("rollout__changes__service")
    return [
        (freeze, stage)
        for stage in stages.order_by("planned_start_at", "pk")[:MOST_STAGES]
        for freeze in freezes
        if stage.planned_start_at
        and freeze.starts_at <= stage.planned_start_at < freeze.ends_at
        and binds(freeze, stage.rollout)
    ]


def stages_in_freezes(plan: Plan, now: datetime) -> list[tuple[StagePlan, Freeze]]:
    """Stages of a plan, saved or not, whose planned start lies in a freeze that binds them; four queries."""
    planned = [(stage, stage.window.start.at) for stage in plan.stages if stage.window]
    if not planned:
        return []
    services = Service.objects.filter(slug__in=plan.services())
    binding = binding_freezes(plan.environment, services, max(now, min(at for _, at in planned)))
    return [
        (stage, freeze)
        for stage, at in planned
        for freeze in binding
        if freeze.starts_at <= at < freeze.ends_at
    ]


def binding_freezes(environment: str, services: Iterable[Service], since: datetime) -> list[Freeze]:
    """Freezes of an environment, in force or ahead, that bind one of these services; soonest first."""
    ahead = Freeze.objects.filter(
        Q(environment__isnull=True) | Q(environment__slug=environment),
        lifted_at__isnull=True,
        ends_at__gt=since,
    )
    freezes = ahead.prefetch_related("services").order_by("starts_at", "pk")[:MOST_FREEZES]
    bound = set(services)
    return [freeze for freeze in freezes if _reaches(freeze, bound)]


def binds(freeze: Freeze, rollout: Rollout) -> bool:
    """What `FreezeQuerySet.touching` asks the database, of rows that are read already."""
    services = {change.service for change in rollout.changes.all()}
    return freeze.environment_id in (None, rollout.environment_id) and _reaches(freeze, services)


def _reaches(freeze: Freeze, services: set[Service]) -> bool:
    """Whether the freeze is about one of these services, by name and tier."""
    named = set(freeze.services.all())
    tier = min((service.tier for service in services), default=None)
    high = freeze.max_tier is None or (tier is not None and freeze.max_tier >= tier)
    return (not named or bool(named & services)) and high


def calendar(now: datetime) -> tuple[list[Freeze], list[Freeze]]:
    """Freezes in force or ahead, soonest first; and the twenty that ended or were lifted last."""
    rows = Freeze.objects.select_related("team", "environment").prefetch_related("services")
    present = rows.filter(lifted_at__isnull=True, ends_at__gt=now).order_by("starts_at", "pk")
    past = rows.exclude(lifted_at__isnull=True, ends_at__gt=now).order_by("-ends_at", "-pk")
    return list(present), list(past[:20])


def text_of(revision: Revision) -> str:
    """The revision's source as text, as its author wrote it."""
    return bytes(revision.source).decode("utf-8-sig")


def yaml_of(revision: Revision) -> str:
    """The revision as YAML: as written, or written out when it was given as JSON."""
    return text_of(revision) if revision.media_type == YAML else to_yaml(revision.document)


def newest_revision(rollout: Rollout) -> Revision | None:
    """The revision with the highest number, whatever became of it."""
    return rollout.revisions.order_by("-number").first()


def governing_revision(rollout: Rollout) -> Revision | None:
    """The revision in force, else the newest approved, proposed, or any."""
    if rollout.in_force_id is not None:
        return rollout.in_force
    for state in (RevisionState.APPROVED, RevisionState.PROPOSED):
        found = rollout.revisions.filter(state=state.value).order_by("-number").first()
        if found is not None:
            return found
    return newest_revision(rollout)


def revisions_of(rollout: Rollout) -> list[Revision]:
    """All revisions, newest first, without their bytes."""
    rows = rollout.revisions.select_related("author").defer("source", "document")
    return list(rows.order_by("-number", "-pk"))


@dataclass(frozen=True)
class Answered:
    """Who proposed a revision although its order breaks somebody, what was passed over, and why."""

    who: str
    names: tuple[str, ...]
    reason: str
    at: datetime


def answered_for(rollout: Rollout, number: int) -> Answered | None:
    """What was passed over when this revision was proposed last; None when nothing was. Two queries."""
    for event in audit.newest(streams=[rollout.stream], kinds={"rollout.proposed"}, limit=20):
        if event.content.get("revision") == number:
            names = tuple(event.content.get("moved", {}).get("override", ()))
            reason = event.content.get("reason", "")
            return Answered(event.actor.name, names, reason, event.at) if names else None
    return None


def compare(old: Revision, new: Revision) -> list[Difference]:
    """What differs, in words."""
    return differences(plan_of(old), plan_of(new))


def compare_text(old: Revision, new: Revision) -> str:
    """What differs, as a unified diff of the YAML."""
    return text_difference(
        yaml_of(old), yaml_of(new), old_name=f"revision {old.number}", new_name=f"revision {new.number}"
    )
