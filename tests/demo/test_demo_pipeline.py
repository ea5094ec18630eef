"""The pipeline of shipping: tests that are real, and a report as test runners write it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.fleet.calls import Client
from demo.fleet.control import Control
from demo.fleet.fleet import Fleet
from demo.fleet.orders import NEW, Mode
from demo.httpd import Response
from demo.receiver import Receiver
from rollouts.evidence.reports import junit


@pytest.fixture
def gatehouse() -> Iterator[Receiver]:
    with Receiver() as running:
        running.answer(Response.json({"id": 1}, 201))
        yield running


@pytest.fixture
def fleet(gatehouse: Receiver, tmp_path: Path) -> Iterator[Fleet]:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"flag": "", "tokens": {}, "pipeline": "token-of-ci"}))
    running = Fleet(gatehouse_url=gatehouse.url, secrets=secrets, rate=0)
    running.start()
    yield running
    running.stop()


def test_the_report_of_a_sound_version_is_evidence_that_shipping_can_read_it(
    fleet: Fleet, gatehouse: Receiver
) -> None:
    run = fleet.pipeline.run()
    assert (run.passed, run.failed, run.said) == (5, 0, "sent to Gatehouse")
    [sent] = gatehouse.requests()
    assert sent.path == "/api/v1/evidence/"
    assert sent.headers["authorization"] == "Bearer token-of-ci"
    assert (sent.query["service"], sent.query["contract"], sent.query["version"]) == (
        "shipping",
        "orders-api",
        "3",
    )
    read = junit.read(sent.body)
    assert (read.outcome.value, read.counts.tests) == ("passed", 5)


def test_a_broken_version_fails_the_tests_and_the_report_says_so(fleet: Fleet, gatehouse: Receiver) -> None:
    fleet.set_mode(Mode.DEAD, NEW)
    run = fleet.pipeline.run()
    assert (run.passed, run.failed) == (0, 1)
    [sent] = gatehouse.requests()
    assert junit.read(sent.body).outcome.value == "failed"


def test_a_gatehouse_that_takes_nothing_is_told_on_the_page(fleet: Fleet, gatehouse: Receiver) -> None:
    gatehouse.answer(Response.json({"code": "forbidden"}, 403))
    control = Control(fleet)
    control.server.start()
    client = Client(control.server.url, timeout_s=5)
    pressed = client.call(
        "POST", "/pipeline", body=b"", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    page = client.call("GET", "/").body
    client.close()
    control.server.close()
    assert pressed.status == 303
    assert b"not taken by Gatehouse: 403" in page
