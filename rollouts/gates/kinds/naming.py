"""What a metric gate looks at, in words."""

import math

from rollouts.health.values import Signal
from rollouts.plans.document.gate import MetricSettings
from rollouts.plans.models import Change

NAMES = {
    Signal.ERRORS: "Errors",
    Signal.LATENCY: "Slow answers",
    Signal.TRAFFIC: "Traffic",
    Signal.SATURATION: "Load",
}


def what(settings: MetricSettings, change: Change, bound: float | None) -> str:
    """The measurement: "Slow answers (over 250 ms) of Orders 3.0.0"."""
    joined = "against" if settings.probe else "of"
    return f"{named(settings)}{_slow(settings, bound)} {joined} {subject(change, settings.version)}"


def named(settings: MetricSettings) -> str:
    """The signal in words; of one that somebody defined its name, with its unit."""
    if settings.probe:
        kind = "Slow runs" if settings.signal == Signal.LATENCY else "Failed runs"
        return f"{kind} of the check {settings.probe}"
    if not settings.named:
        return NAMES[Signal(settings.signal)]
    return f"{settings.named} ({settings.unit})" if settings.unit else settings.named


def _slow(settings: MetricSettings, bound: float | None) -> str:
    if settings.slower_than is None:
        return ""
    slow = settings.slower_than.total_seconds()
    if bound is None or math.isinf(bound) or math.isclose(bound, slow):
        return f" (over {slow * 1000:.0f} ms)"
    return f" (over {bound * 1000:.0f} ms, the next bound above {slow * 1000:.0f} ms)"


def subject(change: Change, which: str) -> str:
    """What is measured, in words: "orders 3.0.0"."""
    version = {"canary": change.to_version, "baseline": change.from_version}.get(which, "")
    return f"{change.service.name} {version}".strip()


def no_bound(settings: MetricSettings) -> str:
    """Why nothing can be said of slow answers."""
    slow = settings.slower_than.total_seconds() * 1000 if settings.slower_than else 0
    return f"The service's histogram has no bound at or above {slow:.0f} ms: slow answers cannot be told."
