"""How long answers of services took in the windows of a graph, and calls between two as callers saw them.

What a service counted itself holds all that it waited for, so that of the first service it is the time from
end to end; what its caller counted is one hop of it. Percentiles are for people: nothing is judged by them.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rollouts.health.composite.graph import Graph
from rollouts.health.models import Window
from rollouts.health.quantiles import quantile
from rollouts.health.signals import Measured
from rollouts.health.values import SIDES, Perspective, Signal

MOST = 200
"""Services that are told of at once: each has a histogram in every window."""


@dataclass(frozen=True)
class Took:
    """Half and 95 % of `timed` answers took so many seconds at most, interpolated within buckets."""

    p50_s: float
    p95_s: float
    timed: float


@dataclass(frozen=True)
class Latencies:
    """By service, and by caller and callee; who counted nothing is not in it."""

    services: Mapping[str, Took] = field(default_factory=dict)
    calls: Mapping[tuple[str, str], Took] = field(default_factory=dict)


def latencies(graph: Graph, services: Collection[str]) -> Latencies:
    """Of these services and of calls of them, in the windows of the graph; of `MOST` at most. One query."""
    if not services or len(services) > MOST:
        return Latencies()
    rows = Window.objects.filter(
        series__environment__slug=graph.environment,
        series__service__slug__in=services,
        series__signal=Signal.LATENCY,
        series__name="",
        series__perspective__in=SIDES,
        start_at__gte=graph.since_at,
        start_at__lt=graph.through_at,
        gap=False,
    )
    found: dict[tuple[str, str], Measured] = {}
    about = ("series__perspective", "series__caller", "series__service__slug", "buckets")
    for side, caller, service, pairs in rows.order_by("start_at", "pk").values_list(*about):
        key = (caller if side == Perspective.CALLERS else "", service)
        buckets = {math.inf if bound is None else float(bound): count for bound, count in pairs or ()}
        found[key] = found.get(key, Measured()).plus(Measured(buckets=buckets))
    told = {key: took for key, one in found.items() if (took := _took(one.buckets)) is not None}
    return Latencies(
        {service: took for (caller, service), took in told.items() if not caller},
        {key: took for key, took in told.items() if key[0]},
    )


def _took(buckets: Mapping[float, float]) -> Took | None:
    half, most = quantile(0.5, buckets), quantile(0.95, buckets)
    if math.isnan(half) or math.isnan(most):
        return None
    return Took(half, most, buckets[math.inf])
