"""What a Prometheus source remembers: counts window by window, from before Gatehouse asked it.

A range query gives increases that are extrapolated, so they are rounded: good for a baseline and a picture.
What gates judge comes from differences of counters (`taking.py`).
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollouts.health.models import Source
from rollouts.health.signals import Measured
from rollouts.health.sources import asking, promql
from rollouts.health.sources.access import Access
from rollouts.health.sources.answers import Point, State
from rollouts.health.sources.asking import Labels
from rollouts.health.sources.conventions import Template, conventions
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.values import Asked
from rollouts.health.values import Perspective, Signal
from rollouts.lib import secrets

MOST_POINTS = 10_000
"""Points of one query; Prometheus refuses more than 11,000."""


@dataclass(frozen=True)
class History:
    """Windows by their start (Unix seconds) and version. `error`: why there is nothing, or not all.

    `text` is the query, `step_s` the length of a window.
    """

    step_s: int
    windows: Mapping[int, Mapping[str, Measured]] = field(default_factory=dict)
    text: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()

    def together(self, versions: frozenset[str] | None = None) -> dict[int, Measured]:
        """All versions, or these, added up."""
        found: dict[int, Measured] = {}
        for start, inside in self.windows.items():
            for version, measured in inside.items():
                if versions is None or version in versions:
                    found[start] = found[start].plus(measured) if start in found else measured
        return found


def history(
    source: Source,
    service: str,
    signal: Signal,
    *,
    since: datetime,
    until: datetime,
    step_s: int = 0,
    timeout_s: float = 10.0,
) -> History:
    """What the service counted itself, by the first convention that tells; never raises for the source."""
    asked, step = Asked.read(source.settings), step_s or source.window_s
    labels = tuple(sorted(label for label, slug in asked.labels_of([service]).items() if slug == service))
    stored = Signal.ERRORS if signal is Signal.TRAFFIC else signal
    found = History(step, error="The source looks for no names that tell of this signal.")
    try:
        api = Api(source.url, Access.opened(source.access))
    except secrets.Unreadable as error:
        return History(step, error=str(error))
    deadline = time.monotonic() + timeout_s
    for convention, template in asking.chosen(asked):
        if template.signal is stored and template.perspective is Perspective.SERVER:
            named = asking.labels_of(convention, asked)
            text = query(template, named, asked, labels, step)
            found = _asked(api, text, template, named, since, until, step, deadline)
            if found.windows or found.error:
                return found
    return found


def query(template: Template, labels: Labels, asked: Asked, batch: tuple[str, ...], step_s: int) -> str:
    """Increases in every window, of all processes together."""
    series = asking.selector(template, labels, asked, batch)
    by = ", ".join(each for each in asking.told_apart(template, labels) if each != labels.service)
    if template.signal is Signal.SATURATION:
        return f"sum by ({by}) ({series})"
    return f"sum by ({by}) (increase({series}[{step_s}s]))"


def _asked(
    api: Api,
    text: str,
    template: Template,
    labels: Labels,
    since: datetime,
    until: datetime,
    step_s: int,
    deadline: float,
) -> History:
    windows: dict[int, dict[str, Measured]] = {}
    warnings: list[str] = []
    step = timedelta(seconds=step_s)
    # A window is told by its end.
    at = since + step
    while at <= until:
        last = min(until, at + step * (MOST_POINTS - 1))
        answer = api.ranged(text, at, last, step_s, deadline)
        warnings += answer.warnings
        if answer.state not in (State.DATA, State.NO_DATA):
            return History(step_s, text=text, error=answer.sentence, warnings=tuple(warnings))
        for point in answer.points:
            _add(windows.setdefault(round(point.at) - step_s, {}), point, template, labels)
        at = last + step
    rounded = {
        start: {version: _rounded(measured) for version, measured in inside.items()}
        for start, inside in sorted(windows.items())
    }
    return History(step_s, rounded, text, warnings=tuple(warnings))


def _add(inside: dict[str, Measured], point: Point, template: Template, labels: Labels) -> None:
    version = point.labels.get(labels.version, "")[:60]
    before = inside.get(version, Measured())
    if template.signal is Signal.SATURATION:
        inside[version] = before.plus(Measured(value=point.value))
    elif template.signal is Signal.LATENCY:
        try:
            bound = float(point.labels.get("le", "")) / template.per_second
        except ValueError:
            return
        buckets = {**before.buckets, bound: before.buckets.get(bound, 0.0) + point.value}
        inside[version] = Measured(total=buckets.get(math.inf, 0.0), buckets=dict(sorted(buckets.items())))
    else:
        failed = template.bad is not None and template.bad(point.labels)
        inside[version] = before.plus(Measured(point.value if failed else 0.0, point.value))


def _rounded(measured: Measured) -> Measured:
    total = float(round(measured.total))
    buckets = {bound: float(round(count)) for bound, count in measured.buckets.items()}
    return Measured(min(float(round(measured.bad)), total), total, measured.value, buckets)


@dataclass(frozen=True)
class Offered:
    """What a source holds of the known names: series by metric, and bucket bounds in seconds by metric."""

    series: Mapping[str, int] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    error: str = ""


def offered(source: Source, at: datetime, *, timeout_s: float = 5.0) -> Offered:
    """Which of the known names there are now, with one query; never raises for the source."""
    known = {one.metric: one for each in conventions.values() for one in each.templates}
    asked = Asked.read(source.settings)
    narrowed = f",{asked.matchers}" if asked.matchers else ""
    text = f'count by (__name__, le) ({{__name__=~"{promql.any_of(known)}"{narrowed}}})'
    try:
        api = Api(source.url, Access.opened(source.access))
    except secrets.Unreadable as error:
        return Offered(error=str(error))
    answer = api.instant(text, at, time.monotonic() + timeout_s)
    if answer.state not in (State.DATA, State.NO_DATA):
        return Offered(error=answer.sentence)
    series: dict[str, int] = {}
    bounds: dict[str, set[float]] = {}
    for point in answer.points:
        name = point.labels.get("__name__", "")
        series[name] = series.get(name, 0) + round(point.value)
        try:
            bounds.setdefault(name, set()).add(float(point.labels["le"]) / known[name].per_second)
        except (KeyError, ValueError):
            continue
    told = {
        name: tuple(sorted(each for each in found if math.isfinite(each))) for name, found in bounds.items()
    }
    return Offered(series, {name: found for name, found in told.items() if found})
