"""Runs the tools that hold the rules, as a person would."""

import os
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent.parent
_BIN = Path(sys.executable).parent


def run(program: str, *arguments: str, **environment: str) -> None:
    """Fails with what the tool said when it was not content."""
    done = subprocess.run(
        [_BIN / program, *arguments],
        cwd=CLONE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == 0, f"{program} {' '.join(arguments)}:\n{said}"


def manage(*arguments: str, **environment: str) -> None:
    """Fails with what `manage.py` said when it ended badly."""
    run("python", "manage.py", *arguments, **environment)
