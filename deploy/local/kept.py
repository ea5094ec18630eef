"""What is made once and kept in the state folder: keys, and the ports of the demo."""

import json
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from deploy.local.trouble import Trouble

_KEYS = ("SECRET_KEY", "GATEHOUSE_SECRETS_KEY", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")


def keys(state: Path) -> dict[str, str]:
    """The secrets of this installation by setting, readable by its owner only. Raises `Trouble`."""
    path = state / "secrets.json"
    known = _load(
        path, "Remove it to get new ones: everyone signs in again, and secrets stored with it are lost."
    )
    missing = [name for name in _KEYS if not isinstance(known.get(name), str)]
    for name in missing:
        known[name] = ("xoxb-" if name == "SLACK_BOT_TOKEN" else "") + secrets.token_urlsafe(48)
    if missing:
        _store(path, known)
    return {name: str(known[name]) for name in _KEYS}


def ports(state: Path, names: Iterable[str]) -> dict[str, int]:
    """A port on the loopback address for each name: the one of the last time where it is still free."""
    path = state / "ports.json"
    known = _load(path, "Remove it.")
    chosen: dict[str, int] = {}
    for name in names:
        before = known.get(name)
        keep = isinstance(before, int) and before not in chosen.values() and is_free(before)
        chosen[name] = before if keep and isinstance(before, int) else _free_port(set(chosen.values()))
    if chosen != known:
        _store(path, dict(chosen))
    return chosen


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    """Outside the range from which systems give ports to clients, or one of those might have it next time."""
    while True:
        port = secrets.choice(range(20_000, 30_000))
        if port not in taken and is_free(port):
            return port


def _load(path: Path, remedy: str) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise Trouble(f"{path} cannot be read. {remedy}") from None
    if not isinstance(found, dict):
        raise Trouble(f"{path} cannot be read. {remedy}")
    return found


def _store(path: Path, content: dict[str, object]) -> None:
    """Write beside and move, so that a kill leaves the old file or the new one."""
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
