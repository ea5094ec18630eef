"""An exemplar: one request that a counter or bucket names, by its trace. Django-free."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollouts.health.values import Signal

if TYPE_CHECKING:
    from rollouts.health.signals import Subject

TRACE_LABELS = ("trace_id", "traceID", "traceId", "TraceID", "traceid")
"""How clients write it: OpenTelemetry, Jaeger's and Tempo's older ones."""
MOST_TRACE = 64
MOST_A_WINDOW = 5
"""Of one series in one window: the slowest, or the newest."""


@dataclass(frozen=True)
class Exemplar:
    """One request: its trace, what it measured (seconds for latency), and when (Unix seconds, if said)."""

    trace_id: str
    value: float
    at: float | None = None


def trace_of(labels: Mapping[str, str]) -> str:
    """The trace that an exemplar's labels name; empty where they name none, or something that is none."""
    found = next((labels[name] for name in TRACE_LABELS if labels.get(name)), "")
    plain = len(found) <= MOST_TRACE and found.isascii() and found.replace("-", "").isalnum()
    return found if plain else ""


def bounded(found: Iterable[tuple["Subject", Exemplar]], at: float) -> dict["Subject", tuple[Exemplar, ...]]:
    """The few of each subject that are kept of one window; those without a time get the reading's."""
    by_subject: dict[Subject, dict[str, Exemplar]] = {}
    for subject, one in found:
        dated = one if one.at is not None else replace(one, at=at)
        by_subject.setdefault(subject, {})[one.trace_id] = dated
    return {
        subject: tuple(
            sorted(mine.values(), key=lambda one: _rank(subject, one), reverse=True)[:MOST_A_WINDOW]
        )
        for subject, mine in by_subject.items()
    }


def _rank(subject: "Subject", one: Exemplar) -> tuple[float, str]:
    return (one.value if subject.signal is Signal.LATENCY else one.at or 0.0), one.trace_id
