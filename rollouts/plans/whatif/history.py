"""How long stages took that were carried out: of a service, else of its tier, else of all there."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from rollouts.catalog.models import Service
from rollouts.plans.models import Stage
from rollouts.plans.sequencing.order import WHOLE
from rollouts.plans.values import StageState
from rollouts.plans.whatif.simulating import Lengths

BACK = timedelta(days=400)
MOST_STAGES = 5_000


def lengths_of(services: Collection[Service], environment: str, now: datetime) -> dict[str, Lengths]:
    """By service, from stages that were left for the next; one query.

    Those of the service itself when they are enough, else those of its tier, else all of the environment.
    """
    rows = Stage.objects.filter(
        state=StageState.PROMOTED,
        rollout__environment__slug=environment,
        entered_at__isnull=False,
        ended_at__gte=now - BACK,
    ).order_by("-ended_at", "-pk")
    found = rows.values_list(
        "pk", "exposure__percent", "entered_at", "ended_at",
        "rollout__changes__service__slug", "rollout__changes__service__tier",
    )[:MOST_STAGES]  # fmt: skip
    part: dict[object, dict[int, timedelta]] = defaultdict(dict)
    whole: dict[object, dict[int, timedelta]] = defaultdict(dict)
    for pk, percent, entered, ended, slug, tier in found:
        if entered is None or ended is None:
            continue  # the query asks for neither
        side = part if percent is not None and float(percent) < WHOLE else whole
        for group in (slug, tier, None):
            side[group][pk] = ended - entered

    def lengths(group: object, whose: str) -> Lengths:
        return Lengths(tuple(part[group].values()), tuple(whole[group].values()), whose)

    every = lengths(None, "all services there")
    told = {}
    for service in services:
        own = lengths(service.slug, service.slug)
        like = lengths(service.tier, f"services of tier {service.tier}")
        told[service.slug] = next((each for each in (own, like) if each.enough), every)
    return told
