"""`make mutants`: mutmut's faults in the pure cores, and how many of them the tests notice.

A seeded sample of each core, since all of them take hours. Exit 0 when at least 85 % are noticed in every
core, 1 when not, 2 when they could not be tried. `ARGS="--core chain --sample 1000"` tries more of one core,
`--seed` others.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parent.parent.parent
WANTED = 0.85
CORES = {
    "chain": "rollouts.audit.chain.",
    "quorum": "rollouts.approvals.quorum.",
    **{
        judge.replace("_", "-"): f"rollouts.gates.judges.{judge}."
        for judge in (
            "allowance",
            "binomial",
            "budget",
            "combining",
            "compare",
            "exposure",
            "last_week",
            "limit",
            "limit_e",
            "lines",
            "mixture",
            "pairs",
            "replay",
            "sequential",
            "spans",
            "words",
        )
    },
    "observing": "rollouts.gates.observing.",
    "machine": "rollouts.decisions.machine.",
    "composite": "rollouts.health.composite.",
    "readiness": "rollouts.contracts.readiness.ruling.",
    "reports": "rollouts.evidence.reports.",
    "demands": "rollouts.gates.demands.",
}
NOTICED = frozenset({"killed", "timeout"})
UNTRIED = "not checked"
Results = dict[str, str]
"""The status of each mutant by its name; `not checked` where it was not tried."""


def main() -> int:
    given = _arguments()
    cores = {name: CORES[name] for name in given.core or CORES}
    with tempfile.TemporaryDirectory(prefix="gatehouse-mutants-") as folder:
        place = Path(folder)
        _copy(place)
        _mutmut(place, "run", f"{CORES['chain']}*")  # makes the mutants of all cores, and tries the smallest
        chosen = _chosen(results(place), cores, given)
        _mutmut(place, "run", *chosen)
        found = {name: status for name, status in results(place).items() if name in chosen}
        if UNTRIED in found.values():
            sys.stderr.write("The tests of the cores do not pass as they are: see above.\n")
            return 2
        whole = [
            _told(core, {k: v for k, v in found.items() if k.startswith(at)}) for core, at in cores.items()
        ]
        for name in sorted(name for name, status in found.items() if status not in NOTICED):
            _mutmut(place, "show", name)
    return 0 if all(whole) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--sample", type=int, default=120, help="Mutants tried in each core.")
    parser.add_argument("--core", action="append", choices=CORES)
    return parser.parse_args()


def _copy(place: Path) -> None:
    """What git knows, as it stands: mutmut writes beside the source."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607
    subprocess.run(
        ["tar", "--create", "--null", "--files-from=-", "--ignore-failed-read", "--file", place / "tree.tar"],  # noqa: S607
        cwd=ROOT,
        input=tracked.stdout,
        check=True,
    )
    subprocess.run(["tar", "--extract", "--file", "tree.tar"], cwd=place, check=True)  # noqa: S607


def _mutmut(place: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    environment = {**os.environ, "GATEHOUSE_HISTORIES": "40"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(command, cwd=place, env=environment, check=arguments[0] == "show")


def results(place: Path) -> Results:
    """What mutmut wrote beside the mutants."""
    return dict(_results(place))


def _results(place: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(place.glob("mutants/rollouts/**/*.py.meta")):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            yield name, status_by_exit_code[code]


def _chosen(found: Results, cores: dict[str, str], given: argparse.Namespace) -> Collection[str]:
    """A sample of each core; the same for the same seed and source."""
    chance = random.Random(given.seed)  # noqa: S311 - an order that can be had again
    chosen: list[str] = []
    for core, at in cores.items():
        names = sorted(name for name in found if name.startswith(at))
        chance.shuffle(names)
        chosen += names[: given.sample]
        sys.stdout.write(f"{core}: {min(given.sample, len(names))} of {len(names)} mutants\n")
    sys.stdout.flush()
    return chosen


def _told(core: str, tried: Results) -> bool:
    """Whether enough were noticed, and how many, said."""
    noticed = sum(status in NOTICED for status in tried.values())
    share = noticed / len(tried) if tried else 0
    sys.stdout.write(f"{core}: {noticed} of {len(tried)} noticed, {share:.1%} (wanted: {WANTED:.0%})\n")
    sys.stdout.flush()
    return share >= WANTED


if __name__ == "__main__":
    sys.exit(main())
