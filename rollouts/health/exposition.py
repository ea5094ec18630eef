"""Reads what a target exposes: OpenMetrics or Prometheus text, told apart by Content-Type only.

Django-free. Whatever a strict reader refuses is refused here as well, with a sentence: a half-read
answer would be counted as a healthy one.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from prometheus_client import parser as prometheus_text
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics_text

from rollouts.health.exemplars.values import Exemplar, trace_of

ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
MAX_BYTES = 10_000_000
MAX_SAMPLES = 50_000
# Above this many lines, lines of other metrics are dropped before the parser sees them (5,000 samples
# take 200 ms to parse and 1 ms to filter).
FILTER_ABOVE_LINES = 5_000

COUNTED = ("_total", "_bucket", "_count", "_sum")
CREATED = "_created"

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]
Reader = Callable[[str], Iterable[Metric]]


class Unreadable(Exception):
    """The answer is no valid exposition; `str()` says why, for people."""


@dataclass(frozen=True)
class Sample:
    """One number: `name` as exposed (with its suffix), labels without order."""

    name: str
    labels: Mapping[str, str]
    value: float

    @cached_property
    def key(self) -> Key:
        """What makes it the same series in the next answer."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass(frozen=True)
class Exposition:
    """All samples of the wanted metrics, and when series were created (Unix seconds), where that is said.

    `exemplars`: single requests that samples name, with the sample's name and labels.
    """

    samples: tuple[Sample, ...] = ()
    created: Mapping[Key, float] = field(default_factory=dict)
    exemplars: tuple[tuple[str, Mapping[str, str], Exemplar], ...] = ()


def read(body: bytes, content_type: str, *, names: frozenset[str]) -> Exposition:
    """The samples of the families `names` (without suffix). Raises Unreadable.

    An empty body is unreadable: a target that exposes nothing at all is broken, not idle.
    """
    reader = _reader(content_type)
    text = _text(body)
    if text.count("\n") > FILTER_ABOVE_LINES:
        text = "".join(_lines_about(text, names))
    try:
        exposed = [sample for family in reader(text) for sample in family.samples]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Unreadable(f"The answer breaks its format: {_brief(error)}.") from error
    # OpenMetrics' parser keeps the first of two equal series and says nothing.
    if len(exposed) < _sample_lines(text):
        raise Unreadable("The answer holds a series twice with the same labels.")
    samples: dict[Key, Sample] = {}
    created: dict[Key, float] = {}
    exemplars: list[tuple[str, Mapping[str, str], Exemplar]] = []
    for raw in exposed:
        base = family_of(raw.name)
        if base not in names and raw.name not in names:
            continue
        sample = Sample(raw.name, _one_spelling(raw.name, raw.labels), float(raw.value))
        if raw.name.endswith(CREATED):
            created[base, sample.key[1]] = sample.value
        elif _usable(sample):
            if sample.key in samples:
                raise Unreadable(f"The answer holds {raw.name} twice with the same labels.")
            samples[sample.key] = sample
            if (named := _exemplar(raw)) is not None:
                exemplars.append((sample.name, sample.labels, named))
    check_histograms(samples.values())
    return Exposition(tuple(samples.values()), created, tuple(exemplars))


def _exemplar(raw: Any) -> Exemplar | None:
    """The request that a sample names by its trace; one that is no number is left out, and costs nothing."""
    given = raw.exemplar
    trace = trace_of(given.labels) if given else ""
    if not trace or not math.isfinite(given.value):
        return None
    return Exemplar(trace, float(given.value), float(given.timestamp) if given.timestamp else None)


def family_of(name: str) -> str:
    """The family's name without the suffix of a sample."""
    for suffix in (*COUNTED, CREATED):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _reader(content_type: str) -> Reader:
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "application/openmetrics-text":
        return openmetrics_text.text_string_to_metric_families
    if kind == "text/plain":
        return prometheus_text.text_string_to_metric_families
    raise Unreadable(f"The answer is {kind or 'of no stated type'}, neither OpenMetrics nor Prometheus text.")


def _text(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise Unreadable(f"The answer is larger than {MAX_BYTES:,} bytes.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("The answer is not UTF-8.") from error
    if "\x00" in text:
        raise Unreadable("The answer holds a NUL character.")
    if not text.strip():
        raise Unreadable("The answer is empty.")
    if _sample_lines(text) > MAX_SAMPLES:
        raise Unreadable(f"The answer holds more than {MAX_SAMPLES:,} samples.")
    return text


def _sample_lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip() and not line.startswith("#"))


def _one_spelling(name: str, labels: Mapping[str, str]) -> Mapping[str, str]:
    """A bound of a bucket is a number: a client that writes "1.0" after "1" counts on in the same bucket."""
    if name.endswith("_bucket") and "le" in labels:
        bound = bound_of(labels["le"])
        return {**labels, "le": "+Inf" if bound == math.inf else repr(bound)}
    return labels


def _lines_about(text: str, names: frozenset[str]) -> Iterator[str]:
    """Only the lines of wanted families, and the end mark if it is the last line."""
    wanted = tuple(f"# {word} {name}" for word in ("TYPE", "HELP", "UNIT") for name in names) + tuple(names)
    lines = text.splitlines(keepends=True)
    for line in lines[:-1]:
        if line.startswith(wanted):
            yield line
    if lines[-1].rstrip() == "# EOF" or lines[-1].startswith(wanted):
        yield lines[-1]


def _usable(sample: Sample) -> bool:
    """A counter that is no count makes the answer unreadable; a gauge that is no number is left out."""
    if sample.name.endswith(COUNTED):
        counts = math.isfinite(sample.value) and (sample.value >= 0 or sample.name.endswith("_sum"))
        if not counts:
            raise Unreadable(f"The counter {sample.name} is {sample.value}, which is no count.")
        return True
    return math.isfinite(sample.value)


def bound_of(text: str) -> float:
    """A bucket's upper bound; "1", "1.0" and "1e0" are the same one. Raises Unreadable."""
    try:
        bound = float(text)
    except ValueError as error:
        raise Unreadable(f"The bucket bound {text!r} is no number.") from error
    if math.isnan(bound):
        raise Unreadable("A bucket bound is NaN.")
    return bound


def histograms(samples: Iterable[Sample]) -> dict[Key, dict[float, float]]:
    """Bound to cumulative count of every histogram, under its family and labels without `le`."""
    found: dict[Key, dict[float, float]] = {}
    for sample in samples:
        if sample.name.endswith("_bucket") and "le" in sample.labels:
            labels = tuple(pair for pair in sample.key[1] if pair[0] != "le")
            buckets = found.setdefault((family_of(sample.name), labels), {})
            buckets[bound_of(sample.labels["le"])] = sample.value
    return found


def check_histograms(samples: Iterable[Sample]) -> None:
    """Prometheus text is not checked by its parser. Raises Unreadable for buckets that do not add up."""
    for (name, _), buckets in histograms(samples).items():
        if math.inf not in buckets:
            raise Unreadable(f"The histogram {name} has no +Inf bucket.")
        counts = [buckets[bound] for bound in sorted(buckets)]
        if any(before > after for before, after in zip(counts, counts[1:], strict=False)):
            raise Unreadable(f"The buckets of {name} are not cumulative.")


def _brief(error: Exception) -> str:
    # Parser messages quote the whole line, which may be a page of HTML.
    return str(error).split("\n", 1)[0][:160] or type(error).__name__
