"""The kind `push`: nothing is asked; when a window closes by the clock, what was pushed for it is taken.

A window that nobody pushed is a gap, which judges call no data and never a pass.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from rollouts.health import storing
from rollouts.health.models import Pushed, Series, Source
from rollouts.health.pushing.values import Part, summed
from rollouts.health.signals import Measured, Subject
from rollouts.health.sources.protocol import Claim, Question, Taken
from rollouts.health.values import Perspective, Signal

NOTHING = "Nothing was pushed for the last window."


class Push:
    kind: ClassVar[str] = "push"
    in_flight: ClassVar[int] = 1

    def questions(self, claims: Sequence[Claim]) -> Mapping[int, Sequence[Question]]:
        """See MetricSource: there is nobody to ask."""
        return {claim.source.pk: () for claim in claims}

    def take(self, claim: Claim, source: Source, answers: Mapping[str, Any], *, end: datetime) -> Taken:
        """See MetricSource; windows that were slept through are taken too, before they become gaps."""
        start = end - source.window
        missed = Pushed.objects.filter(source=source, start_at__lt=start)
        if source.collected_through_at is not None:
            missed = missed.filter(start_at__gte=source.collected_through_at)
        by_start: dict[datetime, list[Part]] = {}
        for part in parts_of(missed.order_by("start_at", "pk")):
            by_start.setdefault(part.start, []).append(part)
        if by_start:
            storing.store_recorded(source, {at: summed(parts) for at, parts in by_start.items()})
        measured = summed(parts_of(Pushed.objects.filter(source=source, start_at=start).order_by("pk")))
        knows = Series.objects.filter(source=source).order_by("pk").values_list("service__slug", "caller")
        return Taken(
            measured=measured,
            silent=frozenset(name for pair in knows for name in pair if name),
            answered=bool(measured),
            error="" if measured else NOTHING,
        )


def parts_of(rows: Iterable[Pushed]) -> list[Part]:
    """Rows as parts of their windows."""
    return [
        Part(
            Subject(row.service, row.version, Signal(row.signal), Perspective(row.perspective), row.caller),
            row.start_at,
            Measured(row.bad, row.total, row.value, bounds(row.buckets)),
            row.instance,
            row.point,
            row.contract,
            row.contract_version,
        )
        for row in rows
    ]


def bounds(pairs: Sequence[Sequence[float | None]] | None) -> dict[float, float]:
    """Pairs of upper bound (null: none) and count, as they stand in JSON."""
    return {math.inf if bound is None else bound: float(count or 0) for bound, count in pairs or ()}


def pairs(buckets: Mapping[float, float]) -> list[list[float | None]] | None:
    """The reverse of `bounds`."""
    ordered = sorted(buckets.items())
    return [[None if bound == math.inf else bound, count] for bound, count in ordered] or None
