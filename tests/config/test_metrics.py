"""Gatehouse's own numbers: counted in the database, guarded by a token."""

import pytest
from django.test import Client
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pytest_django import Settings

from rollouts.audit.models import Followup
from rollouts.audit.registry import due_work
from rollouts.audit.values import Face
from rollouts.decisions.services import Action, Command, Refused, decide
from rollouts.lib.clock import database_now
from tests.decisions.factories import world
from tests.statuspages.factories import public_rollout

pytestmark = pytest.mark.django_db


def numbers() -> dict[tuple[str, str], float]:
    response = Client().get("/metrics")
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("application/openmetrics-text")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.content.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_every_kind_of_due_work_is_counted_before_anything_happened() -> None:
    found = numbers()
    assert {work for name, work in found if name == "gatehouse_due_rows"} == {
        work.name for work in due_work.values()
    }
    assert found["gatehouse_deliveries_open", ""] == 0


def test_decisions_and_what_waits_for_a_person_are_counted() -> None:
    public_rollout()
    now = database_now()
    Followup.objects.create(
        follower="slow", stream="x", seq=1, event_id=1, created_at=now, due_at=now, parked_at=now
    )
    found = numbers()
    assert found["gatehouse_decisions_recent", "rollout.started"] == 1
    assert found["gatehouse_rollouts", "running"] == 1
    assert found["gatehouse_followups_parked", "slow"] == 1


def test_refused_decisions_are_counted_by_command_and_code() -> None:
    there = world()
    public_rollout()
    for _ in range(2):
        with pytest.raises(Refused):
            decide(
                rollout="orders-v3",
                command=Command(Action.ROLL_BACK),
                actor=there.mina.actor,
                face=Face.API,
            )
    with pytest.raises(Refused) as refused:
        decide(rollout="orders-v3", command=Command(Action.START), actor=there.mina.actor, face=Face.API)
    found = numbers()
    counted = {labels: many for (name, labels), many in found.items() if name.endswith("_refused_total")}
    assert counted[f"{refused.value.code},start"] == 1
    assert sum(counted.values()) == 3


def test_only_the_holder_of_the_token_reads_them(settings: Settings) -> None:
    settings.GATEHOUSE_METRICS_TOKEN = "t0ken"  # noqa: S105
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200
    settings.GATEHOUSE_METRICS_TOKEN = ""
    settings.GATEHOUSE_METRICS_OPEN = False
    assert Client().get("/metrics").status_code == 401
