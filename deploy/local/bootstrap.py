"""Makes `.venv` from the pinned requirements and hands over to `deploy.local` inside it.

Pure standard library, and readable by any Python 3, so that an old one gets a sentence and no traceback.
"""

import os
import shutil
import sys

NEWEST_FIRST = ["python3.15", "python3.14", "python3.13", "python3.12", "python3.11"]

if sys.version_info < (3, 11):
    for _name in NEWEST_FIRST:
        _program = shutil.which(_name)
        if _program:
            os.execv(_program, [_program, *sys.argv])
    sys.exit(
        "Gatehouse needs Python 3.11 or newer; this is %d.%d. "
        "Install one, or name it: make run PYTHON=python3.12" % sys.version_info[:2]
    )

import fcntl
import hashlib
import json
import signal
import subprocess
from pathlib import Path
from types import FrameType

CLONE = Path(__file__).resolve().parent.parent.parent
_FOREIGN = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class Unable(Exception):
    """The installation cannot go on; the message says why and what to do."""


def main(arguments: list[str]) -> None:
    """Install what `arguments[0]` needs, then become it."""
    what = arguments[0]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    os.chdir(CLONE)
    if what == "clean":
        _become(Path(sys.executable), arguments)
    given = os.environ.get("GATEHOUSE_VENV")
    if given:
        _become(Path(given) / "bin" / "python", arguments)
    wanted = ["requirements.txt"] if what == "run" else ["requirements.txt", "requirements-dev.txt"]
    venv = CLONE / ".venv"
    try:
        # The folder itself is the lock: it leaves no file behind and ends with this process.
        with _Locked(CLONE):
            install(venv, wanted)
    except Unable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    _become(venv / "bin" / "python", arguments)


def install(venv: Path, wanted: list[str]) -> None:
    """Bring `venv` to the pinned versions; nothing is done when the files are those of the last time."""
    marker = venv / "gatehouse.json"
    # Scripts in a venv hold its path: a moved clone needs a new one.
    here = {"path": str(venv), "python": sys.version.split()[0]}
    known = _read(marker)
    if not _usable(venv, known, here):
        print("Making .venv ...", flush=True)
        _make(venv)
        known = {}
    digests = {name: hashlib.sha256((CLONE / name).read_bytes()).hexdigest() for name in wanted}
    missing = [name for name in wanted if known.get(name) != digests[name]]
    if not missing:
        return
    marker.unlink(missing_ok=True)
    print(f"Installing {' and '.join(missing)} into .venv (once, under a minute) ...", flush=True)
    _install_files(venv, missing)
    marker.write_text(json.dumps({**known, **here, **digests}, indent=1))


def _read(marker: Path) -> dict[str, str]:
    try:
        return dict(json.loads(marker.read_text()))
    except (OSError, ValueError):
        return {}


def _usable(venv: Path, known: dict[str, str], here: dict[str, str]) -> bool:
    if known:
        python_works = (venv / "bin" / "python").exists()
        return python_works and all(known.get(key) == value for key, value in here.items())
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    python = venv / "bin" / "python"
    return (
        python.exists()
        and subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0
    )


def _make(venv: Path) -> None:
    if _run([sys.executable, "-m", "venv", "--clear", str(venv)], Path(os.devnull)):
        raise Unable(
            f"Python's venv could not make {venv}. Install it (Debian, Ubuntu: apt install python3-venv; "
            "is the folder writable?) and try again."
        )


def _install_files(venv: Path, files: list[str]) -> None:
    """With uv, which takes a fifth of pip's time; with pip when uv cannot."""
    python, log = str(venv / "bin" / "python"), venv / "install.log"
    log.unlink(missing_ok=True)
    listed = [part for name in files for part in ("-r", str(CLONE / name))]
    lines = (CLONE / "requirements.txt").read_text().splitlines()
    uv = next((line.split()[0] for line in lines if line.startswith("uv==")), "uv")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if not _run([*pip, uv], log) and not _run(
        [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, *listed], log
    ):
        return
    if _run([*pip, *listed], log):
        said = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise Unable(
            f"The pinned packages could not be installed; is there a network?\n{said}\nAll of it: {log}"
        )


def _run(command: list[str], log: Path) -> int:
    """Run to the end in a session of its own, ended with us."""
    env = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


class _Locked:
    """Holds `folder` against another installation; where locks do not work, goes without."""

    def __init__(self, folder: Path) -> None:
        self.handle = os.open(folder, os.O_RDONLY)

    def __enter__(self) -> None:
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another installation in this folder is at work; waiting for it ...", flush=True)
            fcntl.flock(self.handle, fcntl.LOCK_EX)
        except OSError:
            pass

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)


def _become(python: Path, arguments: list[str]) -> None:
    module = "deploy.local.clean" if arguments[0] == "clean" else "deploy.local"
    os.environ.pop("PYTHONHOME", None)
    # Dozens of processes are started; without kept bytecode each takes three times as long (5.3 s, not 1.6).
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(python, [str(python), "-m", module, *arguments])


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main(sys.argv[1:] or ["run"])
