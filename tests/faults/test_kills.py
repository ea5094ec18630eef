"""Processes killed at named points, and a broker flushed and dead, under load. `make kills` runs this alone.

GATEHOUSE_KILL_SEED gives another order, GATEHOUSE_KILL_TIMES more kills at each point.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from demo.mailbox.server import LocalMailbox
from demo.receiver import Receiver
from demo.slack.server import LocalSlack
from deploy.local.valkey import Valkey
from notifications.models import WebhookEndpoint
from rollouts.accounts.services import issue_token
from rollouts.accounts.values import Scope
from rollouts.audit.values import Face
from tests.decisions import factories as make
from tests.faults import afterwards
from tests.faults.clients import Client
from tests.faults.installation import Installation
from tests.faults.script import POINTS, Script

# With the others that start processes: groups begin first, and none is left for the end of the run.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("make-run"),
]

SEED = int(os.environ.get("GATEHOUSE_KILL_SEED", "20261125"))
TIMES = int(os.environ.get("GATEHOUSE_KILL_TIMES", "5"))
ROLLOUTS = 3


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(limits=False, token=settings.SLACK_BOT_TOKEN) as workspace:
        yield workspace


@pytest.fixture
def mailbox() -> Iterator[LocalMailbox]:
    with LocalMailbox() as box:
        yield box


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as outside:
        yield outside


@pytest.fixture
def installation(
    transactional_db: None, slack: LocalSlack, mailbox: LocalMailbox, valkey: Valkey
) -> Iterator[Installation]:
    """Web server, worker and two tickers on the test's database; a tick is short, so is a lease."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": _database_url(),
        "BROKER_URL": valkey.url,
        "SLACK_API_URL": f"{slack.url}/api/",
        "EMAIL_HOST": mailbox.smtp_host,
        "EMAIL_PORT": str(mailbox.smtp_port),
        "GATEHOUSE_TICK_S": "0.5",
        "GATEHOUSE_LEASE_S": "3",
        "GATEHOUSE_SLACK_PACE_S": "0",
    }
    with tempfile.TemporaryDirectory(prefix="gatehouse-kills-", dir="/tmp") as place:
        environment["GATEHOUSE_STATE_DIR"] = place
        made = Installation(Path(place), _free_port(), environment)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _database_url() -> str:
    """The address of the test's database, for other processes."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_kills_and_a_lost_broker_lose_nothing_and_repeat_nothing(
    installation: Installation, slack: LocalSlack, mailbox: LocalMailbox, receiver: Receiver, valkey: Valkey
) -> None:
    there = make.world()
    endpoint = WebhookEndpoint(name="outside", url=f"{receiver.url}/", events=["rollout.*"])
    endpoint.set_secret("a secret of theirs")
    endpoint.save()
    slugs = [f"orders-{number}" for number in range(ROLLOUTS)]
    for slug in slugs:
        make.alone(there, make.ready(there, slug))
    _token, plain = issue_token(
        person=there.priya, name="kills", scope=Scope.WRITE, days=1, face=Face.COMMAND
    )
    clients = [Client(installation.port, plain, slug).start() for slug in slugs]
    script = Script(installation, valkey, SEED, times=TIMES)
    try:
        script.run()
    finally:
        for client in clients:
            client.stop()
    afterwards.rest()

    assert script.killed == dict.fromkeys(POINTS, TIMES)
    assert set(script.roles) == {"web", "worker", "ticker"}
    afterwards.every_acknowledged_decision_has_one_event(clients)
    afterwards.nothing_was_given_up()
    afterwards.webhooks_arrived(receiver, endpoint)
    afterwards.slack_has_each_message_once(slack)
    afterwards.mails_arrived(mailbox, there.mina.pk)
    afterwards.the_log_is_whole_and_leads_to_the_tables()
