"""False halts over whole bakes of healthy canaries, and how soon worse ones are stopped: rule by rule.

Each stream has its own seed, so the same bakes come again whatever the number of streams and processes.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from random import Random
from statistics import median

from bench.figures import Table, Tables
from bench.rules import AGAINST_LIMIT, RULES
from bench.streams import AROUND_LIMIT, HEALTHY, KINDS, MINUTES, WORSE, Stream

RATES = (1, 10, 100)
"""Requests a second in each arm."""
STREAMS = 2000
CHUNK = 100
"""Streams that one process judges before it is given more."""
SEED = 20260301

Stops = dict[str, list[int | None]]
"""By rule the minute at which it stopped each bake, None where it did not."""


@dataclass(frozen=True)
class Work:
    """Some streams of one kind and rate."""

    kind: str
    rate: int
    first: int
    many: int


def measure(streams: int = STREAMS) -> Tables:
    """Of each kind and rate so many bakes of an hour, the same ones for every rule."""
    work = [
        Work(kind, rate, first, min(CHUNK, streams - first))
        for rate in sorted(RATES, reverse=True)  # the slowest first: no process is left alone at the end
        for kind in KINDS
        for first in range(0, streams, CHUNK)
    ]
    stops: dict[tuple[str, int], Stops] = {}
    with ProcessPoolExecutor(cpu_count()) as processes:
        for done, found in zip(work, processes.map(judged, work), strict=True):
            of = stops.setdefault((done.kind, done.rate), {})
            for rule, minutes in found.items():
                of.setdefault(rule, []).extend(minutes)
    answer = (
        f"At {'; '.join(map(str, RATES))} requests a second and arm: % of bakes of {MINUTES} minutes that"
        f" were stopped, of {streams} each"
    )
    return Tables(
        _table(HEALTHY, stops, f"{answer}. All of them healthy."),
        _table(WORSE, stops, f"{answer}, and the median minute of the stop. All of them worse."),
        _table(AROUND_LIMIT, stops, f"{answer}; beyond the limit also the median minute of the stop."),
    )


def judged(work: Work) -> Stops:
    """What every rule makes of these streams; runs in a process of its own."""
    kind = KINDS[work.kind]
    rules = AGAINST_LIMIT if kind in AROUND_LIMIT else RULES
    found: Stops = {rule: [] for rule in rules}
    for number in range(work.first, work.first + work.many):
        minutes = kind.minutes(Random(f"{SEED} {kind.name} {work.rate} {number}"), work.rate)  # noqa: S311
        for name, rule in rules.items():
            found[name].append(rule(minutes, kind.share))
    return found


def _table(kinds: tuple[Stream, ...], stops: dict[tuple[str, int], Stops], answer: str) -> Table:
    rules = stops[kinds[0].name, RATES[0]]
    rows = (
        (
            rule,
            *("; ".join(_told(kind, stops[kind.name, rate][rule]) for rate in RATES) for kind in kinds),
        )
        for rule in rules
    )
    return Table(("rule", *(kind.name for kind in kinds)), tuple(rows), answer)


def _told(kind: Stream, stops: list[int | None]) -> str:
    stopped = [stop for stop in stops if stop is not None]
    share = f"{100 * len(stopped) / len(stops):.1f}".removesuffix(".0")
    if kind.healthy or not stopped:
        return share
    return f"{share}/{median(stopped):.0f}"
