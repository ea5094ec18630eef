"""Signals in somebody's own PromQL: what a query may be and what its answer means. Django-free.

A query gives one series, or one for each service and version; anything else is an error, because a gate
would otherwise judge whichever came last.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.health.signals import Measured, Subject
from rollouts.health.sources import promql
from rollouts.health.sources.asking import Ask, Batch, Gathered
from rollouts.health.sources.values import Asked
from rollouts.health.values import Perspective, Signal, own_series

NAMED = "own"
"""What people choose for a signal that stands for none of the known."""
RESERVED = frozenset(signal.value for signal in Signal)


@dataclass(frozen=True)
class Own:
    """A signal as it is set. `parts`: queries by what they count: total with bad or good, or value.

    `named`: it stands for none of the known signals, and gates call it by its name; `signal` is its shape.
    """

    name: str
    signal: Signal
    parts: Mapping[str, str]
    services: tuple[str, ...] = ()
    bound_s: float | None = None
    named: bool = False
    unit: str = ""

    @property
    def series(self) -> str:
        """The name of the series that it fills; empty where it stands for a known signal."""
        return own_series(self.name) if self.named else ""

    @property
    def stored(self) -> Signal:
        """The series that it fills: traffic is the total of the errors' counts."""
        return Signal.ERRORS if self.signal is Signal.TRAFFIC else self.signal

    def key(self, part: str) -> str:
        return f"own: {self.name}: {part}"


def own_given(
    name: str, signal: str, parts: Mapping[str, str], services: Collection[str], more: Mapping[str, Any]
) -> Own:
    """As people describe it: `signal` is a known one, or `own` for one that gates call by its name."""
    named = signal == NAMED
    return Own(
        name,
        shape(parts) if named else Signal(signal),
        parts,
        tuple(services),
        more["bound_s"] or None,
        named,
        more["unit"].strip(),
    )


def shape(parts: Mapping[str, str]) -> Signal:
    """What a named signal is like: a number, else bad ones of all."""
    return Signal.SATURATION if "value" in parts else Signal.ERRORS


def faults(own: Own) -> dict[str, str]:
    """What keeps the signal from being saved, by the field that it is about; plain sentences."""
    found: dict[str, str] = {}
    for part, text in own.parts.items():
        if promql.filters(promql.unwrapped(text)):
            found[part] = (
                "A comparison at the top answers with nothing where it is false, which reads as silence. "
                "Write it with bool, or leave the limit to the gate."
            )
    counted = own.signal is not Signal.SATURATION
    if counted and not {"total"} < set(own.parts) - {"value"} and own.signal is not Signal.TRAFFIC:
        found["total"] = "Give the queries for all requests and for the bad or the good ones."
    if own.signal is Signal.TRAFFIC and set(own.parts) != {"total"}:
        found["total"] = "Traffic is counted by the query for all requests alone."
    if not counted and set(own.parts) != {"value"}:
        found["value"] = "Give the one query for the value."
    if {"good", "bad"} <= set(own.parts):
        found["good"] = "Give the bad or the good requests, not both."
    if own.signal is Signal.LATENCY and not own.bound_s:
        found["bound_s"] = "Say up to how many seconds a request counts as good."
    if own.named and own.name in RESERVED:
        found["name"] = f"{own.name} is the name of a known signal. Choose another, or let it stand for that."
    if own.unit and (counted or not own.named):
        found["unit"] = "Only the value of a signal of its own name has a unit; a share has none."
    return found


def asks(own: Own, asked: Asked, slugs: Collection[str], environment: str, window_s: int) -> list[Ask]:
    """One question for each of its queries."""
    wanted = [slug for slug in slugs if not own.services or slug in own.services]
    values = tuple(sorted(asked.labels_of(wanted)))
    return [
        Ask(
            own.key(part),
            own.signal,
            Perspective.SERVER,
            lambda batch, text=text: resolved(text, batch, environment, window_s),  # type: ignore[misc]
            values,
            part=part,
            name=own.series,
        )
        for part, text in own.parts.items()
    ]


