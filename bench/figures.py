"""Times and how they are told."""

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """What a measurement found: rows below a heading, and the sentence that answers the question."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    answer: str

    def __str__(self) -> str:
        lines = [_line(self.heading), _line(["---"] * len(self.heading)), *map(_line, self.rows)]
        return "\n".join([*lines, "", self.answer])


class Tables:
    """Several tables of one measurement."""

    def __init__(self, *tables: Table) -> None:
        self.tables = tables

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.tables))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def timed(work: Callable[[], object]) -> float:
    """Seconds of the clock on the wall that `work` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def quantile(values: Iterable[float], share: float) -> float:
    """The value below or at which `share` of the values lie: one of them, none made up."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def machine() -> str:
    """What it was measured on: processor, cores, memory, load before the start."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GB, Python {python}, load {load:.1f} before"
