"""The workspace's own append-only log; everything else here is read from it."""

import fcntl
import json
import time
from collections.abc import Iterator
from io import BufferedRandom
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
NAME = "slack.jsonl"


class Log:
    """One JSON object a line: seq, at (seconds since 1970), kind, and what the kind says.

    Without a folder the log lives in memory. Raises OSError when another process has the folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._memory: list[Entry] = []
        self._file: BufferedRandom | None = None
        self._path = folder / NAME if folder else None
        self._seq = 0
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._open(self._path)
            self._seq = max((entry["seq"] for entry in self.entries()), default=0)

    def append(self, kind: str, content: Entry) -> Entry:
        """Write one entry through to the file before anybody hears of it. The caller holds a lock."""
        entry: Entry = {"seq": self._seq + 1, "at": time.time(), "kind": kind, **content}
        if self._path is None:
            self._memory.append(entry)
        elif self._file is None:
            raise OSError(f"{self._path} is closed.")
        else:
            self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
        self._seq += 1
        return entry

    def entries(self) -> Iterator[Entry]:
        """Oldest first; read from the file, so that a long life costs no memory."""
        if self._path is None:
            yield from tuple(self._memory)
            return
        with self._path.open("rb") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    # The line that a killed process did not finish; nobody was told of it.
                    continue

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @staticmethod
    def _open(path: Path) -> BufferedRandom:
        file = path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise OSError(f"Another local Slack writes {path}.") from error
        if file.tell() and not path.read_bytes().endswith(b"\n"):
            file.write(b"\n")
        return file
