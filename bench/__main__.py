"""`python -m bench [NAME ...]`: all measurements, or those named; each in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

from bench.figures import Table, machine

NAMES = {
    "halt": "From a sample to the halt",
    "decision": "A decision against a bare transaction",
    "home": "Pages with 100 and 10,000 rollouts",
    "public": "A public page against a static file",
    "timers": "Timers a second",
    "windows": "Windows of 20,000 series",
    "memory": "Memory of the embedded product",
}


def main(names: list[str]) -> int:
    """2 when there is no measurement of that name."""
    if unknown := [name for name in names if name not in NAMES]:
        sys.stderr.write(f"There is no measurement {unknown[0]}. There are: {', '.join(NAMES)}.\n")
        return 2
    if len(names) == 1:
        return _one(names[0])
    sys.stdout.write(f"{datetime.now(UTC):%d %B %Y}, {machine()}\n")
    sys.stdout.flush()
    codes = [
        subprocess.run([sys.executable, "-m", "bench", name], check=False).returncode
        for name in names or NAMES
    ]
    return int(any(codes))


def _one(name: str) -> int:
    where = machine()
    measure: Callable[[], Table] = import_module(f"bench.{name}").measure
    if name == "memory":
        table = measure()
    else:
        from bench.ground import ground

        with ground():
            table = measure()
    sys.stdout.write(f"\n## {NAMES[name]}\n`python -m bench {name}`: {where}\n\n{table}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
