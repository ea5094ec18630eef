"""The JSON file in which Gatehouse's demo data leaves what these programs have to know."""

import json
import threading
import time
from pathlib import Path
from typing import Any

LOOK_EVERY_S = 1.0


class SecretsFile:
    """Reads the file again when it changes; it may appear late, be half written, or vanish."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._stamp: tuple[int, int, int] | None = None
        self._document: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """What the file says, {} while there is none. Not to be changed."""
        with self._lock:
            now = time.monotonic()
            if self._path is not None and now - self._looked_at >= LOOK_EVERY_S:
                self._looked_at = now
                self._look(self._path)
            return self._document

    def _look(self, path: Path) -> None:
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            document = json.loads(path.read_text())
        except (OSError, ValueError):
            # Half written or not there yet: what was read before stays, and it is looked at again.
            return
        if isinstance(document, dict):
            self._stamp, self._document = stamp, document
