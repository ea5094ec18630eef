"""Where one clone keeps its data, its sockets and its lock."""

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.trouble import Trouble

CLONE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Places:
    """The folders of one clone.

    `state` is kept: `.gatehouse` in the clone, or for root a folder below /var/tmp, since the user that
    PostgreSQL runs as need not be able to enter the clone. `sockets` is a short path whatever the clone's is.
    """

    state: Path
    sockets: Path

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @classmethod
    def of(cls, clone: Path) -> Self:
        """The places of a clone; GATEHOUSE_STATE_DIR moves the state."""
        given = os.environ.get("GATEHOUSE_STATE_DIR")
        key = Path(given or clone).resolve()
        short = private_folder() / hashlib.sha256(str(key).encode()).hexdigest()[:12]
        if given:
            return cls(state=key, sockets=short)
        return cls(state=short if os.geteuid() == 0 else clone / ".gatehouse", sockets=short)

    def make(self) -> None:
        """Make what is absent. Only root's state may be passed through, by PostgreSQL's user."""
        for folder in (self.state, self.sockets, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            except OSError as error:
                raise Trouble(f"The folder {folder} cannot be used: {error.strerror}.") from error


class Lock:
    """Held by the one supervisor of a state folder; it ends with the process, so it is never stale."""

    def __init__(self, state: Path) -> None:
        self._path = state / "lock"
        self._handle = -1

    def take(self, address: str) -> None:
        """Raises `Trouble` naming the process and address that hold it."""
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(_who_holds(self._path)) from None
        os.ftruncate(self._handle, 0)
        os.write(self._handle, json.dumps({"pid": os.getpid(), "address": address}).encode())

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def held(state: Path) -> str | None:
    """The sentence that says who runs on this state folder, or None when nobody does."""
    lock = Lock(state)
    if not state.exists():
        return None
    try:
        lock.take("")
    except Trouble as trouble:
        return str(trouble)
    finally:
        lock.release()
    return None


def _who_holds(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        who = f" as process {holder['pid']} on {holder['address']}"
    except (OSError, ValueError, KeyError):
        who = ""
    return f"Gatehouse already runs from this folder{who}. Use that one, or stop it with Ctrl-C."


def private_folder() -> Path:
    """Our folder below /var/tmp, which others may pass through and only we may write. Raises `Trouble`."""
    folder = Path(f"/var/tmp/gatehouse-{os.geteuid()}")
    folder.mkdir(mode=0o711, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.geteuid() or state.st_mode & 0o022:
        raise Trouble(f"{folder} belongs to someone else or can be written by others. Remove it.")
    folder.chmod(0o711)
    return folder
