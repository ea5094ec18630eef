"""One public page as a web process holds it, and as it lies on the local disk."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

CHECKED = b"<!--checked-->"
"""Where a page says how old it may be; filled in when it is served."""
KEY_PLACE = b"KEY-OF-THIS-LINK"
"""Where a page that opens by a link repeats the link's key; filled in when it is served."""


@dataclass(frozen=True)
class Stored:
    """The newest bytes of one address. Times are seconds since 1970."""

    path: str
    version: int
    status: int
    content_type: str
    etag: str
    body: bytes
    key_digest: str = ""
    expires_at: float | None = None
    created_at: float = 0.0

    def opens_to(self, key: str, now: float) -> bool:
        """Whether a reader with this key (empty for none) may have it now."""
        if not self.key_digest:
            return True
        if self.expires_at is not None and now >= self.expires_at:
            return False
        return bool(key) and hashlib.sha256(key.encode()).hexdigest() == self.key_digest


def place(folder: Path, path: str) -> Path:
    """The file of an address, without its version."""
    return folder / hashlib.sha256(path.encode()).hexdigest()[:32]


def write(folder: Path, page: Stored) -> None:
    """Keeps a page on disk. The version stands in the name, so that no process puts an older one over it."""
    folder.mkdir(parents=True, exist_ok=True)
    base = place(folder, page.path)
    head = {key: value for key, value in page.__dict__.items() if key != "body"}
    descriptor, half = tempfile.mkstemp(dir=folder, prefix="half-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(head).encode() + b"\n" + page.body)
        Path(half).replace(base.with_name(f"{base.name}.{page.version}"))
    except OSError:
        Path(half).unlink(missing_ok=True)
        raise
    for file_ in folder.glob(f"{base.name}.*"):
        if (number := _version(file_)) is not None and number < page.version:
            file_.unlink(missing_ok=True)


def read_all(folder: Path) -> Iterator[Stored]:
    """The newest page of each address on disk; what cannot be read is passed over."""
    newest: dict[str, tuple[int, Path]] = {}
    with suppress(OSError):
        for file in folder.iterdir():
            number = _version(file)
            if number is not None and number > newest.get(file.stem, (-1, file))[0]:
                newest[file.stem] = (number, file)
    for _number, file in newest.values():
        with suppress(OSError, ValueError, TypeError):
            head, _line, body = file.read_bytes().partition(b"\n")
            yield replace(Stored(**json.loads(head), body=b""), body=body)


def _version(file: Path) -> int | None:
    suffix = file.suffix[1:]
    return int(suffix) if suffix.isdigit() else None
