"""`make run`: which parts there are, in which order they start, and what the person is told."""

import contextlib
import hashlib
import http.client
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local import kept
from deploy.local.places import CLONE, Lock, Places
from deploy.local.postgres import Postgres
from deploy.local.processes import Family, tail
from deploy.local.supervisor import Program, Stopped, Supervisor
from deploy.local.trouble import Trouble
from deploy.local.valkey import Valkey

_READY_S = 90.0
_DEMO = {"demo fleet": "demo.fleet", "local Slack": "demo.slack", "mailbox": "demo.mailbox"}


def run() -> int:
    """Start everything and keep it running until someone asks to stop; the exit code."""
    try:
        port = _port()
        places = Places.of(CLONE)
        places.make()
        lock = Lock(places.state)
        lock.take(f"http://127.0.0.1:{port}/")
        family(places).sweep()
        if not kept.is_free(port):
            raise Trouble(
                f"Port {port} is in use by another program. Choose another: make run PORT={port + 1}"
            )
    except Trouble as trouble:
        return _fail(trouble)
    return Run(places, port).serve()


def family(places: Places) -> Family:
    """The processes that belong to a clone."""
    return Family(places.state / "processes", [places.state, places.sockets, CLONE])


class Run:
    """One run of the embedded product."""

    def __init__(self, places: Places, port: int) -> None:
        self.places = places
        self.port = port
        self.family = family(places)
        self.supervisor = Supervisor(family=self.family, say=say)
        self.servers: list[Callable[[], None]] = []
        self.env = dict(os.environ)
        self._own_database = not self.env.get("DATABASE_URL")
        self.demo = os.environ.get("GATEHOUSE_DEMO", "yes") != "no"

    def serve(self) -> int:
        """Start, watch, stop; the exit code."""
        code = 0
        self.supervisor.listen()
        try:
            self.start()
            self.supervisor.watch()
        except Stopped:
            say("Stopping ...")
        except Trouble as trouble:
            code = _fail(trouble)
        finally:
            self.supervisor.stop(self.servers)
        return code

    def start(self) -> None:
        """In order: servers, schema, web, demo data, the rest. Raises `Trouble`."""
        self._start_servers()
        self._settle_environment()
        if not self._is_migrated() and self._manage("migrate", "--no-input"):
            raise Trouble(f"The database could not be brought to this version:\n{tail(self._log('migrate'))}")
        self._note_migrated()
        self._start_demo()
        self.supervisor.start("web server", self._web())
        self._await_ready()
        if self.demo and _has_command("demo_load"):
            self._load_demo()
        worker = ["-m", "celery", "-A", "config", "worker", "-P", "threads", "-c", "8", "-l", "WARNING"]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.supervisor.start("worker", self._python("worker", *worker))
        if _has_command("ticker"):
            self.supervisor.start("ticker", self._python("ticker", "manage.py", "ticker"))
        say(self._welcome())

    def _load_demo(self) -> None:
        say(f"Ready on http://127.0.0.1:{self.port}/. Loading the demo: half a minute the first time ...")
        if self._manage("demo_load"):
            told = tail(self._log("demo_load"))
            say(f"The demo could not be loaded as a whole; Gatehouse runs with what is there:\n{told}")

    def _start_servers(self) -> None:
        """Private servers, each only where the environment names none."""
        if not self.env.get("DATABASE_URL"):
            postgres = Postgres(
                self.places.state / "postgres",
                self.places.sockets / "pg",
                log=self._log("postgres"),
                family=self.family,
            )
            self.servers.insert(0, postgres.stop)
            self.supervisor.start("database", postgres)
            self.env["DATABASE_URL"] = postgres.url
        if not self.env.get("BROKER_URL"):
            valkey = Valkey(self.places.sockets / "valkey", log=self._log("valkey"), family=self.family)
            self.servers.insert(0, valkey.stop)
            self.supervisor.start("broker", valkey)
            self.env["BROKER_URL"] = valkey.url

    def _settle_environment(self) -> None:
        """What every process is told. What the person's environment says already is left alone."""
        own_slack, own_mail = "SLACK_BOT_TOKEN" not in self.env, "EMAIL_HOST" not in self.env
        ports = kept.ports(self.places.state, [*_fleet_names(), "slack", "mail", "mail_web"])
        fleet = {name: ports[name] for name in _fleet_names()}
        told = {
            **kept.keys(self.places.state),
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "GATEHOUSE_URL": f"http://127.0.0.1:{self.port}",
            "GATEHOUSE_STATE_DIR": str(self.places.state),
            "STATIC_ROOT": str(self._folder("static")),
            "GATEHOUSE_DEMO_FLEET_PORTS": json.dumps(fleet),
            "GATEHOUSE_DEMO_SLACK_PORT": str(ports["slack"]),
            "GATEHOUSE_DEMO_SLACK_DIR": str(self._folder("demo/slack")),
            "GATEHOUSE_DEMO_MAIL_SMTP_PORT": str(ports["mail"]),
            "GATEHOUSE_DEMO_MAIL_PORT": str(ports["mail_web"]),
            "GATEHOUSE_DEMO_MAIL_DIR": str(self._folder("demo/mail")),
            # Written by the demo's data, read by its programs as soon as it appears.
            "GATEHOUSE_DEMO_SECRETS": str(self._folder("demo") / "secrets.json"),
            "PYTHONUNBUFFERED": "1",
        }
        if own_slack:
            told |= {"SLACK_API_URL": f"http://127.0.0.1:{ports['slack']}/api/", "SLACK_TEAM_ID": "T01GATE"}
        if own_mail:
            told |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(ports["mail"])}
        self.env = {**told, **self.env}

    def _folder(self, name: str) -> Path:
        folder = self.places.state / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def _migrated(self) -> Path:
        """Inside the private database's folder, so that it goes when that goes."""
        return self.places.state / "postgres" / "gatehouse-migrated"

    def _is_migrated(self) -> bool:
        """Whether this code's migrations were all applied the last time, which saves a warm start a third."""
        with contextlib.suppress(OSError):
            return self._own_database and self._migrated.read_text() == _migrations()
        return False

    def _note_migrated(self) -> None:
        if self._own_database:
            self._migrated.write_text(_migrations())

    def _start_demo(self) -> None:
        if not self.demo:
            return
        for name, module in _DEMO.items():
            if _runnable(module):
                program = self._python(module.rpartition(".")[2], "-m", module)
                self.supervisor.start(name, program, essential=False)

    def _web(self) -> Program:
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-ws"]
        options += [
            "--workers",
            "1",
            "--blocking-threads",
            "8",
            "--backlog",
            "1024",
            "--log-level",
            "warning",
        ]
        # Without these a killed worker takes the whole server with it.
        options += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "2"]
        return self._python("web", "-m", "granian", *options, "config.wsgi:application")

    def _python(self, log: str, *arguments: str) -> Program:
        return Program(
            [sys.executable, *arguments], env=self.env, cwd=CLONE, log=self._log(log), family=self.family
        )

    def _manage(self, command: str, *options: str) -> int:
        return self.supervisor.finish(self._python(command, "manage.py", command, *options))

    def _log(self, name: str) -> Path:
        return self.places.logs / f"{name}.log"

    def _await_ready(self) -> None:
        until = time.monotonic() + _READY_S
        self.supervisor.watch(until=lambda: _answers(self.port) or time.monotonic() > until)
        if not _answers(self.port):
            raise Trouble(f"The web server is not ready after {_READY_S:.0f} s:\n{tail(self._log('web'))}")

    def _welcome(self) -> str:
        text = CLONE / "demo" / "WELCOME.txt"
        words = text.read_text() if text.exists() else "Gatehouse runs on {url}/  (Ctrl-C stops it)\n"
        fleet = json.loads(self.env["GATEHOUSE_DEMO_FLEET_PORTS"])
        places = {
            "{url}": self.env["GATEHOUSE_URL"],
            "{slack}": f"http://127.0.0.1:{self.env['GATEHOUSE_DEMO_SLACK_PORT']}",
            "{mail}": f"http://127.0.0.1:{self.env['GATEHOUSE_DEMO_MAIL_PORT']}",
            "{fleet}": f"http://127.0.0.1:{fleet.get('control', 0)}",
            "{logs}": str(self.places.logs),
        }
        for name, value in places.items():
            words = words.replace(name, value)
        return words


