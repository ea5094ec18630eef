"""Asks a Prometheus source for single requests (`/api/v1/query_exemplars`), once a window and template.

What goes wrong here is said on the source's page and costs two seconds at most: no verdict rests on it.
(Source of the answer's shape: prometheus/prometheus, docs/querying/api.md.)
"""

import json
import math
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from rollouts.health.exemplars.values import Exemplar, bounded, trace_of
from rollouts.health.signals import Subject
from rollouts.health.sources import asking, promql
from rollouts.health.sources.access import Access
from rollouts.health.sources.conventions import Convention, Template
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.protocol import Question
from rollouts.health.sources.values import Asked
from rollouts.health.values import Signal
from rollouts.lib import http

PREFIX = "exemplars: "
MOST_S = 2.0
MOST = 5_000
"""Exemplars of one answer that are looked at; of each service and window a handful is kept."""


@dataclass(frozen=True)
class Heard:
    """The series' labels with each exemplar, or why there are none."""

    found: tuple[tuple[Mapping[str, str], Exemplar], ...] = ()
    error: str = ""


def _key(convention: Convention, template: Template) -> str:
    return f"{PREFIX}{asking.key_of(convention, template)}"


def _templates(asked: Asked) -> Iterator[tuple[Convention, Template]]:
    for convention, template in asking.chosen(asked):
        if asked.exemplars and template.signal in (Signal.ERRORS, Signal.LATENCY):
            yield convention, template


def questions(
    url: str, access: Access, asked: Asked, slugs: Collection[str], since: datetime, until: datetime
) -> list[Question]:
    """One for each template; they are asked after the counts, within the same time."""
    values = tuple(sorted(asked.labels_of(slugs)))
    batch = values if len(values) <= promql.MOST_VALUES else None
    found = []
    for convention, template in _templates(asked) if values else ():
        text = asking.selector(template, asking.labels_of(convention, asked), asked, batch)
        found.append(Question(_key(convention, template), partial(ask, url, access, text, since, until)))
    return found


def ask(url: str, access: Access, text: str, since: datetime, until: datetime, deadline: float) -> Heard:
    """One answer; never raises for what the source does."""
    try:
        got = Api(url, access).exemplars(text, since, until, min(deadline, time.monotonic() + MOST_S))
    except (http.Failed, http.Refused) as error:
        return Heard(error=str(error))
    return read(got.status, got.body)


def read(status: int, body: bytes) -> Heard:
    """The answer of `/api/v1/query_exemplars`."""
    try:
        answer = json.loads(body)
        if status != 200 or answer["status"] != "success":
            said = " ".join(str(answer.get("error") or "no reason given").split())[:200].rstrip(".")
            return Heard(error=f"The source gives no exemplars (status {status}): {said}.")
        return Heard(tuple(_exemplars(answer["data"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Heard(error=f"The source answered with something that is no exemplars (status {status}).")


def _exemplars(data: Any) -> Iterator[tuple[Mapping[str, str], Exemplar]]:
    many = 0
    for series in data:
        labels = {str(name): str(value) for name, value in series["seriesLabels"].items()}
        for one in series["exemplars"]:
            trace, value, at = trace_of(one["labels"]), float(one["value"]), float(one["timestamp"])
            if not trace or not math.isfinite(value) or not math.isfinite(at):
                continue
            many += 1
            if many > MOST:
                return
            yield labels, Exemplar(trace, value, at)


@dataclass(frozen=True)
class Gathered:
    """All that a round named, and what went wrong; empty while nothing is asked for."""

    found: Mapping[Subject, tuple[Exemplar, ...]]
    error: str = ""


def gather(asked: Asked, answers: Mapping[str, Any], slugs: Collection[str], end: datetime) -> Gathered:
    """The exemplars of services in the catalog, by what they tell of."""
    told: list[tuple[Subject, Exemplar]] = []
    errors: list[str] = []
    for convention, template in _templates(asked):
        heard = answers.get(_key(convention, template))
        if heard is None:
            errors.append("The source did not answer for exemplars in time.")
            continue
        errors += [heard.error] if heard.error else []
        for labels, one in heard.found:
            told += _subjects(convention, template, asked, labels, one, slugs)
    return Gathered(bounded(told, end.timestamp()), errors[0] if errors else "")


def _subjects(
    convention: Convention,
    template: Template,
    asked: Asked,
    labels: Mapping[str, str],
    one: Exemplar,
    slugs: Collection[str],
) -> Iterator[tuple[Subject, Exemplar]]:
    """What one request tells of: latency in a bucket, and errors where its series' labels say that it failed.

    Clients name requests in buckets, so that most failed ones are found there.
    """
    named = asking.labels_of(convention, asked)
    service = asked.slug_of(labels.get(named.service, ""))
    caller = asked.slug_of(labels.get(template.caller, "")) if template.caller else ""
    if service not in slugs or (template.caller and not caller):
        return
    about = (template.perspective, caller)
    version = labels.get(named.version, "")[:60]
    if template.signal is Signal.LATENCY:
        took = Exemplar(one.trace_id, one.value / template.per_second, one.at)
        yield Subject(service, version, Signal.LATENCY, *about), took
    if _failed(convention, template, labels):
        yield Subject(service, version, Signal.ERRORS, *about), one


def _failed(convention: Convention, template: Template, labels: Mapping[str, str]) -> bool:
    """By the convention's own rule for errors, which the labels of its buckets answer as well."""
    return any(
        each.bad(labels)
        for each in convention.templates
        if each.signal is Signal.ERRORS and each.perspective is template.perspective and each.bad
    )
