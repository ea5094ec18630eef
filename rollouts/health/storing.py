"""Writes the closed window of a source: one row per series, gaps included."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.catalog.models import Service
from rollouts.health import hours, writing
from rollouts.health.models import Series, Source, Window
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal

# A series that had no data in so many windows gets no more gap rows: its version is gone.
GAPS_KEPT = 720


def store(
    source: Source,
    measured: Mapping[Subject, Measured],
    *,
    start: datetime,
    end: datetime,
    silent: Collection[str],
    missed: Sequence[datetime] = (),
) -> set[int]:
    """Write the window from `start` to `end`, and gaps for the windows that were `missed` before it.

    `silent` are the services of which a target could not be asked: their series that nobody else
    reported get a gap. Returns the ids of the services that the source knows.
    """
    known = _series(source, measured)
    rows = [_row(known[subject], start, values) for subject, values in measured.items() if subject in known]
    recent = {
        subject: series
        for subject, series in known.items()
        if series.last_seen_at is None or series.last_seen_at >= end - GAPS_KEPT * source.window
    }
    for subject, series in recent.items():
        if subject not in measured and (subject.caller or subject.service) in silent:
            rows.append(Window(series_id=series.pk, start_at=start, gap=True))
    rows += [
        Window(series_id=series.pk, start_at=at, gap=True)
        for at in missed
        for series in recent.values()
        if series.last_seen_at is not None
    ]
    writing.write(rows)
    writing.seen([known[subject].pk for subject in measured if subject in known], end)
    return {series.service_id for series in known.values()}


def store_recorded(source: Source, windows: Mapping[datetime, Mapping[Subject, Measured]]) -> None:
    """Write many windows without gaps at once, by their starts: a recording instead of a scrape.

    Hours that they lie in and that were worked out before are worked out anew.
    """
    known = _series(
        source, {subject: value for measured in windows.values() for subject, value in measured.items()}
    )
    rows = [
        _row(known[subject], start, values)
        for start, measured in windows.items()
        for subject, values in measured.items()
        if subject in known
    ]
    writing.write(rows)
    if rows:
        writing.seen(list({row.series_id for row in rows}), max(windows) + source.window)
        hours.again(source.pk, min(windows))


@dataclass(frozen=True, slots=True)
class Known:
    """A series that is there."""

    pk: int
    service_id: int
    last_seen_at: datetime | None


def _series(source: Source, measured: Mapping[Subject, Measured]) -> dict[Subject, Known]:
    """All series of the source, with new ones for new subjects of services in the catalog."""
    known = _known(source)
    new = [subject for subject in measured if subject not in known]
    if not new:
        return known
    services = dict(
        Service.objects.filter(slug__in={subject.service for subject in new}).values_list("slug", "pk")
    )
    Series.objects.bulk_create(
        [
            Series(
                source=source,
                service_id=services[subject.service],
                environment_id=source.environment_id,
                version=subject.version[:60],
                signal=subject.signal,
                perspective=subject.perspective,
                caller=subject.caller[:60],
                name=subject.name,
            )
            for subject in new
            if subject.service in services
        ],
        ignore_conflicts=True,
    )
    return _known(source)


def _known(source: Source) -> dict[Subject, Known]:
    # Values and no objects: a source may have ten thousand series, and each window asks for all of them.
    about = ("service__slug", "version", "signal", "perspective", "caller", "name")
    rows = Series.objects.filter(source=source).order_by("pk")
    found = rows.values_list("pk", "service_id", "last_seen_at", *about)
    return {_subject(*named): Known(pk, service, seen) for pk, service, seen, *named in found}


def _subject(service: str, version: str, signal: str, perspective: str, caller: str, name: str) -> Subject:
    return Subject(service, version, Signal(signal), Perspective(perspective), caller, name)


def _row(series: Known, start: datetime, measured: Measured) -> Window:
    buckets = [
        [None if bound == math.inf else bound, round(count)] for bound, count in measured.buckets.items()
    ]
    total = max(0, round(measured.total))
    return Window(
        series_id=series.pk,
        start_at=start,
        bad=min(max(0, round(measured.bad)), total),
        total=total,
        value=measured.value,
        buckets=buckets or None,
    )
