"""`make mutants`: `python -m tests.mutants [--seed N] [--sample N] [--core NAME] [--all] [--minutes N]`.

Exit 0 when at least 85 % of the tried faults are noticed in every core, 1 when not.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
os.environ.setdefault("GATEHOUSE_HISTORIES", "40")

import hypothesis.stateful  # noqa: E402, F401 - imported before the forks, so that each need not

from tests.mutants.faults import faults  # noqa: E402
from tests.mutants.trying import ROOT, Core, Mutant, Running, path_of  # noqa: E402

WANTED = 0.85
SAMPLE = 400
MACHINE = sorted(
    f"rollouts.decisions.machine.{path.stem}"
    for path in Path(ROOT, "rollouts/decisions/machine").glob("*.py")
    if path.stem != "__init__"
)
MACHINE_TESTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/decisions/test_machine_*.py"))
CORES = (
    Core(
        "machine",
        tuple(MACHINE),
        tuple(sorted(MACHINE_TESTS, key=lambda path: ("history" in path, "table" in path, path))),
    ),
    Core("quorum", ("rollouts.approvals.quorum",), ("tests/approvals/test_quorum.py",)),
    Core("chain", ("rollouts.audit.chain",), ("tests/audit/test_chain.py",)),
    Core("limit", ("rollouts.gates.judges.limit",), ("tests/gates/test_limit_judge.py",)),
)


def main() -> int:
    given = _arguments()
    until = time.monotonic() + given.minutes * 60
    whole = True
    for core in CORES:
        if given.core and core.name not in given.core:
            continue
        if Running(core, None).wait() is False:
            _say(f"{core.name}: the tests fail without any fault; nothing can be said.")
            return 1
        whole &= _try(core, _chosen(core, given), given.jobs, until)
    return 0 if whole else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="Faults tried in each core.")
    parser.add_argument("--all", action="store_true", help="Every fault, however long it takes.")
    parser.add_argument("--core", action="append", choices=[core.name for core in CORES])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=15, help="No fault is begun later.")
    return parser.parse_args()


def _chosen(core: Core, given: argparse.Namespace) -> list[Mutant]:
    """A sample of the core's faults; the same for the same seed and source."""
    everything = [
        Mutant(module, fault)
        for module in core.modules
        for fault in faults((ROOT / path_of(module)).read_text())
    ]
    chance = random.Random(given.seed)  # noqa: S311 - an order that can be had again
    chance.shuffle(everything)
    size = len(everything) if given.all else given.sample
    _say(f"{core.name}: {min(size, len(everything))} of {len(everything)} faults, seed {given.seed}")
    return everything[:size]


def _try(core: Core, mutants: list[Mutant], jobs: int, until: float) -> bool:
    """Tries them, and says how many were noticed, by module; whether those are enough."""
    tried: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    running: list[Running] = []
    waiting = mutants[::-1]
    while running or (waiting and time.monotonic() < until):
        while waiting and len(running) < jobs and time.monotonic() < until:
            running.append(Running(core, waiting.pop()))
        for each in list(running):
            survived = each.survived()
            if survived is None:
                continue
            running.remove(each)
            assert each.mutant is not None  # noqa: S101 - only the first run has none
            tried[each.mutant.module] += 1
            noticed[each.mutant.module] += not survived
            if survived:
                _say(f"  not noticed: {each.mutant}")
        time.sleep(0.01)
    return _report(core, tried, noticed, len(waiting))


def _report(core: Core, tried: Counter[str], noticed: Counter[str], left: int) -> bool:
    for module in sorted(tried):
        share = 100 * noticed[module] / tried[module]
        _say(f"  {path_of(module)}: {noticed[module]} of {tried[module]} noticed, {share:.0f} %")
    whole, found = tried.total(), noticed.total()
    enough = whole > 0 and found >= WANTED * whole
    rest = f"; no time for {left}" if left else ""
    word = "enough" if enough else "too few"
    _say(f"{core.name}: {found} of {whole} noticed, {100 * found / max(whole, 1):.1f} % ({word}){rest}")
    return enough


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