def say(sentence: str) -> None:
    """To the person at the terminal, which may be gone by now."""
    with contextlib.suppress(OSError):
        print(sentence, flush=True)


def _fail(trouble: Trouble) -> int:
    with contextlib.suppress(OSError):
        print(trouble, file=sys.stderr, flush=True)
    return 1


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise Trouble(f"PORT must be a number from 1 to 65535, not {given!r}.")
    if int(given) < 1024 and os.geteuid():
        raise Trouble(f"Port {given} is reserved for root. Choose one above 1023: make run PORT=8001")
    return int(given)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _migrations() -> str:
    """A digest of what `migrate` would read: ours, and the versions of the libraries that bring some."""
    digest = hashlib.sha256((CLONE / "requirements.txt").read_bytes())
    for path in sorted(CLONE.glob("*/migrations/*.py")) + sorted(CLONE.glob("rollouts/*/migrations/*.py")):
        digest.update(str(path.relative_to(CLONE)).encode() + path.read_bytes())
    return digest.hexdigest()


def _has_command(name: str) -> bool:
    return any(CLONE.glob(f"*/management/commands/{name}.py")) or any(
        CLONE.glob(f"rollouts/*/management/commands/{name}.py")
    )


def _runnable(module: str) -> bool:
    """Whether `python -m module` would find something to run."""
    try:
        found = importlib.util.find_spec(module)
        return found is not None and (
            found.submodule_search_locations is None
            or importlib.util.find_spec(f"{module}.__main__") is not None
        )
    except ModuleNotFoundError:
        return False


def _fleet_names() -> list[str]:
    if importlib.util.find_spec("demo") is None or importlib.util.find_spec("demo.fleet.ports") is None:
        return []
    from demo.fleet.ports import NAMES

    return list(NAMES)
