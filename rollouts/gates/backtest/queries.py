"""What is read of back-tests, and what is to be said before a plan is proposed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rollouts.catalog.models import Environment, Service
from rollouts.gates.backtest.models import Backtest
from rollouts.health.queries import clocks
from rollouts.plans.document.gate import GatePlan
from rollouts.plans.document.plan import Plan, StagePlan
from rollouts.plans.models import Revision
from rollouts.plans.queries import plan_of

FRESH = timedelta(days=14)
"""A back-test tells of the days before it; traffic changes."""


def metric_gates(plan: Plan) -> Iterator[tuple[StagePlan, GatePlan]]:
    """The metric gates with their stages, in the order of the document."""
    for stage in plan.stages:
        for gate in stage.gates:
            if gate.kind == "metric":
                yield stage, gate


def newest(revision: Revision) -> Backtest | None:
    """The newest back-test of a revision, done or not."""
    return Backtest.objects.filter(revision=revision).order_by("-asked_at", "-pk").first()


def doubts(revision: Revision, now: datetime) -> list[str]:
    """Why the metric gates of a plan should not be trusted yet; empty when they may be."""
    plan = plan_of(revision)
    gates = list(metric_gates(plan))
    if not gates:
        return []
    return [*_untried(revision, now), *_silent(plan, now)]


def _untried(revision: Revision, now: datetime) -> list[str]:
    done = Backtest.objects.done().filter(revision=revision, problem="").order_by("-asked_at").first()
    if done is None:
        return ["Its metric gates were not back-tested: nobody knows how often they halt with nothing wrong."]
    found = []
    if now - done.asked_at > FRESH:
        found.append(f"Its back-test is {(now - done.asked_at).days} days old.")
    for report in done.reports:
        if report["sound"] is not True:
            found.append(f"{report['title']} (stage {report['stage']}): {report['sentence']}")
    return found


def _silent(plan: Plan, now: datetime) -> list[str]:
    """Services that no source has measured for a while: their gates would read no data today."""
    services = dict(
        Service.objects.filter(slug__in={one.service for one in plan.changes}).values_list("slug", "pk")
    )
    environments = dict(
        Environment.objects.filter(slug__in={one.environment for one in plan.changes}).values_list(
            "slug", "pk"
        )
    )
    wanted = {
        one.service: (services[one.service], environments[one.environment])
        for one in plan.changes
        if one.service in services and one.environment in environments
    }
    found = clocks(set(wanted.values()))
    return [
        f"Nothing measures {service} today: its metric gates would read no data."
        for service, pair in sorted(wanted.items())
        if (through := found[pair].through) is None
        or now - through > max(timedelta(minutes=15), 5 * timedelta(seconds=found[pair].window_s))
    ]
