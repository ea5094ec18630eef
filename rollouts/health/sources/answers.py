"""Reads one answer of Prometheus' HTTP API into what it is worth. Django-free.

Prometheus 2 and 3, Thanos, Mimir and VictoriaMetrics speak the same envelope. What cannot be read for
certain is an error with its cause, never a number: an empty answer, NaN and an error page are not health.
(Source of the envelope and codes: prometheus/prometheus, docs/querying/api.md.)
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.lib.labels import Labelled

MOST_SERIES = 50_000
# A cause is one sentence in a page and a log, not a page of a proxy.
MOST_WORDS = 300


class State(Labelled):
    """What an answer is worth.

    data: numbers. no_data: the question was understood and there is nothing. error: no number can be
    trusted now. config: the question itself is wrong, asking again is of no use. retry: the server ran out
    of time, which may be different in a moment. too_much: the question is too large and should be halved.
    """

    DATA = "data"
    NO_DATA = "no_data"
    ERROR = "error"
    CONFIG = "config"
    RETRY = "retry"
    TOO_MUCH = "too_much"


@dataclass(frozen=True)
class Point:
    """One finite number of one series at one time (Unix seconds)."""

    labels: Mapping[str, str]
    value: float
    at: float


@dataclass(frozen=True)
class Answer:
    """One answer. `points` only where the state is data; `broken` are series that hold no usable number.

    `series` counts what was returned, NaN included. `warnings` tell of partial data: whatever rests on
    this answer passes with a warning at most. `infos` are remarks of the server on the query.
    """

    state: State
    sentence: str = ""
    points: tuple[Point, ...] = ()
    broken: tuple[tuple[Mapping[str, str], str], ...] = ()
    series: int = 0
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


def read(status: int, content_type: str, body: bytes, *, ranged: bool = False) -> Answer:
    """The answer of `/api/v1/query`, or of `/api/v1/query_range` where it is `ranged`."""
    envelope = _envelope(content_type, body)
    if isinstance(envelope, str):
        return _no_envelope(status, envelope)
    if status != 200 or envelope.get("status") != "success":
        return _refused(status, envelope)
    warnings, infos = _texts(envelope.get("warnings")), _texts(envelope.get("infos"))
    cut = next((text for text in warnings if "truncated" in text.lower()), "")
    if cut:
        return Answer(State.ERROR, f"The answer is not whole: {_brief(cut)}.", warnings=warnings, infos=infos)
    data = envelope.get("data")
    if not isinstance(data, dict):
        return Answer(State.ERROR, "The answer holds no data part.", warnings=warnings)
    found = _data(data, ranged)
    return Answer(found.state, found.sentence, found.points, found.broken, found.series, warnings, infos)


def _envelope(content_type: str, body: bytes) -> dict[str, Any] | str:
    """The answer's JSON object, or the words for what came instead."""
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind != "application/json":
        return kind or "something of no stated type"
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "JSON that cannot be read"
    return found if isinstance(found, dict) else "JSON of another shape"


def _no_envelope(status: int, what: str) -> Answer:
    if status in (401, 403):
        return Answer(State.ERROR, f"The source refuses our credentials (status {status}).")
    if status in (408, 504):
        return Answer(State.RETRY, f"The source ran out of time (status {status}).")
    hint = " Is this the address of a Prometheus API?" if status in (200, 404) else ""
    return Answer(State.ERROR, f"The source answered with {what} (status {status}).{hint}")


def _refused(status: int, envelope: Mapping[str, Any]) -> Answer:
    kind, said = str(envelope.get("errorType") or ""), _brief(str(envelope.get("error") or "no reason given"))
    lower = said.lower()
    if status in (401, 403):
        return Answer(State.ERROR, f"The source refuses our credentials: {said}.")
    late = kind == "timeout" or "deadline exceeded" in lower or "timed out" in lower
    if late and status in (408, 422, 503, 504):
        return Answer(State.RETRY, f"The source ran out of time: {said}.")
    if status == 422 and any(word in lower for word in ("too many samples", "exceeded the maximum", "max-")):
        return Answer(State.TOO_MUCH, f"The query is too large for the source: {said}.")
    if status == 400 or kind == "bad_data":
        return Answer(State.CONFIG, f"The source does not accept the query: {said}.")
    if status == 422:
        return Answer(State.ERROR, f"The source cannot carry out the query: {said}.")
    return Answer(State.ERROR, f"The source failed (status {status}): {said}.")


def _data(data: Mapping[str, Any], ranged: bool) -> Answer:
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar" and not ranged and isinstance(result, list):
        return _of([{"metric": {}, "value": result}], ranged=False)
    wanted = "matrix" if ranged else "vector"
    if kind != wanted:
        return Answer(State.CONFIG, f"The query gives a {_brief(str(kind))}; an instant number is needed.")
    if not isinstance(result, list):
        return Answer(State.ERROR, "The answer's result is no list.")
    if len(result) > MOST_SERIES:
        return Answer(State.TOO_MUCH, f"The answer holds more than {MOST_SERIES:,} series.")
    return _of(result, ranged=ranged)


def _of(result: list[Any], *, ranged: bool) -> Answer:
    """Numbers of a vector or matrix. NaN is silence; what is no number at all breaks its series."""
    points: list[Point] = []
    broken: list[tuple[Mapping[str, str], str]] = []
    for item in result:
        try:
            labels = {str(name): str(value) for name, value in item["metric"].items()}
            if "histogram" in item or "histograms" in item:
                broken.append((labels, NATIVE))
                continue
            pairs = item["values"] if ranged else [item["value"]]
            numbers = [(float(at), float(text)) for at, text in pairs]
        except (KeyError, TypeError, ValueError, AttributeError):
            return Answer(State.ERROR, "The answer holds a series without a value and a time.")
        if any(math.isinf(value) for _, value in numbers):
            broken.append((labels, INFINITE))
            continue
        points += [Point(labels, value, at) for at, value in numbers if not math.isnan(value)]
    state = State.DATA if points else State.ERROR if broken else State.NO_DATA
    sentence = broken[0][1] if state is State.ERROR else ""
    return Answer(state, sentence, tuple(points), tuple(broken), len(result))


NATIVE = (
    "The query gives a native histogram; take a number of it with histogram_fraction, histogram_quantile "
    "or histogram_count."
)
INFINITE = "The query divides by zero: it gives infinity, which is no measurement."


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(_brief(str(text)) for text in found) if isinstance(found, list) else ()


def _brief(text: str) -> str:
    return " ".join(text.split())[:MOST_WORDS].rstrip(".")
