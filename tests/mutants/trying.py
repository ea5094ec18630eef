"""One fault at a time: a forked process imports the module with it and runs the tests of its core."""

import ast
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants.faults import Fault, with_fault

ROOT = Path(__file__).resolve().parent.parent.parent
CPU_S = 90
WALL_S = 400.0


@dataclass(frozen=True)
class Core:
    """Modules that belong together, and the tests that answer for them, the quickest first."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Mutant:
    """A module with one fault."""

    module: str
    fault: Fault

    def __str__(self) -> str:
        return f"{path_of(self.module)}:{self.fault.line} {self.fault.what} (#{self.fault.number})"


def path_of(module: str) -> Path:
    """Where a module's source is, below the root."""
    return Path(module.replace(".", "/")).with_suffix(".py")


class _Faulty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module and gives it the code with the fault."""

    def __init__(self, module: str, code: CodeType) -> None:
        self.module = module
        self.code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(ROOT / path_of(fullname)))

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102 - our own source, with one fault


def start(core: Core, mutant: Mutant | None) -> int:
    """Forks a process that ends with 0 when the tests pass; its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        code = _in_child(core, mutant)
    except BaseException:  # noqa: BLE001 - whatever a fault makes of its process, the tests have noticed
        code = 1
    os._exit(code)


def _in_child(core: Core, mutant: Mutant | None) -> int:
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    out = os.open(os.devnull, os.O_WRONLY)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if mutant is not None:
        source = (ROOT / path_of(mutant.module)).read_text()
        tree: ast.Module = with_fault(source, mutant.fault.number)
        sys.meta_path.insert(0, _Faulty(mutant.module, compile(tree, str(path_of(mutant.module)), "exec")))
    options = ["-x", "-q", "--noconftest", "-c", os.devnull, "--rootdir", str(ROOT)]
    options += ["--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return int(pytest.main([*options, *(str(ROOT / test) for test in core.tests)]))


class Running:
    """A forked process, and since when."""

    def __init__(self, core: Core, mutant: Mutant | None) -> None:
        self.mutant = mutant
        self.core = core
        self.pid = start(core, mutant)
        self.until = time.monotonic() + WALL_S

    def survived(self) -> bool | None:
        """Whether the tests passed; None while they run. What takes for ever is noticed, too."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() < self.until:
            return None
        self.kill()
        return False

    def wait(self) -> bool:
        """Whether the tests passed, once they have ended."""
        while (answer := self.survived()) is None:
            time.sleep(0.02)
        return answer

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
