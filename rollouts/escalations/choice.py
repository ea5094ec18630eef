"""Which policy a run follows."""

from datetime import timedelta

from rollouts.escalations.models import Cover, EscalationPolicy
from rollouts.escalations.values import Ladder, Level, Target, TargetKind
from rollouts.plans.models import Rollout
from rollouts.plans.queries import plan_of


def ladder_for(rollout: Rollout) -> Ladder:
    """The plan's own policy; else that of its most critical service; else the team's; else a built-in one."""
    policy = _named(rollout) or _covering(rollout) or _of_team(rollout)
    return policy.ladder if policy else built_in(rollout)


def _named(rollout: Rollout) -> EscalationPolicy | None:
    revision = rollout.in_force or rollout.revisions.order_by("-number").first()
    slug = plan_of(revision).escalation.policy if revision else None
    return EscalationPolicy.objects.filter(slug=slug).first() if slug else None


def _covering(rollout: Rollout) -> EscalationPolicy | None:
    covers = Cover.objects.filter(service__in=rollout.changes.values("service")).select_related("policy")
    cover = covers.order_by("service__tier", "pk").first()
    return cover.policy if cover else None


def _of_team(rollout: Rollout) -> EscalationPolicy | None:
    return EscalationPolicy.objects.filter(team=rollout.team).order_by("pk").first()


def built_in(rollout: Rollout) -> Ladder:
    """Where nobody wrote a policy: the people on call and the owner, then the approvers, then the admins."""
    teams = sorted({rollout.team.slug, *rollout.changes.values_list("service__team__slug", flat=True)})
    first = [Target(TargetKind.ON_CALL, team) for team in teams]
    if rollout.owner:
        first.append(Target(TargetKind.PERSON, rollout.owner.email))
    return Ladder(
        name="Built in: on call, approvers, admins",
        levels=(
            Level(timedelta(minutes=5), tuple(first)),
            Level(timedelta(minutes=10), tuple(Target(TargetKind.ROLE, team, "approver") for team in teams)),
            Level(timedelta(minutes=15), (Target(TargetKind.ROLE, rollout.team.slug, "admin"),)),
        ),
        repeat=1,
    )
