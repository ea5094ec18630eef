"""From a decision to Slack and back: a local Slack in a process of its own, a real web server, the ticker."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from notifications.models import Delivery, SlackReceipt
from rollouts.audit.registry import due_work
from rollouts.audit.tasks import run_due
from rollouts.decisions.services import Action
from rollouts.escalations.models import Run
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.decisions import factories as d
from tests.escalations import factories as e
from tests.notifications import factories as f
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

PRIYA, MINA = "U01PRIYA", "U01MINA"
TOKEN = "xoxb-whole"  # noqa: S105 - the local Slack's


class Workspace:
    """A local Slack as a browser and the app see it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api = WebClient(TOKEN, base_url=f"{url}/api/")

    def channel(self, name: str) -> str:
        """Its id; empty before the first message."""
        found = self.api.conversations_list(types="public_channel", limit=200)["channels"]
        return next((str(each["id"]) for each in found if each["name"] == name), "")

    def messages(self, name: str = "rollouts") -> list[dict[str, Any]]:
        """Newest first."""
        if not self.channel(name):
            return []
        found = self.api.conversations_history(channel=self.channel(name), include_all_metadata=True)
        return list(found["messages"])

    def press(self, action: str, user: str, name: str = "rollouts") -> None:
        """Presses the newest such button in the browser, and confirms where it asks."""
        message = next(each for each in self.messages(name) if action in buttons(each))
        before = handled()
        fields = {"channel": self.channel(name), "ts": message["ts"], "action_id": action, "confirmed": "1"}
        with httpx.Client(base_url=self.url, follow_redirects=False) as browser:
            browser.post("/who", data={"user": user})
            answer = browser.post("/press", data=fields)
        assert answer.status_code == 303, answer.text
        # Slack gives up after three seconds, which a busy machine may need; the click counts all the same.
        wait_for(lambda: handled() > before, f"{action} was not carried out")


def handled() -> int:
    return SlackReceipt.objects.filter(handled_at__isnull=False).count()


def buttons(message: dict[str, Any]) -> list[str]:
    blocks = message.get("blocks") or []
    return [each.get("action_id", "") for block in blocks for each in block.get("elements", [])]


@pytest.fixture
def workspace(settings: Any, live_server: Any) -> Iterator[Workspace]:
    """`python -m demo.slack`, told of the web server by its environment as `make run` does."""
    environment = os.environ | {
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": settings.SLACK_SIGNING_SECRET,
        "GATEHOUSE_URL": live_server.url,
        "GATEHOUSE_DEMO_SLACK_PORT": "0",
        "GATEHOUSE_DEMO_SLACK_DIR": "",
        "GATEHOUSE_DEMO_SECRETS": "",
        "GATEHOUSE_DEMO_SLACK_LIMITS": "off",
    }
    program = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "demo.slack"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        port = json.loads(program.stdout.readline())["slack"]
        settings.SLACK_API_URL = f"http://127.0.0.1:{port}/api/"
        settings.SLACK_BOT_TOKEN = TOKEN
        settings.SLACK_DEFAULT_CHANNEL = "#rollouts"
        settings.GATEHOUSE_URL = live_server.url
        settings.GATEHOUSE_SLACK_PACE_S = 0.0
        yield Workspace(f"http://127.0.0.1:{port}")
    finally:
        program.terminate()
        program.wait(10)


@pytest.fixture
def clock() -> Callable[[Callable[[], bool]], None]:
    """Does what is due until something is true: the ticker's batches, as a worker carries them out."""

    def until(what: Callable[[], bool]) -> None:
        for _ in range(40):
            if what():
                return
            f.pass_time(1)
            for work in due_work.values():
                run_due(work=work.name, pks=list(work.due(database_now(), 400)))
        raise AssertionError("What is due did not bring it about.")

    return until


@pytest.fixture
def there() -> d.World:
    made = d.world()
    f.link(made.priya, PRIYA)
    f.link(made.mina, MINA)
    return made


def run_of(slug: str) -> Run | None:
    return Run.objects.filter(rollout__slug=slug).order_by("-pk").first()


def test_approve_promote_halt_and_acknowledge_in_slack_and_every_message_settles(
    workspace: Workspace, clock: Callable[[Callable[[], bool]], None], there: d.World
) -> None:
    e.policy([f"person {there.priya.email}", "#orders-on-call"], [f"person {there.mina.email}"])
    row = d.rollout(there)

    def state() -> Rollout:
        row.refresh_from_db()
        return row

    def shows(action: str, name: str = "rollouts") -> bool:
        return any(action in buttons(message) for message in workspace.messages(name))

    d.decide(there.mina, Action.PROPOSE)
    clock(lambda: shows("rollout.approve"))
    workspace.press("rollout.approve", PRIYA)
    assert state().state == "approved"
    clock(lambda: not shows("rollout.approve"))

    d.decide(there.mina, Action.START)
    clock(lambda: shows("rollout.approve"))
    workspace.press("rollout.approve", PRIYA)
    clock(lambda: shows("rollout.promote"))
    workspace.press("rollout.promote", PRIYA)
    assert state().stage == 2
    clock(lambda: shows("rollout.halt"))

    workspace.press("rollout.halt", PRIYA)
    assert state().state == "halted"
    clock(lambda: run_of(row.slug) is not None and shows("escalation.acknowledge", "orders-on-call"))
    run = run_of(row.slug)
    assert run is not None
    assert (run.state, run.level) == ("active", 1)

    workspace.press("escalation.acknowledge", PRIYA, "orders-on-call")
    run.refresh_from_db()
    assert (run.state, run.acknowledged_by) == ("acknowledged", there.priya)
    clock(lambda: not shows("escalation.acknowledge", "orders-on-call"))
    settled = workspace.messages("orders-on-call")[0]["text"]
    assert there.priya.name in settled
    assert not Delivery.objects.troubled().filter(way="slack").exists()
    keys = [each["metadata"]["event_payload"]["key"] for each in workspace.messages() if each.get("metadata")]
    assert len(keys) == len(set(keys)), "every key stands there once"


def test_levels_are_asked_in_slack_as_the_clock_moves(
    workspace: Workspace, clock: Callable[[Callable[[], bool]], None], there: d.World
) -> None:
    e.policy(["#orders-on-call"], ["on-call orders"], ["#platform-sre"])

    def newest(name: str) -> list[str]:
        return [action for message in workspace.messages(name)[:1] for action in buttons(message)]

    d.running(there)
    d.decide(there.priya, Action.HALT)
    clock(lambda: run_of("orders-v3") is not None)
    run = run_of("orders-v3")
    assert run is not None
    clock(lambda: "escalation.acknowledge" in newest("orders-on-call"))
    assert run.level == 1
    e.pass_wait(run)
    assert run.level == 3, "level 2 has nobody on call and is passed at once"
    clock(lambda: "escalation.acknowledge" in newest("platform-sre"))
    e.pass_wait(run)
    assert run.state == "exhausted"
