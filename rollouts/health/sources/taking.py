"""From the answers of a convention to what one window measured: counters of processes, read as our own.

Django-free. The state of a template is that of `counters.take`. A process that is new among others of its
service was born at 0, so that the first errors of a new version count. The first processes of a service that
was never seen say nothing in their first window: nobody knows how long they have counted.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from rollouts.health import counters, signals
from rollouts.health.exposition import Exposition, Sample
from rollouts.health.signals import Measured, Subject
from rollouts.health.sources.asking import Gathered, Labels
from rollouts.health.sources.conventions import Template, canonical
from rollouts.health.sources.values import Asked
from rollouts.health.values import Signal

# Counts of a longer silence are not put into one window: they would drown what is measured now.
MOST_SILENT_WINDOWS = 30


@dataclass(frozen=True)
class Stepped:
    """What a template measured, the state for the next window, and the services that were not told of.

    `error`: why nothing of the answer can be used.
    """

    measured: Mapping[Subject, Measured]
    state: dict[str, Any]
    silent: frozenset[str]
    error: str = ""


def step(
    template: Template,
    labels: Labels,
    asked: Asked,
    gathered: Gathered,
    state: Mapping[str, Any],
    *,
    slugs: Collection[str],
    at: float,
    window_s: int,
) -> Stepped:
    """Take in an answer for the window that ends at `at` (Unix seconds)."""
    silent = _silent(gathered, asked, slugs)
    if not gathered.answered:
        return Stepped({}, dict(state), silent)
    if wrong := _wrong(template, gathered):
        return Stepped({}, dict(state), frozenset(slugs), wrong)
    kept = state if state and at - state["at"] <= MOST_SILENT_WINDOWS * window_s else {}
    exposed = Exposition(tuple(_samples(template, labels, asked, gathered, slugs)))
    taken = counters.take(kept or None, exposed, at=at)
    before = {_about_key(key) for key in kept.get("series", {})}
    grown = [each for each in taken.increases if _about(each.labels) in before]
    measured = signals.measure(grown, taken.gauges, service="", version="")
    series = _remembered(taken.state["series"], kept.get("series", {}), silent)
    only = {
        subject: value
        for subject, value in measured.items()
        if subject.service in slugs and subject.service not in silent
    }
    return Stepped(only, {"at": at, "series": series}, silent)


def _samples(
    template: Template, labels: Labels, asked: Asked, gathered: Gathered, slugs: Collection[str]
) -> list[Sample]:
    """The points as our own metrics, of services in the catalog; two that fall together are added up."""
    found: dict[Any, Sample] = {}
    for point in gathered.points:
        service = asked.slug_of(point.labels.get(labels.service, ""))
        if service not in slugs:
            continue
        given = dict(point.labels)
        if template.caller:
            given[template.caller] = asked.slug_of(given.get(template.caller, ""))
            if not given[template.caller]:
                continue
        name, about = canonical(template, given, service, given.get(labels.version, "")[:60])
        sample = Sample(name, about, point.value)
        if sample.key in found:
            sample = replace(sample, value=sample.value + found[sample.key].value)
        found[sample.key] = sample
    return list(found.values())


def _wrong(template: Template, gathered: Gathered) -> str:
    """What makes an answer unusable as a whole: a half-read one would be counted as a healthy one."""
    gauge = template.signal is Signal.SATURATION
    for point in gathered.points:
        if point.value < 0 and not gauge:
            return f"The counter {template.metric} is {point.value:g}, which is no count."
        if template.signal is Signal.LATENCY and not _number(point.labels.get("le", "")):
            return f"The histogram {template.metric} has a bucket without a bound."
    return ""


def _number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _about(labels: Mapping[str, str]) -> str:
    return labels.get("callee") or labels.get("service", "")


def _about_key(key: str) -> str:
    return _about(dict(orjson.loads(key)[1:]))


def _silent(gathered: Gathered, asked: Asked, slugs: Collection[str]) -> frozenset[str]:
    """The services of the parts that were not answered."""
    found: set[str] = set()
    for piece in gathered.failed:
        if piece.batch is None:
            return frozenset(slugs)
        found |= {asked.slug_of(value) for value in piece.batch}
    return frozenset(found & set(slugs))


def _remembered(series: dict[str, Any], before: Mapping[str, Any], silent: Collection[str]) -> dict[str, Any]:
    """Counters of services that could not be asked stay as they were: the next answer covers the gap."""
    if not silent:
        return series
    kept = {key: value for key, value in before.items() if _about(dict(orjson.loads(key)[1:])) in silent}
    return {**series, **kept}
