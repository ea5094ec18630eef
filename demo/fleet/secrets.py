"""The file that tells the fleet its flag and its tokens; it may appear, change or vanish at any time."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Credentials:
    """The flag that the callers ask about, and a bearer token for each of them."""

    flag: str = ""
    tokens: dict[str, str] = field(default_factory=dict)


class SecretsFile:
    """Reads the file again when it changes; while there is none, nobody asks Gatehouse."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._stamp: tuple[int, int, int] | None = None
        self._credentials = Credentials()

    def current(self) -> Credentials:
        with self._lock:
            now = time.monotonic()
            if self._path is not None and now - self._looked_at >= LOOK_EVERY_S:
                self._looked_at = now
                self._look(self._path)
            return self._credentials

    def _look(self, path: Path) -> None:
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            document = json.loads(path.read_text())
            flag, tokens = str(document.get("flag", "")), dict(document.get("tokens", {}))
        except (OSError, ValueError, AttributeError, TypeError):
            # Half written or not there yet: what was read before stays, and it is looked at again.
            return
        self._stamp = stamp
        self._credentials = Credentials(flag=flag, tokens={str(k): str(v) for k, v in tokens.items()})
