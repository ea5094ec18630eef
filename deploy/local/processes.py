"""Child processes that do not outlive us: each in its own session, told when we die, killed as a group."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    arguments: Sequence[str | Path],
    *,
    on_death: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    family: "Family | None" = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; on Linux it gets `on_death` when our thread ends.

    Its output is appended to `log`, or goes where ours goes; `family` finds it again after we were killed.
    """
    with contextlib.ExitStack() as files:
        output = files.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_follow_parent(on_death),
            **options,
        )
    if family:
        family.note(process)
    return process


def _follow_parent(on_death: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def follow() -> None:
        prctl(_PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
        # The parent may have died before the call; nobody would tell us then.
        if os.getppid() != parent:
            os._exit(1)

    return follow


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to what is left of a child's session, also when the child itself is dead already.

    A dead web server's workers keep its port and answer with old code beside the new one.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end(
    processes: Iterable[subprocess.Popen[bytes]], *, how: signal.Signals = signal.SIGTERM, grace_s: float
) -> None:
    """Ask all at once to stop, wait up to `grace_s` seconds for them together, then kill the groups."""
    waiting = list(processes)
    for process in waiting:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
    until = time.monotonic() + grace_s
    for process in waiting:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, until - time.monotonic()))
    for process in waiting:
        kill_group(process)


class Family:
    """The processes of one state folder, to be found again after their supervisor was killed.

    They are known by the sessions noted in `record`: names and environments will not do, since servers
    write their titles over both. A session's number may have another owner by now, so that a member also has
    to work in one of `homes`.
    """

    def __init__(self, record: Path, homes: Sequence[Path]) -> None:
        self.record = record
        self.homes = [str(home) for home in homes]

    def note(self, process: subprocess.Popen[bytes]) -> None:
        """Remember a child that leads a session of its own."""
        with self.record.open("a") as record:
            record.write(f"{process.pid}\n")

    def members(self) -> list[psutil.Process]:
        """All that live now, ourselves aside."""
        try:
            sessions = {int(line) for line in self.record.read_text().split()}
        except (OSError, ValueError):
            return []
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if os.getsid(process.pid) in sessions and process.cwd().startswith(tuple(self.homes)):
                    # PostgreSQL's children lead sessions of their own.
                    found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        return [process for process in found.values() if process.pid != os.getpid() and _alive(process)]

    def sweep(self) -> int:
        """End all of them; how many there were.

        PostgreSQL is asked for its fast stop, which keeps the next start short.
        """
        left = self.members()
        for process in left:
            with contextlib.suppress(psutil.Error):
                # One that was stopped (SIGSTOP) hears nothing until it goes on.
                process.resume()
                process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
        for process in await_end(left, 3.0):
            with contextlib.suppress(psutil.Error):
                process.kill()
        await_end(left, 2.0)
        self.record.unlink(missing_ok=True)
        return len(left)


def await_end(processes: Iterable[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Wait until they have ended; which have not. A zombie has: not every process 1 clears them away."""
    until = time.monotonic() + patience_s
    alive = [process for process in processes if _alive(process)]
    while alive and time.monotonic() < until:
        time.sleep(0.02)
        alive = [process for process in alive if _alive(process)]
    return alive


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for a message about a process that would not start."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
