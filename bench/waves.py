"""Waves of 2,000 changes: builds along a graph, and contracts that are expanded, migrated and contracted."""

import random
import time
from collections.abc import Callable

from bench.figures import Table, ms, quantile, timed

CHANGES, NEEDS, TRIES = 2_000, 8_000, 9


def measure() -> Table:
    from rollouts.contracts.values import First, Ruling, Rulings, Transition
    from rollouts.plans.sequencing.judging import judge
    from rollouts.plans.sequencing.order import Step
    from rollouts.plans.sequencing.values import Move, Needs
    from rollouts.plans.values import ChangeKind
    from rollouts.plans.waves import waves

    chance = random.Random(4)
    builds = [Move(f"s{number:04}", f"s{number:04}") for number in range(CHANGES)]
    along = [_need(chance, CHANGES, forward=True) for _ in range(NEEDS)]
    around = [_need(chance, CHANGES, forward=False) for _ in range(NEEDS)]
    quarter = CHANGES // 4
    moving = [
        *(Move(f"p{n}.expand", f"p{n}", ChangeKind.EXPAND, "", f"api-{n}", "1", "2") for n in range(quarter)),
        *(
            Move(f"c{n}.migrate", f"c{n}", ChangeKind.MIGRATE, "", f"api-{n % quarter}", "1", "2")
            for n in range(2 * quarter)
        ),
        *(
            Move(f"p{n}.contract", f"p{n}", ChangeKind.CONTRACT, "", f"api-{n}", "1", "2")
            for n in range(quarter)
        ),
    ]
    relied = [Needs(f"c{n}", f"p{n % quarter}", f"api-{n % quarter}") for n in range(2 * quarter)]
    known = {
        Transition(f"api-{n}", "1", "2"): Rulings(Ruling(First.SPLIT, "a field is gone"))
        for n in range(quarter)
    }
    steps = [Step(1, tuple(move.name for move in builds))]
    ways: dict[str, Callable[[], object]] = {
        f"{NEEDS:,} needs, one way": lambda: waves(builds, [Needs(f"s{a:04}", f"s{b:04}") for a, b in along]),
        f"{NEEDS:,} needs, in circles": lambda: waves(
            builds, [Needs(f"s{a:04}", f"s{b:04}") for a, b in around]
        ),
        "expand, migrate, contract of 500 contracts": lambda: waves(moving, relied, (), known),
        f"{NEEDS:,} needs, and whom one stage breaks": lambda: judge(
            builds, [Needs(f"s{a:04}", f"s{b:04}") for a, b in along], [], {}, steps
        ),
    }
    rows, slowest = [], 0.0
    for name, ask in ways.items():
        ask()
        took, worked = zip(*(_timed(ask) for _ in range(TRIES)), strict=True)
        slowest = max(slowest, *took)
        rows.append((name, ms(min(took)), ms(quantile(took, 0.5)), ms(max(took)), ms(quantile(worked, 0.5))))
    return Table(
        (f"{CHANGES:,} changes", "shortest", "median", "longest", "median of the processor"),
        tuple(rows),
        f"{TRIES} times each; the longest of all took {ms(slowest)}. (wanted: under 1 s.)",
    )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of the processor, which others on the machine do not lengthen."""
    begun = time.process_time()
    wall = timed(work)
    return wall, time.process_time() - begun


def _need(chance: random.Random, many: int, *, forward: bool) -> tuple[int, int]:
    """A consumer and its provider; `forward`: the provider's number is higher, so that there is no circle."""
    one, other = chance.sample(range(many), 2)
    return (min(one, other), max(one, other)) if forward else (one, other)
