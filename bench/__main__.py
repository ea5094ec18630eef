"""`python -m bench [NAME ...]`: all measurements, or those named; each in a process of its own.

`judges` takes a number after its name: how many streams of each kind.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

from bench.figures import Table, Tables, machine

NAMES = {
    "halt": "From a sample to the halt",
    "decision": "A decision against a bare transaction",
    "home": "Pages with 100 and 10,000 rollouts",
    "public": "A public page against a static file",
    "timers": "Timers a second",
    "windows": "Windows of 20,000 series",
    "ticks": "Ticks of 20,000 gates over 5,000 services",
    "history": "A tick with 0, 10 and 100 days of history, and requests to a source",
    "graph": "The map of 10,000 services",
    "closure": "How far dependencies reach among 10,000 services",
    "diff": "Comparing two documents, cold and warm, format by format",
    "waves": "Waves of 2,000 changes",
    "memory": "Memory of the embedded product",
    "judges": "False halts and missed regressions, rule by rule",
}

SIZED = ("judges", "ticks")
ALONE = ("memory", "judges", "waves", "diff")
"""They bring up what they measure themselves, or need nothing."""


def main(names: list[str]) -> int:
    """2 when there is no measurement of that name."""
    many = int(names.pop()) if len(names) == 2 and names[0] in SIZED and names[1].isdigit() else None
    if unknown := [name for name in names if name not in NAMES]:
        sys.stderr.write(f"There is no measurement {unknown[0]}. There are: {', '.join(NAMES)}.\n")
        return 2
    if len(names) == 1:
        return _one(names[0], many)
    sys.stdout.write(f"{datetime.now(UTC):%d %B %Y}, {machine()}\n")
    sys.stdout.flush()
    codes = [
        subprocess.run([sys.executable, "-m", "bench", name], check=False).returncode
        for name in names or NAMES
    ]
    return int(any(codes))


def _one(name: str, many: int | None = None) -> int:
    where = machine()
    measure: Callable[..., Table | Tables] = import_module(f"bench.{name}").measure
    if name in ALONE:
        table = measure() if many is None else measure(many)
    else:
        from bench.ground import ground

        with ground():
            table = measure() if many is None else measure(many)
    sys.stdout.write(f"\n## {NAMES[name]}\n`python -m bench {name}`: {where}\n\n{table}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
