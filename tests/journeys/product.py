"""The whole product as `make run` starts it, with its fleet, Slack and mailbox, for journeys through it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from deploy.local.kept import is_free
from tests.waiting import wait_for

CLONE = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 240
TOKENS = """
from rollouts.accounts.models import Person
from rollouts.accounts import services
from rollouts.accounts.values import Scope
from rollouts.audit.values import Face
import json
print(json.dumps({person.email: services.issue_token(
    person=person, name="journey", scope=Scope.WRITE, days=1, face=Face.COMMAND)[1]
    for person in Person.objects.order_by("pk")}))
"""


class Product:
    """One `make run` in a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = next(port for port in range(8200 + os.getpid() % 900, 9990) if is_free(port))
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = state / "output.txt"
        self.http = httpx.Client(timeout=20)
        self.tokens: dict[str, str] = {}

    def start(self, **environment: str) -> "Product":
        """Starts everything and waits until the demo's organisation is there."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        own = {
            "PORT": str(self.port),
            "GATEHOUSE_STATE_DIR": str(self.state),
            "GATEHOUSE_VENV": str(Path(sys.executable).parent.parent),
        }
        with self.output.open("wb") as output:
            self._make = subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=CLONE,
                env={**kept, **own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(self._welcomed, f"a welcome in {self.output}", PATIENCE_S)
        self.tokens = json.loads(self.manage("shell", "-v", "0", "-c", TOKENS).splitlines()[-1])
        return self

    def _welcomed(self) -> bool:
        if self._make.poll() is not None:
            raise AssertionError(f"make run ended: {self.output.read_text()}")
        return "Password" in self.output.read_text()

    def stop(self) -> float:
        """SIGTERM to make alone; how long it took."""
        started = time.monotonic()
        self._make.send_signal(signal.SIGTERM)
        self._make.wait(30)
        self.http.close()
        return time.monotonic() - started

    def place(self, name: str) -> str:
        """The address of the fleet's page, the local Slack or the mailbox, as the welcome says it."""
        found = re.search({"fleet": r"(\S+)/ +the fleet", "slack": r"(\S+)/ +the local Slack",
                           "mail": r"(\S+)/ +the mailbox"}[name], self.output.read_text())  # fmt: skip
        assert found, self.output.read_text()
        return found[1]

    @property
    def environment(self) -> dict[str, str]:
        """What the product's own processes are told."""
        own = (CLONE, self.state)
        for process in Path("/proc").glob("[0-9]*/environ"):
            try:
                lines = process.read_bytes().decode().split("\0")
            except (OSError, UnicodeDecodeError):
                continue
            told = dict(line.split("=", 1) for line in lines if "=" in line)
            if told.get("GATEHOUSE_STATE_DIR") == str(own[1]) and "DATABASE_URL" in told:
                return told
        raise AssertionError("The product does not run.")

    def manage(self, *arguments: str) -> str:
        """A management command, beside the running product."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CLONE,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # --- as people do it -------------------------------------------------------------------------

    def api(self, name: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request to the API as a member of the cast: `sofia.brandt`."""
        token = self.tokens[f"{name}@fernhill.example"]
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return self.http.request(method, f"{self.url}/api/v1/{path}", headers=headers, **options)

    def decide(self, name: str, rollout: str, action: str, **more: Any) -> httpx.Response:
        """One decision over the API."""
        return self.api(name, "POST", f"rollouts/{rollout}/decisions/", json={"action": action, **more})

    def rollout(self, slug: str) -> dict[str, Any]:
        """The rollout as the API tells it."""
        answer = self.api("ada.mbeki", "GET", f"rollouts/{slug}/")
        answer.raise_for_status()
        return dict(answer.json())

    def gates(self, slug: str) -> list[dict[str, Any]]:
        """Its gates as the API tells them."""
        answer = self.api("ada.mbeki", "GET", f"rollouts/{slug}/gates/")
        answer.raise_for_status()
        return list(answer.json()["results"])

    def story(self, slug: str) -> str:
        """Where it stands, for a failure's message."""
        rollout = self.rollout(slug)
        lines = [f"{slug} is {rollout['state']} {rollout['held_for']}"]
        for one in rollout["stages"]:
            lines.append(f"stage {one['number']}: {one['state']} {one['baked_windows']} windows")
        for one in self.gates(slug):
            lines.append(f"gate {one['stage']} {one['name']}: {one['verdict']} {one['sentence']}")
        lines += [f"{one['at']} {one['content'].get('sentence')}" for one in self.events(slug)]
        return "\n".join(lines)

    def events(self, slug: str) -> list[dict[str, Any]]:
        """Its log, oldest first."""
        answer = self.api("ada.mbeki", "GET", f"rollouts/{slug}/events/")
        answer.raise_for_status()
        return sorted(answer.json(), key=lambda event: int(event["seq"]))

    # --- the fleet -------------------------------------------------------------------------------

    def fleet(self, mode: str) -> None:
        """Breaks or mends orders 3.0.0, as its page does."""
        self.http.post(f"{self.place('fleet')}/control", json={"mode": mode}).raise_for_status()

    def test_shipping(self) -> dict[str, Any]:
        """Runs the pipeline of shipping, as the page of the fleet does; what its tests found."""
        answer = self.http.post(f"{self.place('fleet')}/pipeline", json={})
        answer.raise_for_status()
        return dict(answer.json())

    def share(self) -> float:
        """The share of orders 3.0.0 in the last seconds, as the fleet itself counts."""
        return float(self.http.get(f"{self.place('fleet')}/state").json()["share"] or 0)

    def flag(self, name: str) -> None:
        """Tells the callers of orders which flag to ask about."""
        path = Path(self.environment["GATEHOUSE_DEMO_SECRETS"])
        document = {**json.loads(path.read_text()), "flag": name}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(document))
        fresh.replace(path)

    def slack(self, kind: str = "") -> list[dict[str, Any]]:
        """The local Slack's own log."""
        path = Path(self.environment["GATEHOUSE_DEMO_SLACK_DIR"]) / "slack.jsonl"
        if not path.exists():
            return []
        entries = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        return [entry for entry in entries if not kind or entry["kind"] == kind]