def resolved(text: str, batch: Batch, environment: str, window_s: int) -> str:
    """The query with its placeholders filled. Without `{service}` all services are in the answer anyway."""
    return promql.resolve(
        text,
        {
            "service": promql.any_of(batch) if batch is not None else ".+",
            "environment": promql.quoted(environment),
            "version": ".*",
            "window": f"{window_s}s",
        },
    )


@dataclass(frozen=True)
class Read:
    """What a signal measured, else what is wrong with it, and the services that it says nothing of."""

    measured: Mapping[Subject, Measured]
    error: str
    silent: frozenset[str]


def read(own: Own, asked: Asked, parts: Mapping[str, Gathered], slugs: Collection[str]) -> Read:
    """The window's counts from the answers to the parts."""
    wanted = frozenset(slug for slug in slugs if not own.services or slug in own.services)
    wrong = [piece.error for gathered in parts.values() for piece in gathered.failed]
    wrong += [sentence for gathered in parts.values() for _, sentence in gathered.broken]
    if set(parts) != set(own.parts):
        wrong.append("The source did not answer in time.")
    tables: dict[str, dict[tuple[str, str], float]] = {}
    for part, gathered in parts.items():
        found = _table(own, asked, gathered, wanted)
        if isinstance(found, str):
            wrong.append(found)
        else:
            tables[part] = found
    if wrong:
        return Read({}, f"The signal {own.name}: {wrong[0]}", wanted)
    measured: dict[Subject, Measured] = {}
    for pair in sorted(set(tables.get("value", {})) | set(tables.get("total", {}))):
        one = _measured(own, tables, pair)
        if one is None:
            return Read({}, f"The signal {own.name} counts more good or bad requests than there are.", wanted)
        measured[Subject(*pair, own.stored, Perspective.SERVER, name=own.series)] = one
    return Read(measured, "", frozenset())


def _measured(
    own: Own, tables: Mapping[str, Mapping[tuple[str, str], float]], pair: tuple[str, str]
) -> Measured | None:
    """None: the share lies outside of 0 to 1. Bad requests that no series counts are none."""
    if "value" in tables:
        return Measured(value=tables["value"][pair])
    total = tables["total"][pair]
    bad = tables["bad"].get(pair, 0.0) if "bad" in tables else 0.0
    if "good" in tables:
        bad = total - tables["good"].get(pair, 0.0)
    # Both are extrapolated on their own, so that a rounding error is no lie.
    if total < 0 or bad < -0.5 or bad > total + 0.5:
        return None
    total, bad = float(round(total)), float(min(max(round(bad), 0), round(total)))
    if own.signal is Signal.LATENCY and own.bound_s:
        return Measured(total=total, buckets={own.bound_s: total - bad, math.inf: total})
    return Measured(bad, total)


def _table(
    own: Own, asked: Asked, gathered: Gathered, wanted: Collection[str]
) -> dict[tuple[str, str], float] | str:
    """Number by service and version, or why there is none."""
    service, version = asked.service_label or "service", asked.version_label or "version"
    named = [point for point in gathered.points if point.labels.get(service)]
    if not named and gathered.points:
        return _single(gathered, wanted, version)
    if len(named) < len(gathered.points):
        return f"Some of its series have no label {service}."
    found: dict[tuple[str, str], float] = {}
    for point in named:
        pair = asked.slug_of(point.labels[service]), point.labels.get(version, "")[:60]
        if pair in found:
            return f"It gives several series of {pair[0]}; group it by ({service}, {version})."
        if pair[0] in wanted:
            found[pair] = point.value
    return found


def _single(gathered: Gathered, wanted: Collection[str], version: str) -> dict[tuple[str, str], float] | str:
    """One series without a service is that of the only service asked for."""
    points = gathered.points
    if len(wanted) != 1:
        return "Its series name no service; group it by service and version, or name the one service."
    found = {(next(iter(wanted)), point.labels.get(version, "")[:60]): point.value for point in points}
    if len(found) < len(points):
        return f"It gives {len(points)} series where there must be one; group it by version."
    return found
