"""From counters as read to what happened since the last reading.

Django-free. The rules, for counters that only grow while their process lives:

- the first reading of a target gives no difference (nobody knows since when it counts);
- a series that appears on a target already read was born at 0: its whole value is new;
- a value below the last one, or a later `_created` time than before, is a restart: all of it is new
  (times of the target are compared with each other only, since its clock may differ from ours);
- if one bucket or count of a histogram restarted, all of them did;
- a failed reading leaves the state as it was, so that the next difference covers the gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from rollouts.health.exposition import COUNTED, Exposition, Key, Sample, family_of

# A series that was not exposed for so many readings is forgotten; should it come back, it was born at 0.
FORGET_AFTER = 30


@dataclass(frozen=True)
class Increase:
    """How much one counter grew since the last reading."""

    name: str
    labels: Mapping[str, str]
    by: float


@dataclass(frozen=True)
class Step:
    """A reading taken in: the state to keep (small JSON), what grew, and the gauges as they stand.

    `first` is true when this was the first reading of the target, and nothing can be said of counters.
    """

    state: dict[str, Any]
    increases: tuple[Increase, ...] = ()
    gauges: tuple[Sample, ...] = field(default=())
    first: bool = False


# Value, readings since it was last exposed, time of creation if the target says it.
Known = Mapping[str, tuple[float, int, float | None]]


def take(state: Mapping[str, Any] | None, exposed: Exposition, *, at: float) -> Step:
    """Take in a reading made at `at` (Unix seconds), after the state of the reading before."""
    counters = [
        (_text(sample.key), _group(sample), sample)
        for sample in exposed.samples
        if sample.name.endswith(COUNTED)
    ]
    gauges = tuple(sample for sample in exposed.samples if not sample.name.endswith(COUNTED))
    known: dict[str, Any] = dict(state["series"]) if state else {}
    restarted = _restarted(counters, exposed.created, known)
    increases: list[Increase] = []
    series: dict[str, Any] = {}
    for key, group, sample in counters:
        series[key] = [sample.value, 0, exposed.created.get(group)]
        if state is None:
            continue
        before = 0.0 if key not in known or group in restarted else known[key][0]
        increases.append(Increase(sample.name, sample.labels, sample.value - before))
    for key, (value, missed, created) in known.items():
        if key not in series and missed < FORGET_AFTER:
            series[key] = [value, missed + 1, created]
    return Step({"at": at, "series": series}, tuple(increases), gauges, first=state is None)


def _restarted(
    counters: Sequence[tuple[str, Key, Sample]], created: Mapping[Key, float], known: Known
) -> set[Key]:
    """The counters and histograms that began anew after the last reading."""
    found: set[Key] = set()
    for key, group, sample in counters:
        before = known.get(key)
        if before is None:
            continue
        value, _, born = before
        fell = sample.value < value and not sample.name.endswith("_sum")
        reborn = born is not None and created.get(group, born) > born
        if fell or reborn:
            found.add(group)
    return found


def _group(sample: Sample) -> Key:
    """What restarts together: a counter alone, a histogram with all its buckets."""
    labels = tuple(pair for pair in sample.key[1] if pair[0] != "le")
    return family_of(sample.name), labels


def _text(key: Key) -> str:
    return orjson.dumps([key[0], *key[1]]).decode()
