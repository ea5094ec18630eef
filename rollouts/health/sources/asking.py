"""From what is set of a Prometheus source to the queries that it is asked, and back to answers by service.

One query tells of many services. Where the source says that it is too large, the services are halved; what
was small enough is remembered by the caller.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rollouts.health.sources import promql
from rollouts.health.sources.answers import Point, State
from rollouts.health.sources.conventions import INSTANCE, Convention, Template, conventions
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.values import Asked
from rollouts.health.values import Perspective, Signal

MOST_REQUESTS = 64
"""Requests for one question of one round, however often its services are halved."""

Batch = tuple[str, ...] | None
"""Values of the service label in one query; None: no matcher, the services are picked from the answer."""


@dataclass(frozen=True)
class Piece:
    """A part of the services that was asked for, and the text that was sent."""

    batch: Batch
    text: str
    error: str = ""
    state: State = State.DATA


@dataclass
class Gathered:
    """All that one question brought. `broken`: label values whose series held no usable number, with why."""

    points: list[Point] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    broken: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    requests: int = 0
    batch: int = promql.MOST_VALUES

    @property
    def failed(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.error]

    @property
    def answered(self) -> bool:
        return len(self.failed) < len(self.pieces)


@dataclass(frozen=True)
class Labels:
    """The labels of services and versions in one convention of one source."""

    service: str
    version: str


def labels_of(convention: Convention, asked: Asked) -> Labels:
    if convention.fixed:
        return Labels(convention.service, convention.version)
    return Labels(asked.service_label or convention.service, asked.version_label or convention.version)


def selector(template: Template, labels: Labels, asked: Asked, batch: Batch, metric: str = "") -> str:
    """The series of a template of these services."""
    parts = [f'{name}="{promql.quoted(value)}"' for name, value in template.where.items()]
    if asked.matchers:
        parts.append(asked.matchers)
    if batch is not None:
        parts.append(f'{labels.service}=~"{promql.any_of(batch)}"')
    if template.signal is Signal.LATENCY and asked.bounds_s:
        parts.append(f'le=~"{promql.bounds(asked.bounds_s, template.per_second)}"')
    return f"{metric or template.metric}{{{','.join(parts)}}}"


def told_apart(template: Template, labels: Labels) -> list[str]:
    """The labels that the answer is grouped by."""
    more = ["le"] if template.signal is Signal.LATENCY else []
    caller = [template.caller] if template.caller else []
    return list(dict.fromkeys([labels.service, labels.version, *template.by, *more, *caller]))


def query(template: Template, labels: Labels, asked: Asked, batch: Batch, window_s: int) -> str:
    """Counters as they stand, by process, so that differences are taken here and no first error is lost.

    A gauge counts only while it is fresh: Prometheus repeats a last value for five minutes.
    """
    series = selector(template, labels, asked, batch)
    if template.signal is Signal.SATURATION:
        series = f"{series} and time() - timestamp({series}) <= {max(2 * window_s, 60)}"
    by = [*told_apart(template, labels), *template.spoken, *INSTANCE]
    return f"sum by ({', '.join(dict.fromkeys(by))}) ({series})"


@dataclass(frozen=True)
class Ask:
    """One question of a round: `write` makes the query for a batch of label values.

    `name`: of the series that it fills, where that is none of the known signals.
    """

    key: str
    signal: Signal
    perspective: Perspective
    write: Callable[[Batch], str]
    values: tuple[str, ...]
    batch: int = promql.MOST_VALUES
    part: str = ""
    name: str = ""


def batches(values: Sequence[str], size: int) -> list[Batch]:
    """All at once where they fit one matcher, or where none is needed; else in parts of `size`."""
    if not values:
        return []
    if size >= promql.MOST_VALUES:
        return [tuple(values)] if len(values) <= promql.MOST_VALUES else [None]
    return [tuple(values[start : start + size]) for start in range(0, len(values), size)]


def gather(api: Api, ask: Ask, at: datetime, deadline: float) -> Gathered:
    """Asks, and halves the services as often as the source finds the query too large."""
    found = Gathered(batch=ask.batch)
    left = batches(ask.values, ask.batch)
    while left:
        batch = left.pop(0)
        text = ask.write(batch)
        answer = api.instant(text, at, deadline)
        parts = _halves(batch, ask.values) if answer.state is State.TOO_MUCH else []
        if parts and api.requests < MOST_REQUESTS:
            left = [*parts, *left]
            found.batch = min(found.batch, max(len(part) for part in parts))
            continue
        wrong = answer.state not in (State.DATA, State.NO_DATA)
        found.pieces.append(Piece(batch, text, answer.sentence if wrong else "", answer.state))
        found.points += answer.points
        found.broken += answer.broken
        found.warnings += [text for text in answer.warnings if text not in found.warnings]
        if wrong and answer.state is not State.CONFIG and not answer.series:
            # Who does not answer one query would not answer the next: do not ask again in this round.
            found.pieces += [Piece(rest, ask.write(rest), answer.sentence, answer.state) for rest in left]
            break
    found.requests = api.requests
    return found


def _halves(batch: Batch, values: Sequence[str]) -> list[tuple[str, ...]]:
    if batch is None:
        size = promql.MOST_VALUES
        return [tuple(values[start : start + size]) for start in range(0, len(values), size)]
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]] if middle else []


def digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def chosen(asked: Asked) -> list[tuple[Convention, Template]]:
    """The templates of the source's conventions, in their order."""
    return [
        (convention, template)
        for name in asked.conventions
        if (convention := conventions.get(name)) is not None
        for template in convention.templates
    ]


def asks(asked: Asked, slugs: Collection[str], window_s: int, sizes: Mapping[str, int]) -> list[Ask]:
    """One question for each template; `sizes` are the batches that were small enough before."""
    values = tuple(sorted(asked.labels_of(slugs)))
    found = []
    for convention, template in chosen(asked):
        labels = labels_of(convention, asked)
        key = key_of(convention, template)

        def write(batch: Batch, template: Template = template, labels: Labels = labels) -> str:
            return query(template, labels, asked, batch, window_s)

        size = sizes.get(key, promql.MOST_VALUES)
        found.append(Ask(key, template.signal, template.perspective, write, values, size))
    return found


def key_of(convention: Convention, template: Template) -> str:
    return f"{convention.name}: {template.name}"
