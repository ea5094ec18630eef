"""False halts over whole bakes of healthy canaries, and how soon worse ones are stopped: rule by rule."""

from random import Random
from statistics import median

from bench.figures import Table
from bench.rules import RULES
from bench.streams import HEALTHY, MINUTES, WORSE, Stream

RATES = (1, 10, 100)
"""Requests a second in each arm."""
STREAMS = 200
SEED = 20260301


def measure(streams: int = STREAMS) -> Table:
    """Of each kind and rate so many bakes of an hour, the same ones for every rule."""
    cells: dict[tuple[str, str], list[str]] = {}
    for kind in (*HEALTHY, *WORSE):
        for rate in RATES:
            random = Random(f"{SEED} {kind.name} {rate}")  # noqa: S311 - seeded, to be repeated
            bakes = [kind.minutes(random, rate) for _ in range(streams)]
            for name, rule in RULES.items():
                stops = [rule(minutes, kind.share) for minutes in bakes]
                cells.setdefault((name, kind.name), []).append(_told(kind, stops))
    kinds = [kind.name for kind in (*HEALTHY, *WORSE)]
    rows = tuple((name, *("; ".join(cells[name, kind]) for kind in kinds)) for name in RULES)
    return Table(
        ("rule", *kinds),
        rows,
        f"At {'; '.join(map(str, RATES))} requests a second and arm: % of bakes of {MINUTES} minutes that"
        f" were stopped, of {streams} each; for worse canaries also the median minute of the stop.",
    )


def _told(kind: Stream, stops: list[int | None]) -> str:
    stopped = [stop for stop in stops if stop is not None]
    share = f"{100 * len(stopped) / len(stops):.1f}".removesuffix(".0")
    if kind in HEALTHY or not stopped:
        return share
    return f"{share}/{median(stopped):.0f}"
