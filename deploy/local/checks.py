"""What `make test` and the other targets for developers run."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.places import CLONE
from deploy.local.provision import provide
from deploy.local.trouble import Trouble

_BIN = Path(sys.executable).parent


def test() -> int:
    """Everything: the rules of the house are tests, too (tests/house), so one line at the end says it all."""
    provide()
    # More workers than cores: every fifth test waits for processes of its own.
    return _become("-m", "pytest", "-n", "3", "--dist", "loadgroup", *_more())


def lint() -> int:
    """Style, import rules and templates."""
    return _all(
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["lint-imports"],
        ["djlint", "--quiet", "--lint", "templates"],
    )


def types() -> int:
    """mypy, strict."""
    return _all(["mypy"])


def fix() -> int:
    """Format, and mend what ruff can."""
    return _all(["ruff", "check", "--fix", "."], ["ruff", "format", "."])


def races() -> int:
    """100 rounds of each race on the real database."""
    return _become("-m", "pytest", "-n", "2", "-p", "no:randomly", "tests/races", *_more())


def kills() -> int:
    """Real processes killed at the named points."""
    return _become("-m", "pytest", "-p", "no:randomly", "tests/faults", *_more())


def screens() -> int:
    """Pictures of every page in both widths and themes."""
    provide()
    return _script("tests.screens")


def mutants() -> int:
    """Seeded faults in the pure cores, and how many the tests notice."""
    return _script("tests.mutants")


def bench() -> int:
    """The measurements of docs/performance.md."""
    return _script("bench")


CHECKS: dict[str, Callable[[], int]] = {
    check.__name__: check for check in (test, lint, types, fix, races, kills, screens, mutants, bench)
}


def _all(*commands: list[str]) -> int:
    """Run all, also after one has failed; 1 when any did."""
    codes = [
        subprocess.run([_BIN / program, *arguments], cwd=CLONE, check=False).returncode
        for program, *arguments in commands
    ]
    return int(any(codes))


def _script(package: str) -> int:
    if not (CLONE / package.replace(".", "/") / "__main__.py").exists():
        raise Trouble(f"There is no {package} to run.")
    return _become("-m", package, *_more())


def _more() -> list[str]:
    """Further arguments by hand: make test ARGS="-k halt"."""
    return os.environ.get("ARGS", "").split()


def _become(*arguments: str) -> int:
    """Give way, so that a signal to make reaches what really runs."""
    os.chdir(CLONE)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *arguments])
