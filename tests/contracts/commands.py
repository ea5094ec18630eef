"""`manage.py contract …` within this process, and as a program of its own without a database."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command

CLONE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Ended]


def run(*arguments: str, given: str = "") -> Ended:
    """What it writes, and its code."""
    out, err = io.StringIO(), io.StringIO()
    typed = mock.Mock(buffer=io.BytesIO(given.encode()))
    code = 0
    with mock.patch.object(sys, "stdin", typed):
        try:
            call_command("contract", *arguments, stdout=out, stderr=err)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except CommandError as error:  # as `manage.py` says what the arguments cannot be
            return Ended(2, out.getvalue(), str(error))
    return Ended(code, out.getvalue(), err.getvalue())


def program(*arguments: str, given: str = "") -> Ended:
    """The same as a program, with a database that is not there."""
    known = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    command = [sys.executable, "manage.py", "contract", *arguments]
    ended = subprocess.run(
        command, cwd=CLONE, env=known, input=given, capture_output=True, text=True, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
